// Rows of an outbox that are not what was written: named, and nobody else pays for them.
#include <hawser/cloud/cloud.hpp>
#include <hawser/core/receipt/hlc.hpp>
#include <hawser/io/crypto.hpp>
#include <hawser/store/sqlite.hpp>

#include "support/edge_driver.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>

namespace hawser {
namespace damaged_rows_test {

using test::ask;
using test::set_quota;
using test::sql;
using test::usage_of;
using test::use;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

audit_result audited(const std::string& path) {
  std::string error;
  const auto archive = take_words(open_outbox_archive(path), error);
  EXPECT_TRUE(archive) << error;
  const auto h = make_sha256();
  return audit(**archive, *h, {}).value();
}

/// What is wrong, as `verify` names it.
std::vector<std::string> breaks(const std::string& path) {
  std::vector<std::string> out;
  for (const breakage& b : audited(path).breaks) out.push_back(b.what);
  return out;
}

class damaged_rows : public ::testing::Test {
 protected:
  damaged_rows() {
    options.device = "gw-7";
    options.store = folder / "edge.db";
    options.clocks = clocks.get();
    options.log = log;
    options.backoff_base = options.backoff_cap = std::chrono::milliseconds(20);
    start();
    for (const char* id : {"a", "b", "c"}) {
      EXPECT_TRUE(ask(*node, set_quota(id)).ok);
      EXPECT_TRUE(ask(*node, use(id, 200, "k1")).ok);
    }
    node.reset();
  }
  void start() {
    node.reset();
    node = std::make_unique<edge>(options);
    node->on_acknowledged([this](const std::string& stream, std::uint64_t seq) {
      const std::lock_guard guard(mutex);
      acknowledged[stream] = seq;
      changed.notify_all();
    });
    ASSERT_TRUE(take_words(node->start(), error)) << error;
  }
  void damage(const std::string& statement) { sql(options.store, statement); }
  std::string usage(const char* id) { return ask(*node, usage_of(id)).json; }
  /// One governor is refused by name, its neighbors are not.
  void expect_refused(const char* id) {
    for (const char* each : {"a", "b", "c"}) {
      if (each == std::string(id)) {
        EXPECT_EQ(ask(*node, usage_of(each)).error, "governor_damaged");
        EXPECT_EQ(ask(*node, use(each, 1)).error, "governor_damaged");
        EXPECT_EQ(ask(*node, set_quota(each)).error, "governor_damaged");
      } else {
        EXPECT_THAT(usage(each), HasSubstr(R"("current":200)"));
        EXPECT_THAT(ask(*node, use(each, 1)).json, HasSubstr(R"("usage":201)"));
      }
    }
    EXPECT_THAT(log->all(), HasSubstr("ALARM outbox: " + options.store +
                                      ": goes on without the "
                                      "governor gw-7/quota/" +
                                      id));
  }
  /// A cloud that the next edge sends to.
  void listen() {
    cloud_options o;
    o.ledger = folder / "ledger.db";
    sky = std::make_unique<cloud>(o);
    const auto port = sky->start();
    ASSERT_EQ(words_of(port), "");
    options.uplink.url = "ws://127.0.0.1:" + std::to_string(*port);
  }
  std::string in_ledger(const std::string& governor) {
    return sql(folder / "ledger.db", "SELECT seq FROM stream WHERE governor = '" + governor + "'");
  }
  void wait_for_ledger(const std::string& governor, std::uint64_t seq) {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, test::patience,
                                 [&] { return acknowledged["gw-7/" + governor] >= seq; }))
        << governor << " is at " << acknowledged["gw-7/" + governor];
  }

  test::temp_folder folder;
  test::manual_clocks clocks;
  std::shared_ptr<test::line_log> log = std::make_shared<test::line_log>();
  edge_options options;
  std::string error;
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::uint64_t> acknowledged;  // by the ledger
  std::unique_ptr<cloud> sky;
  std::unique_ptr<edge> node;
};

TEST_F(damaged_rows, of_nobody_are_not_told) {
  EXPECT_THAT(breaks(options.store), IsEmpty());
  start();
  EXPECT_EQ(log->count("ALARM"), 0U) << log->all();
}

// 200 became 136, and the ledger recorded 137 as truth.
TEST_F(damaged_rows, of_a_governor_cost_that_governor) {
  const std::string data = sql(options.store, "SELECT hex(data) FROM governor WHERE sid = 2");
  const auto at = data.find("18C8");
  ASSERT_NE(at, std::string::npos) << data;
  damage("UPDATE governor SET data = x'" + data.substr(0, at) + "1888" + data.substr(at + 4) +
         "' WHERE sid = 2");
  EXPECT_THAT(breaks(options.store),
              ElementsAre("table governor, sid 2: its checksum does not match"));
  start();
  expect_refused("b");
}

TEST_F(damaged_rows, of_a_governor_that_is_gone_or_is_of_no_kind_cost_it_as_well) {
  damage("DELETE FROM governor WHERE sid = 1");
  EXPECT_THAT(breaks(options.store), ElementsAre("table governor, sid 1: there is no such row"));
  start();
  expect_refused("a");
  node.reset();
  damage("UPDATE governor SET state = 'x', sum = hawser_sum(sid, 'x', data, timers) WHERE sid = 2");
  start();
  EXPECT_EQ(ask(*node, usage_of("b")).error, "governor_damaged");
  EXPECT_THAT(usage("c"), HasSubstr(R"("current":201)"));
}

TEST_F(damaged_rows, of_a_governor_stop_no_receipt_of_its_stream) {
  damage("UPDATE governor SET timers = x'80' WHERE sid = 2");
  listen();
  start();
  wait_for_ledger("quota/b", 3);
}

TEST_F(damaged_rows, of_a_stream_cost_that_stream) {
  damage("UPDATE stream SET seq = seq + 1 WHERE sid = 2");
  EXPECT_THAT(breaks(options.store), ElementsAre(HasSubstr("receipt missing")));
  listen();
  start();
  expect_refused("b");
  wait_for_ledger("quota/a", 4);
  wait_for_ledger("quota/c", 4);
  EXPECT_EQ(node->pending(), 3U) << "all that the file has of it";
  EXPECT_EQ(in_ledger("quota/b"), "");
}

// New receipts were of the year 3141.
TEST_F(damaged_rows, with_a_later_hlc_do_not_set_the_clock) {
  damage("UPDATE stream SET hlc = " + std::to_string(hlc_at(36'960'000'000'000)) +
         " WHERE sid = 2");
  EXPECT_THAT(breaks(options.store),
              ElementsAre("table stream, sid 2: its checksum does not match"));
  start();
  expect_refused("b");
  EXPECT_EQ(sql(options.store, "SELECT max(hlc >> 16) FROM outbox"), std::to_string(clocks.now()));
}

// It was so before there were checksums: the hash of the newest receipt tells.
TEST_F(damaged_rows, with_a_later_hlc_and_a_matching_checksum_do_not_set_it_either) {
  damage("UPDATE stream SET hlc = " + std::to_string(hlc_at(36'960'000'000'000)) +
         "; UPDATE stream SET sum = hawser_sum(sid, name, epoch, origin, seq, head, acked_seq, "
         "base_seq, base_head, hlc)");
  start();
  EXPECT_TRUE(ask(*node, use("b", 1)).ok);
  EXPECT_EQ(sql(options.store, "SELECT max(hlc >> 16) FROM outbox"), std::to_string(clocks.now()));
}

// "every receipt is acknowledged", and none was in the ledger.
TEST_F(damaged_rows, with_a_raised_acknowledgment_leave_their_receipts_pending) {
  damage("UPDATE stream SET acked_seq = seq");
  EXPECT_EQ(audited(options.store).broken, 3U);
  start();
  EXPECT_EQ(node->pending(), 9U);
}

TEST_F(damaged_rows, without_a_name_keep_new_governors_out) {
  damage("UPDATE stream SET name = 'quota/x' WHERE sid = 2");
  start();
  for (const char* id : {"b", "x", "new"}) {
    EXPECT_EQ(ask(*node, set_quota(id)).error, "governor_damaged") << id;
  }
  EXPECT_TRUE(ask(*node, use("a", 1)).ok);
  EXPECT_THAT(log->all(), HasSubstr("whose name is lost"));
}

TEST_F(damaged_rows, of_the_device_and_the_epoch_are_proven_by_a_stream) {
  const std::string epoch = sql(options.store, "SELECT value FROM meta WHERE key = 'epoch'");
  damage(
      "UPDATE meta SET value = 'gw-8' WHERE key = 'device'; "
      "UPDATE meta SET value = value + 1 WHERE key = 'epoch'");
  EXPECT_THAT(breaks(options.store),
              ::testing::Contains("table meta, key 'epoch': its checksum does not match"));
  start();
  EXPECT_TRUE(ask(*node, set_quota("new")).ok);
  EXPECT_EQ(sql(options.store, "SELECT count(*) FROM stream WHERE epoch = " + epoch), "4");
  EXPECT_EQ(log->count("ALARM outbox: damaged: " + options.store + ": table meta, key"), 2U)
      << log->all();
  node.reset();
  options.device = "gw-9";
  edge other(options);
  EXPECT_EQ(take_words(other.start(), error).error(), errc::invalid_option);
  EXPECT_THAT(error, HasSubstr("a device whose name is damaged, not of 'gw-9'"));
}

// --- answers

TEST_F(damaged_rows, of_an_answer_cost_its_key) {
  damage("UPDATE applied SET answer = '{\"ok\":true,x' WHERE sid = 2");
  EXPECT_THAT(breaks(options.store),
              ElementsAre("table applied, sid 2, key 'k1': its checksum does not match"));
  start();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ask(*node, use("b", 200, "k1")).error, "answer_damaged");
    EXPECT_TRUE(ask(*node, use("a", 200, "k1")).repeated);
  }
  EXPECT_TRUE(ask(*node, use("b", 1, "k2")).ok);
  EXPECT_THAT(usage("b"), HasSubstr(R"("current":201)"));
  EXPECT_EQ(log->count("gw-7/quota/b: what a key was answered is damaged"), 1U) << log->all();
}

TEST_F(damaged_rows, of_a_key_are_never_applied_again) {
  damage(
      "UPDATE applied SET key = 'k0' WHERE sid = 2; UPDATE applied SET sid = 1, key = 'k9' "
      "WHERE sid = 3");
  start();
  EXPECT_EQ(ask(*node, use("b", 200, "k1")).error, "answer_damaged");
  EXPECT_EQ(ask(*node, use("c", 200, "k1")).error, "answer_damaged");
  EXPECT_EQ(ask(*node, use("a", 200, "k9")).error, "answer_damaged");
  EXPECT_TRUE(ask(*node, use("b", 1, "k2")).ok);
}

// No checksum says so: it was so when it got one.
TEST_F(damaged_rows, of_answers_that_are_none_are_not_given) {
  for (const char* text : {"", "x", "}", "{\"ok\":true", "null"}) {
    damage("UPDATE applied SET answer = '" + std::string(text) + "', sum = hawser_sum(sid, key, '" +
           text + "', event)");
    start();
    EXPECT_EQ(ask(*node, use("b", 200, "k1")).error, "answer_damaged") << text;
    node.reset();
  }
}

/// Exchanges bytes in the file, wherever they stand behind `from`; returns how often.
int replace_in_file(const std::string& path, const std::string& was, const std::string& is,
                    long page) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  std::string content(4096, '\0');
  file.seekg((page - 1) * 4096);
  file.read(content.data(), 4096);
  int n = 0;
  for (auto at = content.find(was); at != std::string::npos; at = content.find(was, at + 1)) {
    content.replace(at, was.size(), is);
    ++n;
  }
  file.seekp((page - 1) * 4096);
  file << content;
  return n;
}

TEST_F(damaged_rows, of_the_index_of_keys_have_it_made_anew) {
  const auto root = std::stol(
      sql(options.store, "SELECT rootpage FROM sqlite_schema WHERE name = 'applied_key'"));
  ASSERT_EQ(replace_in_file(options.store, "k1", "k0", root), 3);
  EXPECT_THAT(breaks(options.store), ElementsAre(HasSubstr("missing from index applied_key")));
  start();
  for (const char* id : {"a", "b", "c"}) EXPECT_TRUE(ask(*node, use(id, 200, "k1")).repeated);
  EXPECT_THAT(log->all(),
              HasSubstr("index applied_key is not that of its table: it was made anew"));
  node.reset();
  EXPECT_THAT(breaks(options.store), IsEmpty());
}

TEST_F(damaged_rows, of_a_key_in_the_table_alone_are_found_by_the_index) {
  const auto root =
      std::stol(sql(options.store, "SELECT rootpage FROM sqlite_schema WHERE name = 'applied'"));
  ASSERT_EQ(replace_in_file(options.store, "k1", "k0", root), 3);
  EXPECT_EQ(audited(options.store).broken, 4U) << "three rows, and the file";
  start();
  for (const char* id : {"a", "b", "c"}) {
    const answer a = ask(*node, use(id, 200, "k1"));
    EXPECT_TRUE(a.repeated || a.error == "answer_damaged") << a.json;
    EXPECT_THAT(usage(id), HasSubstr(R"("current":200)"));
  }
}

// --- receipts

class damaged_receipt : public damaged_rows, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(
    statements, damaged_receipt,
    ::testing::Values(
        "UPDATE outbox SET body = CAST(x'01' || substr(body, 2) AS BLOB) WHERE sid = 2 AND seq = 2",
        "UPDATE outbox SET body = x'' WHERE sid = 2 AND seq = 2",
        "UPDATE outbox SET body = (SELECT body FROM outbox WHERE sid = 1 AND seq = 1) "
        "WHERE sid = 2 AND seq = 2",
        "UPDATE outbox SET hash = zeroblob(32) WHERE sid = 2 AND seq = 2",
        "UPDATE outbox SET hash = x'00' WHERE sid = 2 AND seq = 2",
        "DELETE FROM outbox WHERE sid = 2 AND seq = 2"));

TEST_P(damaged_receipt, parks_its_stream_and_slows_no_other) {
  start();
  ASSERT_TRUE(ask(*node, use("b", 1)).ok);  // The damaged one is not the newest.
  node.reset();
  damage(GetParam());
  EXPECT_EQ(audited(options.store).broken, 1U);
  listen();
  start();
  EXPECT_THAT(log->all(), HasSubstr("table outbox, sid 2 (quota/b): "));
  EXPECT_TRUE(ask(*node, use("b", 1)).ok) << "where the chain ends is known";
  EXPECT_TRUE(ask(*node, use("a", 1)).ok);
  EXPECT_TRUE(log->wait_for("ALARM stream quota/b: gw-7/quota/b: ")) << log->all();
  wait_for_ledger("quota/b", 1);
  wait_for_ledger("quota/a", 4);
  wait_for_ledger("quota/c", 3);
  EXPECT_EQ(in_ledger("quota/b"), "1") << "what is before it";
  EXPECT_EQ(log->count("broke the protocol"), 0U) << "the cloud was never shown it: " << log->all();
  EXPECT_EQ(node->pending(), 4U);
}

// The acknowledgments were lost, and what follows them is damaged.
TEST_F(damaged_rows, of_a_receipt_do_not_hide_what_the_ledger_has_before_it) {
  listen();
  start();
  wait_for_ledger("quota/b", 3);
  node.reset();
  sky.reset();
  options.uplink.url.clear();
  start();
  ASSERT_TRUE(ask(*node, use("b", 1)).ok);
  node.reset();
  damage(
      "UPDATE stream SET acked_seq = 1 WHERE sid = 2; UPDATE stream SET sum = hawser_sum(sid, "
      "name, epoch, origin, seq, head, acked_seq, base_seq, base_head, hlc); "
      "UPDATE outbox SET body = CAST(x'01' || substr(body, 2) AS BLOB) WHERE sid = 2 AND seq = 4");
  acknowledged.clear();
  listen();
  start();
  wait_for_ledger("quota/b", 3);
  EXPECT_TRUE(log->wait_for("ALARM stream quota/b: gw-7/quota/b: receipt 4 ")) << log->all();
}

// Too far from the end of its chain to be looked at when the edge starts.
TEST_F(damaged_rows, of_a_receipt_of_long_ago_are_found_before_they_are_sent) {
  start();
  test::answers got;
  for (int i = 0; i < 1'100; ++i) ASSERT_TRUE(node->apply(use("b", 1), got.taker()));
  got.wait(1'100);
  node.reset();
  damage(
      "UPDATE outbox SET body = CAST(x'01' || substr(body, 2) AS BLOB) "
      "WHERE sid = 2 AND seq = 50");
  listen();
  start();
  EXPECT_EQ(log->count("table outbox"), 0U);
  EXPECT_TRUE(log->wait_for("ALARM stream quota/b: gw-7/quota/b: receipt 50 cannot be read"))
      << log->all();
  wait_for_ledger("quota/b", 49);
  wait_for_ledger("quota/c", 2);
}

}  // namespace damaged_rows_test
}  // namespace hawser

// A stream that is damaged in the ledger's file: it is refused, its neighbors in the group are not.
#include <hawser/cloud/cloud.hpp>
#include <hawser/store/sqlite.hpp>

#include "cloud/ledger_host.hpp"
#include "support/line_log.hpp"
#include "support/raw_device.hpp"
#include "support/receipt_chain.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace hawser {
namespace damaged_ledger_test {

using test::message_of;
using test::raw_device;
using test::receipt_chain;
using test::resume_of;
using test::sql;
using ::testing::HasSubstr;

// What damages the stream of gw-1, whose receipts 1 to 5 are committed.
struct damage {
  const char* name;
  const char* statement;
  bool seen_by_position;  ///< else only when a batch overlaps it

  friend void PrintTo(const damage& d, std::ostream* out) { *out << d.name; }
};

class damaged_ledger : public ::testing::TestWithParam<damage> {
 protected:
  damaged_ledger() {
    const auto l = take_words(open_ledger({.path = path}), error).value();
    rows = bad.next_batch(5);
    EXPECT_TRUE(l->begin());
    EXPECT_TRUE(l->append({bad.key(), origin, rows}));
    EXPECT_TRUE(l->commit());
    sql(path, GetParam().statement);
  }
  /// Receipts 1 to 6 again: it overlaps what is damaged.
  std::vector<chained_receipt> overlap() const {
    auto all = rows;
    receipt_chain copy = bad;
    all.push_back(copy.next());
    return all;
  }

  test::temp_folder folder;
  std::string path = folder / "ledger.db";
  std::string error;
  receipt_chain bad{{"gw-1", "quota/a", 1}};
  stream_head origin = bad.head();
  std::vector<chained_receipt> rows;
  std::shared_ptr<test::line_log> log = std::make_shared<test::line_log>();
};

INSTANTIATE_TEST_SUITE_P(
    causes, damaged_ledger,
    ::testing::Values(damage{"origin", "UPDATE stream SET origin = zeroblob(32)", true},
                      damage{"head", "UPDATE stream SET head = x'00'", true},
                      damage{"receipt_gone", "DELETE FROM receipt WHERE seq = 3", false},
                      damage{"hash", "UPDATE receipt SET hash = x'00' WHERE seq = 3", false},
                      damage{"head_set_back",
                             "UPDATE stream SET seq = 4, "
                             "head = (SELECT hash FROM receipt WHERE seq = 4)",
                             true}),
    [](const auto& of) { return of.param.name; });

TEST_P(damaged_ledger, refuses_that_stream_and_commits_the_others_of_its_group) {
  ledger_host host(take_words(open_ledger({.path = path}), error).value(), log);
  receipt_chain good({"gw-2", "quota/a", 1});
  for (int group = 0; group < 3; ++group) {
    const stream_head before = good.head();
    const auto batch = good.next_batch(2);
    const auto found =
        host.position(bad.key(), {7, "quota/a", 1, 6, bad.head()}, origin.hash).value();
    EXPECT_EQ(found.damaged, GetParam().seen_by_position);
    EXPECT_EQ(found.position.sid, 7U);
    EXPECT_EQ(found.position.status == wire::resume_status::fork, GetParam().seen_by_position);
    ASSERT_TRUE(host.begin());
    EXPECT_FALSE(host.append(bad.key(), origin, overlap()));
    const auto done = host.append(good.key(), before, batch);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->status, append_status::committed);
    EXPECT_EQ(done->head, good.head());
    const auto committed = host.commit();
    EXPECT_TRUE(committed);
    host.settled(committed ? error_code{} : committed.error());
  }
  EXPECT_EQ(log->count("a group failed"), 0U) << log->all();
  EXPECT_THAT(log->all(), HasSubstr("ALARM ledger: stream gw-1/quota/a is damaged and refused"));
  EXPECT_EQ(sql(path, "SELECT seq FROM stream WHERE device = 'gw-2'"), "6");
  EXPECT_EQ(sql(path, "SELECT max(seq) FROM receipt WHERE stream = 1"), "5");
}

TEST_P(damaged_ledger, parks_the_device_and_acknowledges_another) {
  cloud_options options;
  options.ledger = path;
  options.log = log;
  cloud sky(options);
  const auto port = sky.start();
  ASSERT_EQ(words_of(port), "");
  raw_device first(*port);
  raw_device second(*port);
  receipt_chain good({"gw-2", "quota/a", 1});
  const stream_head start = good.head();

  first.hello("gw-1");
  first.say(resume_of(1, bad));
  first.next_as<wire::welcome>();
  const auto told = first.next_as<wire::resumed>().streams.at(0);
  EXPECT_EQ(told.status == wire::resume_status::fork, GetParam().seen_by_position);
  first.say(message_of(1, origin, overlap()));
  EXPECT_EQ(first.next_as<wire::nack>().code, wire::nack_code::fork);

  second.hello("gw-2");
  second.say(resume_of(1, good));
  second.next_as<wire::welcome>();
  second.next_as<wire::resumed>();
  second.say(message_of(1, start, good.next_batch(3)));
  EXPECT_EQ(second.next_as<wire::ack>().streams.at(0).committed_seq, 3U);
  sky.stop();
  EXPECT_THAT(log->all(), HasSubstr("ALARM ledger: stream gw-1/quota/a is damaged and refused"));
  EXPECT_EQ(log->count("fork"), 0U) << log->all();
}

/// Exchanges bytes on the first page of a table or an index; returns how often.
int replace_on_page_of(const std::string& path, const std::string& object, const std::string& was,
                       const std::string& is) {
  const auto page =
      std::stol(sql(path, "SELECT rootpage FROM sqlite_schema WHERE name = '" + object + "'"));
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

struct other_name {
  const char* name;
  const char* object;
  const char* was;
  const char* is;

  friend void PrintTo(const other_name& n, std::ostream* out) { *out << n.name; }
};

class names_of_a_stream : public ::testing::TestWithParam<other_name> {};

INSTANTIATE_TEST_SUITE_P(
    bytes, names_of_a_stream,
    ::testing::Values(other_name{"device", "stream", "gw-1", "gx-1"},
                      other_name{"device_of_another", "stream", "gw-1quota/a", "gw-2quota/b"},
                      other_name{"governor", "stream", "gw-1quota/a", "gw-1quotb/a"},
                      other_name{"index", "stream_key", "gw-1quota/a", "gw-1quota/x"}),
    [](const auto& of) { return of.param.name; });

// The index had the true name, and the next head made a checksum of the false one.
TEST_P(names_of_a_stream, that_are_damaged_are_never_made_valid) {
  const test::temp_folder folder;
  const std::string path = folder / "ledger.db";
  std::string error;
  receipt_chain chains[] = {receipt_chain({"gw-1", "quota/a", 1}),
                            receipt_chain({"gw-2", "quota/a", 1})};
  const auto append = [](ledger& l, receipt_chain& c) {
    const stream_head before = c.head();
    const auto rows = c.next_batch(2);
    EXPECT_TRUE(l.begin());
    const auto done = l.append({c.key(), before, rows});
    EXPECT_TRUE(l.commit());
    return done && done->status == append_status::committed;
  };
  {
    const auto l = take_words(open_ledger({.path = path}), error).value();
    for (receipt_chain& c : chains) ASSERT_TRUE(append(*l, c));
  }
  ASSERT_EQ(replace_on_page_of(path, GetParam().object, GetParam().was, GetParam().is), 1);
  const bool in_index = GetParam().object == std::string("stream_key");
  for (int opened = 0; opened < 3; ++opened) {
    const auto l = take_words(open_ledger({.path = path}), error).value();
    EXPECT_EQ(append(*l, chains[0]), in_index) << "the index is made anew, the row is not";
    EXPECT_TRUE(append(*l, chains[1]));
    EXPECT_EQ(l->notice().empty(), in_index && opened > 0);
  }
  EXPECT_EQ(sql(path,
                "SELECT count(*) FROM stream NOT INDEXED WHERE sum IS NOT "
                "hawser_sum(id, device, governor, epoch, origin, seq, head, status)"),
            in_index ? "0" : "1");
  EXPECT_EQ(sql(path, "SELECT count(*) FROM stream"), "2");
}

// The row has a valid checksum of a false name, as a program of before made it.
TEST(names_with_a_checksum, that_their_origin_contradicts_are_not_indexed) {
  const test::temp_folder folder;
  const std::string path = folder / "ledger.db";
  std::string error;
  receipt_chain chain({"gw-1", "quota/a", 1});
  {
    const auto l = take_words(open_ledger({.path = path}), error).value();
    const stream_head before = chain.head();
    ASSERT_TRUE(l->begin());
    ASSERT_TRUE(l->append({chain.key(), before, chain.next_batch(2)}));
    ASSERT_TRUE(l->commit());
  }
  ASSERT_EQ(replace_on_page_of(path, "stream", "gw-1", "gx-1"), 1);
  sql(path,
      "UPDATE stream SET sum = hawser_sum(id, 'gx-1', governor, epoch, origin, seq, head, status)");
  for (int opened = 0; opened < 2; ++opened) {
    const auto l = take_words(open_ledger({.path = path}), error).value();
    EXPECT_THAT(l->notice(), HasSubstr("which is damaged"));
    EXPECT_EQ(l->find(chain.key()).error(), store_errc::corrupt);
    EXPECT_FALSE(l->find({"gx-1", "quota/a", 1}).value());
  }
}

// Two whole rows of one name, as an index that missed the first let them be made.
TEST(a_stream_of_two_rows, is_told_and_stops_no_start) {
  const test::temp_folder folder;
  const std::string path = folder / "ledger.db";
  std::string error;
  receipt_chain chains[] = {receipt_chain({"gw-1", "quota/a", 1}),
                            receipt_chain({"gw-2", "quota/a", 1})};
  const auto append = [](ledger& l, receipt_chain& c) {
    const stream_head before = c.head();
    const auto rows = c.next_batch(2);
    EXPECT_TRUE(l.begin());
    const auto done = l.append({c.key(), before, rows});
    return done && l.commit() && done->status == append_status::committed;
  };
  {
    const auto l = take_words(open_ledger({.path = path}), error).value();
    for (receipt_chain& c : chains) ASSERT_TRUE(append(*l, c));
  }
  test::graft_index(path, "stream_key", "device, governor, epoch",
                    "INSERT INTO graft(id, device, governor, epoch) "
                    "SELECT id, device, governor, epoch FROM stream WHERE id = 2");
  sql(path,
      "INSERT INTO stream SELECT 3, device, governor, epoch, origin, 0, origin, 0, "
      "hawser_sum(3, device, governor, epoch, origin, 0, origin, 0) FROM stream NOT INDEXED "
      "WHERE id = 1");
  const auto opened = take_words(open_ledger({.path = path}), error);
  ASSERT_TRUE(opened) << error;
  EXPECT_THAT((*opened)->notice(), HasSubstr("which is damaged: see `hawser ledger verify`"));
  EXPECT_TRUE(append(**opened, chains[1])) << "the other device goes on";
}

// A row of no receipt yet stood in the place of one to come, and its group failed for ever.
TEST(a_mark_of_a_clock, that_is_damaged_fails_no_group_and_marks_nothing) {
  const test::temp_folder folder;
  const std::string path = folder / "ledger.db";
  std::string error;
  receipt_chain chain({"gw-1", "quota/a", 1});
  const stream_head start = chain.head();
  auto rows = chain.next_batch(3);
  rows[1].clock_ahead = 61'000;
  const auto l = take_words(open_ledger({.path = path}), error).value();
  sql(path, "INSERT INTO clock VALUES(1, 2, 7, 0), (1, 3, 7, 0)");
  ASSERT_TRUE(l->begin());
  ASSERT_TRUE(l->append({chain.key(), start, rows})) << l->last_error();
  ASSERT_TRUE(l->commit());
  const auto read = l->read(chain.key(), 1, 10).value();
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[1].clock_ahead, 61'000);
  EXPECT_EQ(read[2].clock_ahead, 0) << "its checksum does not match";
  const auto archive = take_words(open_ledger_archive(path), error).value();
  const auto shown = archive->read(chain.key(), 0).value().receipts;
  EXPECT_EQ(shown.at(1).clock_ahead, 61'000);
  EXPECT_EQ(shown.at(2).clock_ahead, 0);
}

// Real damage of the database is nobody's alone: what was written beside it is not trusted.
TEST(damaged_database, fails_the_group) {
  const test::temp_folder folder;
  const std::string path = folder / "ledger.db";
  std::string error;
  receipt_chain chain({"gw-1", "quota/a", 1});
  {
    const auto l = take_words(open_ledger({.path = path}), error).value();
    for (int i = 0; i < 20; ++i) {
      const stream_head before = chain.head();
      ASSERT_TRUE(l->begin());
      ASSERT_TRUE(l->append({chain.key(), before, chain.next_batch(50)}));
      ASSERT_TRUE(l->commit());
    }
  }
  const auto log = std::make_shared<test::line_log>();
  ledger_host host(take_words(open_ledger({.path = path}), error).value(), log);
  const auto page =
      std::stoll(sql(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'stream'"));
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp((page - 1) * 4096);
  file << std::string(4096, '\xff');
  file.close();
  sql(path, "UPDATE meta SET value = value + 1");  // What was read is read again.

  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(host.position(chain.key(), {7, "quota/a", 1, 1, chain.head()}, {}).error(),
              store_errc::failed)
        << "not that stream is damaged";
  }
  EXPECT_EQ(log->count("ledger: cannot be read: "), 1U) << log->all();
  EXPECT_EQ(log->count("ALARM"), 0U) << log->all();
  ASSERT_TRUE(host.begin());
  const stream_head before = chain.head();
  (void)host.append(chain.key(), before, chain.next_batch(1));
  const auto committed = host.commit();
  ASSERT_FALSE(committed);
  host.rollback();
  host.settled(committed.error());
  EXPECT_THAT(log->all(), HasSubstr("a group failed, nothing of it happened: reopen() first"));
}

}  // namespace damaged_ledger_test
}  // namespace hawser

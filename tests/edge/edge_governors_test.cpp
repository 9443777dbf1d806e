// The governors of an edge by clocks that a test moves: timers, restarts, keys, a damaged outbox.
#include <hawser/core/receipt/cbor.hpp>
#include <hawser/io/crypto.hpp>
#include <hawser/store/sqlite.hpp>

#include "support/edge_driver.hpp"
#include "support/fault_vfs.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

#include <algorithm>
#include <fstream>

namespace hawser {
namespace edge_governors_test {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;
using test::answers;
using test::fault_vfs;
using test::gate;
using test::set_quota;
using test::usage_of;
using test::use;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct told {
  std::string stream;
  std::string cause;
  std::string event;
  std::string reason;
  bool operator==(const told&) const = default;
  friend void PrintTo(const told& t, std::ostream* out) {
    *out << t.stream << ' ' << t.cause << ' ' << t.event << ' ' << t.reason;
  }
};

class edge_governors : public ::testing::Test {
 protected:
  edge_governors() {
    options.device = "gw-7";
    options.store = folder / "edge.db";
    options.clocks = clocks.get();
    options.log = log;
  }
  void start() {
    node.reset();
    node = std::make_unique<edge>(options);
    node->on_transition([this](const transition& t) {
      transitions.push_back({t.stream, std::string(to_string(t.why)), t.step.event, t.step.reason});
    });
    ASSERT_TRUE(take_words(node->start(), error)) << error;
  }
  answer ask(governor::event e) { return test::ask(*node, std::move(e)); }
  std::string usage(const std::string& id) { return ask(usage_of(id)).json; }
  /// The writer looks at the clocks with every group: this one does nothing else.
  void look() { ask(usage_of("nobody")); }
  std::size_t windows() const {
    return static_cast<std::size_t>(std::count_if(
        transitions.begin(), transitions.end(), [](const told& t) { return t.event == "window"; }));
  }

  test::temp_folder folder;
  test::manual_clocks clocks;
  std::shared_ptr<test::line_log> log = std::make_shared<test::line_log>();
  edge_options options;
  std::string error;
  std::vector<told> transitions;  // of the writer's thread: read while it waits
  std::unique_ptr<edge> node;
};

TEST_F(edge_governors, a_timer_fires_when_its_time_has_come) {
  start();
  ask(set_quota("a"));
  ask(use("a", 5));
  transitions.clear();
  clocks.advance(60min - 1s);
  look();
  EXPECT_EQ(windows(), 0U);
  clocks.advance(1s);
  EXPECT_THAT(usage("a"), HasSubstr(R"("current":0)")) << "before the events of its group";
  EXPECT_THAT(transitions, ElementsAre(told{"gw-7/quota/a", "timer", "window", "window_reset"}));
}

TEST_F(edge_governors, timers_fire_in_the_order_of_their_deadlines) {
  start();
  for (const char* id : {"c", "a", "b"}) {
    ask(set_quota(id));
    clocks.advance(1min);
  }
  transitions.clear();
  clocks.advance(120min);
  look();
  std::vector<std::string> order;
  for (const told& t : transitions) order.push_back(t.stream);
  EXPECT_THAT(order, ElementsAre("gw-7/quota/c", "gw-7/quota/a", "gw-7/quota/b"));
}

TEST_F(edge_governors, a_restart_restores_them_and_what_fell_due_fires_late) {
  start();
  ask(set_quota("a", 100));
  ask(use("a", 40));
  ask(set_quota("b", 100));
  ask(use("b", 7));
  ask(test::quota_event("b", "pause", {}));
  const auto before = usage("a");
  start();
  EXPECT_EQ(usage("a"), before);
  EXPECT_EQ(ask(use("b")).error, "quota_paused");
  node.reset();
  transitions.clear();
  clocks.advance(90min);
  start();
  look();
  EXPECT_THAT(transitions, ElementsAre(told{"gw-7/quota/a", "timer", "window", "window_reset"}));
  EXPECT_THAT(usage("b"), HasSubstr(R"("current":7)")) << "its window is frozen";
}

TEST_F(edge_governors, a_wall_clock_that_leaps_takes_the_deadlines_with_it) {
  start();
  ask(set_quota("a"));
  clocks.advance(20min);
  look();
  for (const auto leap : {-24 * 60min, 48 * 60min}) {
    clocks.leap(leap);
    look();
    EXPECT_EQ(windows(), 0U) << "nothing fires because a clock leapt";
  }
  EXPECT_EQ(log->count("the wall clock leapt by"), 2U);
  start();  // The moved deadlines are on disk.
  clocks.advance(39min);
  look();
  EXPECT_EQ(windows(), 0U);
  clocks.advance(1min);
  look();
  EXPECT_EQ(windows(), 1U) << "60 minutes after it was armed";
}

TEST_F(edge_governors, a_leap_that_a_failed_group_saw_is_seen_again) {
  fault_vfs disk;
  options.make_store = outbox_in_sqlite(disk.name());
  start();
  ask(set_quota("a"));
  clocks.leap(24 * 60min);
  disk.fail(fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC);
  EXPECT_EQ(ask(use("a")).error, "store_failed");
  clocks.advance(59min);
  look();
  EXPECT_EQ(windows(), 0U);
  clocks.advance(1min);
  look();
  EXPECT_EQ(windows(), 1U);
  node.reset();  // before its disk
}

TEST_F(edge_governors, while_the_wall_clock_is_not_trusted_timers_follow_the_other_one) {
  start();
  ask(set_quota("a"));
  clocks.leap(-1'800'000'000s);  // 1970
  look();
  clocks.advance(59min);
  look();
  EXPECT_EQ(windows(), 0U);
  clocks.advance(1min);
  look();
  EXPECT_EQ(windows(), 1U);
}

TEST_F(edge_governors, a_timer_without_room_fires_when_there_is_some) {
  options.limits.rows = 20;
  start();
  ask(set_quota("a"));
  while (ask(use("a")).ok) {
  }
  const auto before = usage("a");
  clocks.advance(60min);
  look();
  EXPECT_EQ(windows(), 0U);
  EXPECT_EQ(usage("a"), before) << "it has not happened";
  options.limits.rows = 1000;
  start();
  look();
  EXPECT_EQ(windows(), 1U);
}

TEST_F(edge_governors, a_timer_on_a_disk_that_fails_is_not_tried_in_a_loop) {
  fault_vfs disk;
  options.make_store = outbox_in_sqlite(disk.name());
  start();
  ask(set_quota("a"));
  {
    gate hold(*node);
    disk.fail(fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC, 1'000'000);
    disk.clear();
    clocks.advance(60min);  // not before: the gate's group would fire it
    hold.open();
  }
  for (int i = 0; i < 300; ++i) EXPECT_EQ(ask(use("a")).error, "in_doubt");
  std::ptrdiff_t syncs = 0;
  {
    gate hold(*node);
    disk.heal();
    syncs = std::ranges::count(disk.log(), fault_vfs::kind::sync, &fault_vfs::operation::what);
    hold.open();
  }
  // Of the commit, of its seal, and one for each event and gate; a loop would add its own.
  EXPECT_LE(syncs, 304);
  clocks.advance(1s);
  look();
  EXPECT_EQ(windows(), 1U);
  node.reset();  // before its disk
}

TEST_F(edge_governors, an_unknown_governor_and_a_refused_first_event_create_nothing) {
  start();
  EXPECT_EQ(ask({.governor = "entitlement", .id = "a", .name = "grant"}).error, "unknown_governor");
  EXPECT_EQ(ask(use("a")).error, "invalid_event") << "not before set_quota";
  EXPECT_EQ(ask(set_quota("a", -1)).error, "bad_limit");
  EXPECT_EQ(ask(usage_of("a")).error, "not_configured");
  EXPECT_EQ(node->pending(), 0U);
  node.reset();
  EXPECT_EQ(test::sql(options.store, "SELECT count(*) FROM stream"), "0");
  EXPECT_EQ(test::sql(options.store, "SELECT count(*) FROM governor"), "0");
}

TEST_F(edge_governors, names_that_no_message_could_carry_are_refused) {
  start();
  const auto refused = [&](governor::event e, const char* part) {
    const answer a = ask(std::move(e));
    EXPECT_EQ(a.error, "bad_event") << a.json;
    EXPECT_THAT(a.json, HasSubstr(part));
  };
  refused(set_quota(""), "'id'");
  refused(set_quota(std::string(257, 'x')), "'id'");
  refused(set_quota("a\nb"), "'id'");
  refused(set_quota("\xC0\xAF"), "'id'");
  refused(set_quota("a", 1, std::string(257, 'x')), "'key'");
  refused({.governor = std::string(300, 'q'), .id = "a", .name = "x"}, "'governor'");
  EXPECT_TRUE(ask(set_quota(std::string(256, 'x'), 1, std::string(256, 'k'))).ok);
}

// --- keys ---------------------------------------------------------------------------------------

TEST_F(edge_governors, a_key_is_answered_as_it_was_then_also_after_a_restart) {
  start();
  ask(set_quota("a", 100));
  const answer first = ask(use("a", 60, "k1"));
  const answer refused = ask(use("a", 60, "k2"));  // exceeds: a refusal that left a receipt
  EXPECT_EQ(refused.error, "quota_exceeded");
  const auto pending = node->pending();
  for (int restarts = 0; restarts < 2; ++restarts) {
    const answer again = ask(use("a", 60, "k1"));
    EXPECT_TRUE(again.ok && again.repeated);
    EXPECT_EQ(again.json, first.json.substr(0, first.json.size() - 1) + R"(,"repeated":true})");
    const answer refused_again = ask(use("a", 60, "k2"));
    EXPECT_TRUE(!refused_again.ok && refused_again.repeated);
    EXPECT_EQ(refused_again.error, "quota_exceeded");
    EXPECT_EQ(node->pending(), pending);
    start();
  }
  ask(set_quota("b", 100));
  EXPECT_FALSE(ask(use("b", 60, "k1")).repeated) << "keys belong to one governor";
}

TEST_F(edge_governors, a_key_twice_in_one_group_is_applied_once) {
  start();
  ask(set_quota("a"));
  answers got;
  gate hold(*node);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(node->apply(use("a", 1, "k"), got.taker()));
  hold.open();
  const auto all = got.wait(3);
  EXPECT_FALSE(all[0].repeated);
  EXPECT_TRUE(all[1].repeated);
  EXPECT_TRUE(all[2].repeated);
  EXPECT_THAT(usage("a"), HasSubstr(R"("current":1)"));
}

TEST_F(edge_governors, a_refusal_without_a_receipt_remembers_no_key) {
  start();
  ask(set_quota("a"));
  EXPECT_EQ(ask(use("a", 0, "k")).error, "bad_amount");
  const answer a = ask(use("a", 1, "k"));
  EXPECT_TRUE(a.ok && !a.repeated) << a.json;
}

TEST_F(edge_governors, the_oldest_keys_go_first) {
  options.limits.keys = 3;
  start();
  ask(set_quota("a"));
  for (const char* key : {"k1", "k2", "k3", "k4"}) ask(use("a", 1, key));
  for (const char* key : {"k2", "k3", "k4"}) EXPECT_TRUE(ask(use("a", 1, key)).repeated) << key;
  EXPECT_FALSE(ask(use("a", 1, "k1")).repeated);
}

// --- a damaged outbox ---------------------------------------------------------------------------

std::map<std::string, std::vector<receipt>> receipts_of(const std::string& path) {
  std::map<std::string, std::vector<receipt>> out;
  std::string error;
  const auto archive = take_words(open_outbox_archive(path), error);
  EXPECT_TRUE(archive) << error;
  const auto hash = make_sha256();
  const auto found = audit(**archive, *hash, [&](const stored_stream& s, const receipt& r) {
    out[s.key.governor].push_back(r);
  });
  EXPECT_EQ(found.value().broken, 0U);
  return out;
}

std::string text_of(const receipt& r, const std::string& name) {
  cbor_reader in(r.metadata);
  for (auto pairs = in.map().value(); pairs > 0; --pairs) {
    const std::string key(in.text().value());
    const std::string value(in.text().value());
    if (key == name) return value;
  }
  return "(none)";
}

TEST_F(edge_governors, a_damaged_outbox_leaves_a_reset_receipt_for_every_old_head) {
  start();
  ask(set_quota("a"));
  ask(set_quota("b"));
  ask(use("b", 3));
  node.reset();
  const auto epoch = test::sql(options.store, "SELECT value FROM meta WHERE key = 'epoch'");
  const auto head = test::sql(options.store, "SELECT lower(hex(head)) FROM stream WHERE sid = 2");
  test::sql(options.store, "DROP INDEX applied_age");

  transitions.clear();
  start();
  EXPECT_THAT(log->all(), HasSubstr("outbox was damaged"));
  EXPECT_THAT(transitions, ElementsAre(told{"gw-7/device", "event", "reset", "outbox_moved_aside"},
                                       told{"gw-7/device", "event", "reset", "outbox_moved_aside"}))
      << "on disk before anything is answered";
  EXPECT_EQ(node->pending(), 2U);
  ask(set_quota("a"));
  node.reset();

  const auto stored = receipts_of(options.store);
  const auto& device = stored.at("device");
  ASSERT_EQ(device.size(), 2U);
  EXPECT_EQ(stored.at("quota/a").size(), 2U) << "and the new life begins";
  const receipt& second = device[1];
  EXPECT_EQ(second.event, "reset");
  EXPECT_EQ(second.to, "reset");
  EXPECT_EQ(text_of(device[0], "stream"), "gw-7/quota/a");
  EXPECT_EQ(text_of(second, "stream"), "gw-7/quota/b");
  EXPECT_EQ(text_of(second, "seq"), "3");
  EXPECT_EQ(text_of(second, "head"), head);
  EXPECT_EQ(static_cast<std::int64_t>(std::stoull(text_of(second, "epoch"))), std::stoll(epoch));
  EXPECT_EQ(text_of(second, "path"), options.store + ".corrupt-1");
  EXPECT_THAT(text_of(second, "why"), HasSubstr("applied_age"));
  start();
  EXPECT_EQ(node->pending(), 4U) << "said once";
}

TEST_F(edge_governors, an_outbox_that_cannot_be_read_at_all_leaves_one_reset_receipt) {
  start();
  ask(set_quota("a"));
  node.reset();
  std::ofstream(options.store, std::ios::trunc) << std::string(8192, 'x');
  std::filesystem::remove(options.store + "-wal");
  start();
  node.reset();
  const auto stored = receipts_of(options.store);
  ASSERT_EQ(stored.at("device").size(), 1U);
  EXPECT_EQ(text_of(stored.at("device")[0], "stream"), "(none)");
  EXPECT_EQ(text_of(stored.at("device")[0], "path"), options.store + ".corrupt-1");
}

TEST_F(edge_governors, more_old_heads_than_room_are_named_as_far_as_it_goes) {
  start();
  for (int i = 0; i < 30; ++i) ask(set_quota("q" + std::to_string(i)));
  node.reset();
  test::sql(options.store, "DROP INDEX applied_age");
  options.limits.rows = 20;
  start();
  EXPECT_EQ(node->pending(), 19U);
  EXPECT_THAT(log->all(), HasSubstr("no room to name every head"));
}

}  // namespace edge_governors_test
}  // namespace hawser

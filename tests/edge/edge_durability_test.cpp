// An edge on a disk that remembers and fails: nobody is told what is not on disk.
#include <hawser/store/sqlite.hpp>

#include "support/edge_driver.hpp"
#include "support/fault_vfs.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

namespace hawser {
namespace edge_durability_test {

using test::answers;
using test::fault_vfs;
using test::gate;
using test::set_quota;
using test::usage_of;
using test::use;
using ::testing::HasSubstr;

// After its last write the log was synced: a power cut now takes nothing away.
bool log_is_synced(const fault_vfs& disk) {
  bool synced = false;
  for (const auto& o : disk.log()) {
    if (o.file.ends_with("-wal")) synced = o.what == fault_vfs::kind::sync;
  }
  return synced;
}

class edge_on_faulty_disk : public ::testing::Test {
 protected:
  edge_on_faulty_disk() {
    options.device = "gw-7";
    options.store = folder / "edge.db";
    options.make_store = outbox_in_sqlite(disk.name());
    options.log = log;
  }
  void start() {
    node = std::make_unique<edge>(options);
    node->on_transition([this](const transition& t) {
      if (!log_is_synced(disk)) ++unsynced;
      transitions.push_back(t.stream + ":" + std::to_string(t.seq));
    });
    ASSERT_TRUE(take_words(node->start(), error)) << error;
  }
  answer ask(governor::event e) { return test::ask(*node, std::move(e)); }
  std::string usage(const std::string& id) { return ask(usage_of(id)).json; }

  test::temp_folder folder;
  fault_vfs disk;
  std::shared_ptr<test::line_log> log = std::make_shared<test::line_log>();
  edge_options options;
  std::string error;
  std::vector<std::string> transitions;  // of the writer's thread: read while it waits
  int unsynced = 0;
  std::unique_ptr<edge> node;  // the last: it ends before what it uses
};

TEST_F(edge_on_faulty_disk, every_answer_follows_a_sync_of_the_log) {
  start();
  answers got;
  int answered_unsynced = 0;
  const auto check = [&, take = got.taker()](const answer& a) {
    if (!log_is_synced(disk)) ++answered_unsynced;
    take(a);
  };
  ask(set_quota("a"));
  for (std::size_t i = 0; i < 200; ++i) {
    if (i % 10 == 0) got.wait(i);  // groups of many sizes
    ASSERT_TRUE(node->apply(use("a"), check));
  }
  const auto all = got.wait(200);
  for (const answer& a : all) EXPECT_TRUE(a.ok) << a.json;
  EXPECT_EQ(answered_unsynced, 0);
  EXPECT_EQ(unsynced, 0) << "transitions are told after the sync, too";
}

struct fault {
  const char* name;
  fault_vfs::kind what;
  int nth;
  int code;

  friend void PrintTo(const fault& f, std::ostream* out) { *out << f.name; }
};

class failed_group : public edge_on_faulty_disk, public ::testing::WithParamInterface<fault> {};

INSTANTIATE_TEST_SUITE_P(
    faults, failed_group,
    ::testing::Values(fault{"failed_sync", fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC},
                      fault{"disk_full", fault_vfs::kind::write, 1, SQLITE_FULL},
                      fault{"disk_full_halfway", fault_vfs::kind::write, 3, SQLITE_FULL},
                      fault{"write_error", fault_vfs::kind::write, 2, SQLITE_IOERR_WRITE}),
    [](const auto& p) { return p.param.name; });

TEST_P(failed_group, has_not_happened_and_the_edge_goes_on) {
  start();
  ask(set_quota("a", 1000));
  ask(use("a", 10));
  const auto before = usage("a");
  const auto pending = node->pending();
  const auto told = transitions.size();

  answers got;
  gate hold(*node);
  disk.fail(GetParam().what, GetParam().nth, GetParam().code);
  ASSERT_TRUE(node->apply(use("a", 100, "k1"), got.taker()));
  ASSERT_TRUE(node->apply(use("a", 5000), got.taker()));  // would exceed
  ASSERT_TRUE(node->apply(set_quota("b"), got.taker()));  // would be born
  ASSERT_TRUE(node->answer_in_order(R"({"line":4})", got.taker()));
  hold.open();
  const auto failed = got.wait(4);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(failed[i].error, "store_failed") << failed[i].json;
  EXPECT_EQ(failed[3].json, R"({"line":4})") << "its place is kept";
  EXPECT_TRUE(log->wait_for("a group failed, nothing of it happened"));

  EXPECT_EQ(usage("a"), before) << "the governor is back where it was";
  EXPECT_EQ(ask(usage_of("b")).error, "not_configured");
  EXPECT_EQ(node->pending(), pending);
  EXPECT_EQ(transitions.size(), told) << "nothing is told of it";
  EXPECT_EQ(log->count("outbox: works again"), 1U);

  const answer again = ask(use("a", 100, "k1"));
  EXPECT_TRUE(again.ok);
  EXPECT_FALSE(again.repeated) << "a failed group remembers no key";
  EXPECT_THAT(again.json, HasSubstr(R"("usage":110)"));
  EXPECT_TRUE(ask(set_quota("b")).ok);

  node->stop(duration::zero());
  node.reset();
  start();
  EXPECT_THAT(usage("a"), HasSubstr(R"("current":110)")) << "and so does the disk";
}

TEST_F(edge_on_faulty_disk, fails_closed_for_as_long_as_the_disk_does) {
  start();
  ask(set_quota("a"));
  {
    gate hold(*node);
    disk.fail(fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC, 1'000'000);
    hold.open();
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ask(use("a", 1, "k")).error, "in_doubt") << "until the seal is on disk";
  }
  EXPECT_EQ(log->count("a group failed, and may have happened all the same"), 2U)
      << "why, and why it stays so: " << log->all();
  {
    gate hold(*node);
    disk.heal();
    hold.open();
  }
  EXPECT_THAT(ask(use("a", 1, "k")).json, HasSubstr(R"("usage":1,)")) << "it had not happened";
  {
    gate hold(*node);
    disk.fail(fault_vfs::kind::write, 1, SQLITE_FULL, 1'000'000);
    hold.open();
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(use("a", 1, "l")).error, "store_failed");
  {
    gate hold(*node);
    disk.heal();
    hold.open();
  }
  const answer a = ask(use("a", 1, "k"));
  EXPECT_TRUE(a.repeated) << a.json;
  EXPECT_THAT(ask(use("a")).json, HasSubstr(R"("usage":2,)"));
}

TEST_F(edge_on_faulty_disk, an_outbox_that_somebody_else_wrote_meanwhile_is_not_written_on) {
  start();
  ask(set_quota("a"));
  ask(use("a", 10));
  {
    gate hold(*node);
    disk.fail(fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC);
    ASSERT_TRUE(node->apply(use("a", 5), {}));
    hold.open();
  }
  ASSERT_TRUE(log->wait_for("a group failed"));
  // As an older copy would do that was put back: whole in itself, and not ours.
  test::sql(options.store,
            "DELETE FROM outbox WHERE seq = 3; UPDATE stream SET seq = 2, "
            "head = (SELECT hash FROM outbox WHERE seq = 2); UPDATE stream SET sum = hawser_sum("
            "sid, name, epoch, origin, seq, head, acked_seq, base_seq, base_head, hlc)");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(use("a", 1)).error, "store_failed");
  EXPECT_EQ(log->count("outbox: works again"), 0U) << log->all();
  EXPECT_THAT(log->all(), HasSubstr("outbox: stream gw-7/quota/a ends at receipt 2, not at 3 as "
                                    "this edge left it: nothing is applied before a restart"));
  node.reset();
  start();
  EXPECT_TRUE(ask(use("a", 1)).ok) << "what is on disk counts";
}

class stream_damaged_meanwhile : public edge_on_faulty_disk,
                                 public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(of_row, stream_damaged_meanwhile,
                         ::testing::Values("seq = seq + 1", "hlc = 7", "name = 'quota/x'",
                                           "name = 'quota/x', origin = zeroblob(32)",
                                           "origin = zeroblob(32), base_head = zeroblob(32), "
                                           "name = 'quota/b2'"));

TEST_P(stream_damaged_meanwhile, costs_that_stream_and_no_group_of_others) {
  start();
  for (const char* id : {"a", "b"}) ask(set_quota(id));
  ask(use("b", 10));
  {
    gate hold(*node);
    disk.fail(fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC);
    ASSERT_TRUE(node->apply(use("b", 5), {}));
    hold.open();
  }
  ASSERT_TRUE(log->wait_for("a group failed"));
  test::sql(options.store, "UPDATE stream SET " + std::string(GetParam()) + " WHERE sid = 2");
  const std::string row = "SELECT quote(name) || quote(origin) || seq || hlc || sum FROM stream";
  const std::string found = test::sql(options.store, row + " WHERE sid = 2");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ask(use("b", 1)).error, "governor_damaged") << log->all();
    EXPECT_TRUE(ask(use("a", 1)).ok) << log->all();
  }
  EXPECT_EQ(log->count("outbox: works again"), 1U);
  EXPECT_EQ(log->count("goes on without the governor gw-7/quota/b:"), 1U) << log->all();
  EXPECT_EQ(test::sql(options.store, row + " WHERE sid = 2"), found);
}

// The row of one stream says the number that the next new one would have.
TEST_F(edge_on_faulty_disk, a_number_that_damage_has_taken_costs_the_new_governor_alone) {
  start();
  for (const char* id : {"a", "b"}) ask(set_quota(id));
  node.reset();
  test::sql(options.store, "UPDATE stream SET sid = 3 WHERE sid = 2");
  start();
  answers got;
  {
    gate hold(*node);
    ASSERT_TRUE(node->apply(use("a", 1), got.taker()));
    ASSERT_TRUE(node->apply(set_quota("c"), got.taker()));
    ASSERT_TRUE(node->apply(use("a", 1), got.taker()));
    hold.open();
  }
  const auto all = got.wait(3);
  EXPECT_EQ(all[1].error, "governor_damaged") << all[1].json;
  EXPECT_TRUE(all[0].ok && all[2].ok) << log->all();
  EXPECT_EQ(log->count("a group failed"), 0U) << log->all();
}

TEST_F(edge_on_faulty_disk, answers_keep_their_order_with_refusals_in_place) {
  start();
  ask(set_quota("a"));
  answers got;
  std::vector<std::string> expected;
  for (int i = 0; i < 300; ++i) {
    switch (i % 5) {
      case 0:
        ASSERT_TRUE(node->apply(use("a", 0), got.taker()));
        expected.push_back("bad_amount");
        break;
      case 1:
        ASSERT_TRUE(node->answer_in_order("line " + std::to_string(i), got.taker()));
        expected.push_back("line " + std::to_string(i));
        break;
      case 2:
        ASSERT_TRUE(
            node->apply({.governor = "entitlement", .id = "a", .name = "grant"}, got.taker()));
        expected.push_back("unknown_governor");
        break;
      default:
        ASSERT_TRUE(node->apply(use("a"), got.taker()));
        expected.push_back("recorded");
    }
  }
  const auto all = got.wait(300);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_THAT(all[i].json, HasSubstr(expected[i])) << i;
  }
}

TEST_F(edge_on_faulty_disk, a_full_outbox_refuses_and_changes_nothing) {
  options.limits.rows = 20;  // the last 5 % stay free: 19
  start();
  ask(set_quota("a", 100));
  while (node->pending() < 19) ASSERT_TRUE(ask(use("a", 1)).ok);
  const auto before = usage("a");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ask(use("a", 1, "key")).error, "outbox_full");
    EXPECT_EQ(ask(use("a", 5000)).error, "outbox_full") << "the refusal would leave a receipt";
    EXPECT_EQ(ask(set_quota("b")).error, "outbox_full");
  }
  EXPECT_EQ(usage("a"), before);
  EXPECT_EQ(ask(usage_of("b")).error, "not_configured");
  EXPECT_EQ(node->pending(), 19U);

  node.reset();
  options.limits.rows = 100;
  start();
  EXPECT_EQ(usage("a"), before);
  const answer a = ask(use("a", 1, "key"));
  EXPECT_TRUE(a.ok && !a.repeated) << "a refused key is not remembered: " << a.json;
}

TEST_F(edge_on_faulty_disk, room_is_counted_within_a_group) {
  options.limits.rows = 20;
  start();
  ask(set_quota("a"));
  const auto left = 19 - node->pending();
  answers got;
  gate hold(*node);
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(node->apply(use("a"), got.taker()));
  hold.open();
  const auto all = got.wait(40);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].error, i < left ? "" : "outbox_full") << i;
  }
  EXPECT_EQ(node->pending(), 19U);
}

TEST_F(edge_on_faulty_disk, too_many_waiting_events_are_refused_at_once) {
  options.queued = 10;
  start();
  gate hold(*node);
  answers got;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(node->apply(use("a"), got.taker()));
  EXPECT_EQ(node->apply(use("a"), got.taker()).error(), errc::mailbox_full);
  EXPECT_EQ(node->answer_in_order("{}", got.taker()).error(), errc::mailbox_full);
  hold.open();
  got.wait(10);
}

TEST_F(edge_on_faulty_disk, before_its_start_and_after_its_end_it_refuses) {
  edge idle(options);
  EXPECT_EQ(idle.apply(use("a"), {}).error(), errc::stopped);
  EXPECT_EQ(idle.answer_in_order("{}", {}).error(), errc::stopped);
  EXPECT_TRUE(idle.drain(duration::zero()));
  EXPECT_EQ(idle.stop(duration::zero()), 0U);

  start();
  EXPECT_EQ(take_words(node->start(), error).error(), errc::already_running);
  ask(set_quota("a"));
  EXPECT_EQ(node->stop(duration::zero()), node->pending());
  EXPECT_EQ(node->apply(use("a"), {}).error(), errc::stopped);
  EXPECT_FALSE(node->drain(std::chrono::hours(1))) << "it returns at once: nothing can change";
  EXPECT_GT(node->stop(duration::zero()), 0U);
}

TEST_F(edge_on_faulty_disk, drain_counts_what_was_accepted_and_is_not_applied_yet) {
  start();
  EXPECT_TRUE(node->drain(test::patience)) << "there is nothing";
  answers got;
  gate hold(*node);
  ASSERT_TRUE(node->apply(set_quota("a"), got.taker()));
  EXPECT_EQ(node->pending(), 0U);
  EXPECT_FALSE(node->drain(std::chrono::milliseconds(1)));
  hold.open();
  got.wait(1);
}

TEST_F(edge_on_faulty_disk, stop_applies_what_was_accepted) {
  start();
  answers got;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(node->apply(i == 0 ? set_quota("a") : use("a"), got.taker()));
  }
  const auto pending = node->stop(duration::zero());
  for (const answer& a : got.wait(100)) EXPECT_TRUE(a.ok) << a.json;
  EXPECT_EQ(pending, node->pending());
  EXPECT_GE(pending, 100U);
}

TEST_F(edge_on_faulty_disk, wrong_options_are_refused_by_name_before_anything_runs) {
  options.uplink.url = "ws://127.0.0.1:1";
  const auto refused = [&](const char* part) {
    edge e(options);
    EXPECT_EQ(take_words(e.start(), error).error(), errc::invalid_option);
    EXPECT_THAT(error, HasSubstr(part));
  };
  options.backoff_base = duration::zero();
  refused("reconnect: base");
  options.backoff_base = options.backoff_cap;
  options.heartbeat = duration::zero();
  refused("heartbeat: idle");
  options.heartbeat = std::chrono::seconds(1);
  options.slow_retry = duration::zero();
  refused("slow_retry");
}

}  // namespace edge_durability_test
}  // namespace hawser

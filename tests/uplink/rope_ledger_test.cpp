// An edge and a cloud over loopback: whatever is cut, stopped or denied in between, every receipt
// arrives once and in order.
#include <hawser/store/sqlite.hpp>

#include "support/fault_vfs.hpp"
#include "support/raw_device.hpp"
#include "support/receipt_chain.hpp"
#include "support/rope_fixture.hpp"
#include "support/words.hpp"

#include <array>
#include <atomic>

namespace hawser {
namespace rope_ledger_test {

namespace fs = std::filesystem;
using test::gate;
using test::message_of;
using test::patience;
using test::raw_device;
using test::receipt_chain;
using test::resume_of;
using test::set_quota;
using test::use;
using ::testing::HasSubstr;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class rope_ledger : public test::rope_fixture {};

// --- the ledger ---------------------------------------------------------------------------------

TEST_F(rope_ledger, a_ledger_restored_from_an_older_copy_is_filled_again) {
  start_cloud();
  start_edge();
  feed("a", 100);
  drain();
  stop_cloud();
  fs::copy(cloud_opts.ledger, folder / "backup.db");
  start_cloud();
  feed("a", 100);
  feed("b", 50);
  drain();
  stop_cloud();
  for (const char* tail : {"", "-wal", "-shm"}) fs::remove(cloud_opts.ledger + tail);
  fs::copy(folder / "backup.db", cloud_opts.ledger);
  EXPECT_EQ(edge_log->count("less than it had acknowledged"), 0U) << edge_log->all();
  EXPECT_EQ(cloud_log->count("less than it had acknowledged"), 0U) << cloud_log->all();
  start_cloud();
  feed("a", 10);
  feed("b", 10);
  drain();
  expect_whole_ledger();
  for (auto* log : {edge_log.get(), cloud_log.get()}) {
    EXPECT_EQ(log->count("the ledger has less than it had acknowledged"), 1U) << log->all();
    EXPECT_EQ(log->count(": quota/a 103 to 202, quota/b 1 to 52"), 1U) << log->all();
  }
}

// --- what does not belong to the stream that it names -------------------------------------------

// Sent under another stream's number, and then as it should have been.
TEST_F(rope_ledger, a_batch_under_a_wrong_number_is_refused_and_quarantines_nothing) {
  start_cloud();
  std::array chains{receipt_chain({"gw-9", "quota/a", 77}), receipt_chain({"gw-9", "quota/b", 77})};
  raw_device device(port);
  device.hello("gw-9");
  device.next_as<wire::welcome>();
  for (std::uint32_t sid : {1U, 2U}) {
    device.say(resume_of(sid, chains[sid - 1]));
    device.next_as<wire::resumed>();
  }
  for (int round = 0; round < 2; ++round) {  // at the origin, and behind receipts
    std::array<stream_head, 2> before{chains[0].head(), chains[1].head()};
    std::array<std::vector<chained_receipt>, 2> rows{chains[0].next_batch(3),
                                                     chains[1].next_batch(3)};
    for (std::uint32_t sid : {1U, 2U}) {
      device.say(message_of(3 - sid, before[sid - 1], rows[sid - 1]));
      const auto refused = device.next_as<wire::nack>();
      EXPECT_EQ(refused.code, wire::nack_code::corrupt) << refused.detail;
      EXPECT_EQ(refused.sid, 3 - sid);
    }
    for (std::uint32_t sid : {1U, 2U}) {
      device.say(message_of(sid, before[sid - 1], rows[sid - 1]));
      EXPECT_EQ(device.next_as<wire::ack>().streams.at(0).committed_seq, chains[0].head().seq);
    }
  }
  EXPECT_EQ(cloud_log->count("ALARM"), 0U) << cloud_log->all();
  EXPECT_EQ(ledger().found.receipts, 12U);
  EXPECT_EQ(ledger().found.broken, 0U);
}

TEST_F(rope_ledger, a_batch_behind_a_damaged_resume_is_refused_and_quarantines_nothing) {
  start_cloud();
  receipt_chain chain({"gw-9", "quota/a", 77});
  const stream_head origin = chain.head();
  const auto rows = chain.next_batch(3);
  const auto told = [&](const wire::stream_position& p) {
    raw_device device(port);
    device.hello("gw-9");
    device.next_as<wire::welcome>();
    device.say(wire::resume{{p}, {}});
    device.next_as<wire::resumed>();
    device.say(message_of(p.sid, origin, rows));
    return device.next_as<wire::nack>().code;
  };
  const wire::stream_position good = resume_of(1, chain).streams[0];
  wire::stream_position bad = good;
  bad.epoch ^= 1;
  EXPECT_EQ(told(bad), wire::nack_code::corrupt);
  bad = good;
  bad.governor = "quota/c";
  EXPECT_EQ(told(bad), wire::nack_code::corrupt);
  EXPECT_EQ(cloud_log->count("ALARM"), 0U) << cloud_log->all();
  EXPECT_EQ(ledger().found.streams, 0U) << "no stream is made for it";
  raw_device device(port);
  device.hello("gw-9");
  device.next_as<wire::welcome>();
  device.say(wire::resume{{good}, {}});
  device.next_as<wire::resumed>();
  device.say(message_of(1, origin, rows));
  EXPECT_EQ(device.next_as<wire::ack>().streams.at(0).committed_seq, 3U);
}

// --- clocks -------------------------------------------------------------------------------------

TEST_F(rope_ledger, receipts_of_a_clock_far_ahead_are_stored_marked_and_told_once) {
  start_cloud();
  constexpr wall_ms year_3141 = 36'953'020'800'000;
  receipt_chain chain({"gw-9", "quota/a", 77});
  raw_device device(port);
  wire::hello h;
  h.device = "gw-9";
  h.hlc = hlc_at(year_3141);
  device.say(h);
  const wall_ms now = hlc_wall(device.next_as<wire::welcome>().hlc);
  EXPECT_LT(now, year_3141) << "never merged into ours";
  EXPECT_TRUE(cloud_log->wait_for("the clock of device 'gw-9' is 40")) << cloud_log->all();
  device.say(resume_of(1, chain));
  device.next_as<wire::resumed>();
  for (int round = 0; round < 2; ++round) {
    const stream_head before = chain.head();
    device.say(message_of(1, before, {chain.next(now), chain.next(year_3141)}));
    EXPECT_EQ(device.next_as<wire::ack>().streams.at(0).committed_seq, chain.head().seq);
  }
  EXPECT_EQ(cloud_log->count("the clock of device 'gw-9'"), 1U) << cloud_log->all();
  const auto archive = take_words(open_ledger_archive(cloud_opts.ledger), error);
  ASSERT_TRUE(archive) << error;
  std::vector<bool> marked;
  const auto hash = make_sha256();
  (void)audit_rows(**archive, *hash,
                   [&](const stored_stream&, const receipt&, const chained_receipt& row) {
                     marked.push_back(row.clock_ahead > 1000LL * 365 * 86'400'000);
                   });
  EXPECT_EQ(marked, (std::vector<bool>{false, true, false, true}));
}

TEST_F(rope_ledger, an_edge_tells_its_clock_before_any_receipt) {
  std::atomic<wall_ms> wall{36'953'020'800'000};
  edge_opts.clocks = {[&] { return wall.load(); },
                      [] { return time_point(std::chrono::steady_clock::now()); }};
  start_edge();
  feed("a", 1);
  start_cloud();
  EXPECT_TRUE(cloud_log->wait_for("the clock of device 'gw-7' is 40")) << cloud_log->all();
  drain();
  wall = 1'000'000'000'000;
  stop_edge();
  start_edge();
  EXPECT_TRUE(edge_log->wait_for("the cloud's clock is ")) << edge_log->all();
  stop_edge();  // before its clock
  expect_whole_ledger();
}

TEST_F(rope_ledger, a_history_that_is_not_kept_any_more_is_alarmed_and_the_rest_goes_on) {
  edge_opts.limits.retention_rows = 0;
  start_cloud();
  start_edge();
  feed("a", 100);
  drain();
  feed("a", 1);  // Its acknowledgment trims the last ones.
  drain();
  stop_cloud();
  for (const char* tail : {"", "-wal", "-shm"}) fs::remove(cloud_opts.ledger + tail);
  start_cloud();
  ASSERT_TRUE(
      edge_log->wait_for("ALARM stream quota/a: history lost: the ledger ends at 0, the oldest "
                         "receipt kept is "))
      << edge_log->all();
  feed("b", 20);
  drain();
  expect_whole_stream(ledger(), "b", 20);
}

TEST_F(rope_ledger, a_ledger_that_cannot_commit_is_waited_for) {
  test::fault_vfs disk;
  cloud_opts.make_store = ledger_in_sqlite(disk.name());
  start_cloud();
  start_edge();
  feed("a", 10);
  drain();
  disk.fail(test::fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC, 3);
  feed("a", 50);
  EXPECT_TRUE(edge_log->wait_for("busy: the ledger failed"));
  EXPECT_TRUE(cloud_log->wait_for("ledger: a group failed"));
  drain();
  expect_whole_ledger();
  stop_edge();
  stop_cloud();  // before its disk
}

TEST_F(rope_ledger, an_outbox_that_cannot_be_read_for_a_while_is_waited_for) {
  test::fault_vfs disk;
  edge_opts.make_store = outbox_in_sqlite(disk.name());
  start_edge();
  feed("a", 10);
  {
    gate hold(*node);
    disk.fail(test::fault_vfs::kind::lock, 1, SQLITE_IOERR_SHMLOCK, 1'000'000);
    hold.open();
  }
  start_cloud();
  ASSERT_TRUE(edge_log->wait_for("outbox: receipts of stream 1 cannot be read")) << edge_log->all();
  {
    gate hold(*node);
    disk.heal();
    hold.open();
  }
  drain();
  EXPECT_EQ(edge_log->count("ALARM"), 0U);
  expect_whole_ledger();
  stop_edge();  // before its disk
}

TEST_F(rope_ledger, a_cloud_that_stops_says_goodbye_and_closes_with_1001) {
  start_cloud();
  receipt_chain chain({"gw-9", "quota/a", 77});
  const stream_head origin = chain.head();
  raw_device device(port);
  device.hello("gw-9");
  device.say(resume_of(1, chain));
  device.next_as<wire::welcome>();
  device.next_as<wire::resumed>();
  device.say(message_of(1, origin, chain.next_batch(200)));
  device.next_as<wire::ack>();
  stop_cloud();
  const auto last = device.next_as<wire::goodbye>();
  EXPECT_EQ(last.code, 1001);
  EXPECT_TRUE(last.drained);
  device.wait_for_end();
  EXPECT_EQ(device.code(), close_code::going_away);
}

TEST_F(rope_ledger, what_went_into_a_ledger_without_a_name_is_not_acknowledged) {
  start_cloud();
  receipt_chain chain({"gw-9", "quota/a", 77});
  const stream_head origin = chain.head();
  raw_device device(port);
  device.hello("gw-9");
  device.say(resume_of(1, chain));
  device.next_as<wire::welcome>();
  device.next_as<wire::resumed>();
  device.say(message_of(1, origin, chain.next_batch(20)));
  device.next_as<wire::ack>();
  fs::rename(cloud_opts.ledger, folder / "elsewhere.db");
  const stream_head before = chain.head();
  const auto more = chain.next_batch(20);
  for (int i = 0; i < 3; ++i) {
    device.say(message_of(1, before, more));
    EXPECT_EQ(device.next_as<wire::nack>().code, wire::nack_code::busy);
  }
  EXPECT_EQ(cloud_log->count("was removed or renamed while it was in use"), 1U) << cloud_log->all();
  EXPECT_FALSE(fs::exists(cloud_opts.ledger)) << "no other ledger is begun";
  stop_cloud();
  // Put back with the log that stayed, it has what was in doubt, and is told again.
  fs::rename(folder / "elsewhere.db", cloud_opts.ledger);
  start_cloud();
  raw_device again(port);
  again.hello("gw-9");
  again.say(resume_of(1, chain));
  again.next_as<wire::welcome>();
  again.next_as<wire::resumed>();
  again.say(message_of(1, before, more));
  EXPECT_EQ(again.next_as<wire::ack>().streams.at(0).committed_seq, chain.head().seq);
}

TEST_F(rope_ledger, the_ledger_can_be_audited_while_it_grows) {
  start_cloud();
  start_edge();
  feed("a", 1);
  drain();
  std::uint64_t seen = 0;
  for (int i = 0; i < 20; ++i) {
    feed(i % 2 ? "a" : "b", 100);
    const auto found = ledger().found;
    EXPECT_EQ(found.broken, 0U);
    EXPECT_GE(found.receipts, seen);
    seen = found.receipts;
  }
  drain();
  expect_whole_ledger();
}

// --- the end of an edge -------------------------------------------------------------------------

TEST_F(rope_ledger, stop_tells_what_is_pending_and_keeps_it) {
  start_edge();
  feed("a", 100);
  EXPECT_EQ(node->stop(20ms), node->pending());
  EXPECT_GE(node->pending(), 100U);
  node.reset();
  start_cloud();
  start_edge();
  EXPECT_EQ(node->stop(patience), 0U) << "drained";
  expect_whole_ledger();
}

TEST_F(rope_ledger, an_edge_that_is_stopped_at_once_ends) {
  start_cloud();
  for (int i = 0; i < 20; ++i) {
    start_edge();
    stop_edge();
  }
}

TEST_F(rope_ledger, acknowledgments_make_room_in_a_full_outbox) {
  edge_opts.limits.rows = 40;
  start_edge();
  ASSERT_TRUE(ask(set_quota("a")).ok);
  while (ask(use("a")).ok) {
  }
  EXPECT_EQ(ask(use("a")).error, "outbox_full");
  start_cloud();
  drain();
  for (int i = 0; i < 200; ++i) {
    const answer a = ask(use("a"));
    if (!a.ok) {
      ASSERT_EQ(a.error, "outbox_full");
      drain();
    }
  }
  drain();
  EXPECT_EQ(ledger().found.broken, 0U);
}

TEST_F(rope_ledger, an_acknowledgment_that_a_failed_group_carried_is_kept) {
  test::fault_vfs disk;
  edge_opts.make_store = outbox_in_sqlite(disk.name());
  start_edge();
  feed("a", 10);
  disk.fail(test::fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC);  // of the acknowledgment
  start_cloud();
  EXPECT_TRUE(edge_log->wait_for("a group failed"));
  drain();
  stop_edge();  // before its disk
}

}  // namespace rope_ledger_test
}  // namespace hawser

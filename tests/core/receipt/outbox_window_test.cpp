#include <hawser/core/receipt/outbox_window.hpp>

#include "support/window_fixture.hpp"

namespace hawser {
namespace outbox_window_test {

using test::lines;
using test::start;
using test::strings;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using wire::nack_code;
using wire::resume_status;

using window = test::window_fixture;

// ---- the plain way

TEST_F(window, sends_nothing_without_a_link_or_before_resumed) {
  EXPECT_THAT(add(stream(1, 3)), IsEmpty());
  EXPECT_THAT(committed(1, 4), IsEmpty());
  EXPECT_THAT(opened(), ElementsAre("resume 1:g1:1-4"));
  EXPECT_THAT(committed(1, 5), IsEmpty());
}

TEST_F(window, sends_from_where_the_ledger_stands_until_it_is_acknowledged) {
  six_in_flight(7);
  EXPECT_EQ(w.in_flight_rows(), 6u);  // the bound: receipt 7 waits
  EXPECT_THAT(ack(1, 2), ElementsAre("acknowledge 1 2", "fetch 1 #4 from 7 rows 1"));
  EXPECT_THAT(rows(1, 4, 7, 7), ElementsAre("send 1 7-7"));
  EXPECT_THAT(ack(1, 7), ElementsAre("acknowledge 1 7"));
  EXPECT_EQ(w.in_flight_rows(), 0u);
  EXPECT_EQ(w.in_flight_bytes(), 0u);
  EXPECT_THAT(committed(1, 8), ElementsAre("fetch 1 #5 from 8 rows 1"));
}

TEST_F(window, a_batch_carries_the_hashes_before_and_after_it) {
  add(stream(1, 4));
  opened();
  resumed(1, 2);
  rows(1, 1, 3, 4);
  ASSERT_EQ(sent.size(), 1u);
  wire::decode_error e;
  const auto m = std::get<wire::receipts>(*wire::decode(sent[0], e));
  EXPECT_EQ(m.sid, 1u);
  EXPECT_EQ(m.first_seq, 3u);
  EXPECT_EQ(m.prev_head, head(1, 2).hash);
  EXPECT_EQ(m.head, head(1, 4).hash);
  EXPECT_EQ(w.in_flight_bytes(), sent[0].size());
  ASSERT_EQ(m.rows.size(), 2u);
  EXPECT_EQ(decode_receipt(m.rows[1])->seq, 4u);
}

TEST_F(window, a_stream_that_is_all_committed_is_only_acknowledged) {
  add(stream(1, 5, 3));
  EXPECT_THAT(opened(), ElementsAre("resume 1:g1:4-5"));
  EXPECT_THAT(resumed(1, 5), ElementsAre("acknowledge 1 5"));
  opened();
  EXPECT_THAT(resumed(1, 5), IsEmpty());
}

TEST_F(window, what_resumed_says_is_acknowledged_once_the_hash_is_ours) {
  add(stream(1, 5));
  opened();
  EXPECT_THAT(resumed(1, 3), ElementsAre("fetch 1 #1 from 4 rows 2"));
  EXPECT_THAT(ack(1, 3), ElementsAre("error"));  // nothing was sent
  EXPECT_THAT(nack(1, 3, nack_code::gap), ElementsAre("error"));
  EXPECT_THAT(rows(1, 1, 4, 5), ElementsAre("acknowledge 1 3", "send 1 4-5"));
}

TEST_F(window, streams_take_turns) {
  add(stream(1, 6));
  add(stream(2, 6));
  EXPECT_THAT(opened(), ElementsAre("resume 1:g1:1-6 2:g2:1-6"));
  EXPECT_THAT(resumed(1, 0), ElementsAre("fetch 1 #1 from 1 rows 2"));
  EXPECT_THAT(resumed(2, 0), ElementsAre("fetch 2 #2 from 1 rows 2"));
  EXPECT_THAT(rows(1, 1, 1, 2), ElementsAre("send 1 1-2", "fetch 1 #3 from 3 rows 2"));
  EXPECT_THAT(rows(1, 3, 3, 4), ElementsAre("send 1 3-4"));  // six are sent or asked for
  EXPECT_THAT(rows(2, 2, 1, 2), ElementsAre("send 2 1-2"));
  EXPECT_THAT(ack(1, 4), ElementsAre("acknowledge 1 4", "fetch 1 #4 from 5 rows 2",
                                     "fetch 2 #5 from 3 rows 2"));
}

TEST_F(window, a_stream_born_on_a_live_link_is_named_with_its_first_receipt) {
  EXPECT_THAT(opened(), IsEmpty());
  EXPECT_THAT(add(stream(1, 0)), IsEmpty());
  EXPECT_THAT(committed(1, 1), ElementsAre("resume 1:g1:1-1"));
  EXPECT_THAT(committed(1, 2), IsEmpty());
  EXPECT_THAT(resumed(1, 0, resume_status::new_stream), ElementsAre("fetch 1 #1 from 1 rows 2"));
  EXPECT_THAT(add(stream(2, 1)), ElementsAre("resume 2:g2:1-1"));
}

// ---- bounds

TEST(window_bounds, resume_comes_in_pieces_that_fit) {
  outbox_window w({.max_message = outbox_window::min_message, .max_resume_streams = 30});
  window_effects out;
  for (std::uint32_t sid = 1; sid <= 100; ++sid) {
    const std::string name(sid <= 50 ? 10 : 200, 'g');
    w.add({sid, name, ~std::uint64_t{0}, {1, {}}, 0, {}}, out);
  }
  w.opened(out);
  std::uint32_t expected = 1;
  for (const auto& e : out) {
    const auto& m = std::get<window_effect::resume>(e).message;
    EXPECT_LE(m.streams.size(), 30u);
    bytes encoded;
    wire::encode(m, encoded);
    EXPECT_LE(encoded.size(), outbox_window::min_message);
    for (const auto& p : m.streams) EXPECT_EQ(p.sid, expected++);
  }
  EXPECT_EQ(expected, 101u);
  EXPECT_GE(out.size(), 5u);
  EXPECT_LE(out.size(), 7u);
}

struct small_window : window {
  small_window()
      : window({.max_message = outbox_window::min_message,
                .in_flight_bytes = outbox_window::min_message}) {
    key_size = 1000;  // three receipts to a message
  }
};

TEST_F(small_window, a_message_takes_what_fits_and_the_rest_comes_later) {
  add(stream(1, 8));
  opened();
  EXPECT_THAT(resumed(1, 0), ElementsAre("fetch 1 #1 from 1 rows 8"));
  EXPECT_THAT(rows(1, 1, 1, 8), ElementsAre("send 1 1-3"));  // the bytes in flight are full
  EXPECT_LE(sent.at(0).size(), outbox_window::min_message);
  EXPECT_THAT(ack(1, 3), ElementsAre("acknowledge 1 3", "fetch 1 #2 from 4 rows 5"));
}

TEST_F(small_window, a_receipt_above_the_message_limit_parks_its_stream) {
  key_size = 5000;
  add(stream(1, 2));
  opened();
  resumed(1, 0);
  EXPECT_THAT(rows(1, 1, 1, 2), ElementsAre("alarm 1 receipt 1 does not fit a message"));
  EXPECT_TRUE(w.parked(1));
}

TEST_F(window, a_lower_message_limit_of_the_cloud_counts_for_the_link) {
  key_size = 3000;
  add(stream(1, 4));
  opened();
  w.limit_message(1);  // raised to the least that works
  resumed(1, 0);
  EXPECT_THAT(rows(1, 1, 1, 2), ElementsAre("send 1 1-1", "fetch 1 #2 from 2 rows 2"));
  opened();
  resumed(1, 0);
  EXPECT_THAT(rows(1, 3, 1, 2), ElementsAre("send 1 1-2", "fetch 1 #4 from 3 rows 2"));
}

// ---- the peer breaks the protocol

TEST_F(window, refuses_what_the_ledger_cannot_know) {
  add(stream(1, 6));
  EXPECT_THAT(resumed(1, 0), ElementsAre("error"));  // no link
  EXPECT_THAT(ack(1, 0), ElementsAre("error"));
  opened();
  EXPECT_THAT(ack(1, 0), ElementsAre("error"));  // before resumed
  EXPECT_THAT(nack(1, 0, nack_code::gap), ElementsAre("error"));
  EXPECT_THAT(resumed(1, 1, resume_status::new_stream), ElementsAre("error"));
  chains[9] = chains[1];
  EXPECT_THAT(resumed(9, 0), ElementsAre("error"));
  EXPECT_THAT(ack(9, 0), ElementsAre("error"));
  EXPECT_THAT(nack(9, 0, nack_code::fork), ElementsAre("error"));
  resumed(1, 2);
  rows(1, 1, 3, 4);
  EXPECT_THAT(resumed(1, 2), ElementsAre("error"));  // twice
  EXPECT_THAT(ack(1, 5), ElementsAre("error"));      // never sent
  EXPECT_THAT(ack(1, 1), ElementsAre("error"));      // backwards
  EXPECT_THAT(nack(1, 5, nack_code::corrupt), ElementsAre("error"));
  EXPECT_THAT(ack(1, 2), IsEmpty());  // said again
  EXPECT_THAT(ack(1, 3), ElementsAre("acknowledge 1 3"));
}

// ---- histories that differ

TEST_F(window, a_ledger_behind_gets_again_what_is_kept) {
  add(stream(1, 8, 6, 2));
  EXPECT_THAT(opened(), ElementsAre("resume 1:g1:7-8"));
  EXPECT_THAT(resumed(1, 3, resume_status::behind),
              ElementsAre("lost by the ledger g1:4-6", "fetch 1 #1 from 4 rows 2"));
  EXPECT_THAT(rows(1, 1, 4, 5), ElementsAre("send 1 4-5", "fetch 1 #2 from 6 rows 2"));
  EXPECT_THAT(ack(1, 5), IsEmpty());  // never lowered
  EXPECT_THAT(rows(1, 2, 6, 7), ElementsAre("send 1 6-7", "fetch 1 #3 from 8 rows 1"));
  EXPECT_THAT(ack(1, 7), ElementsAre("acknowledge 1 7"));
}

TEST_F(window, a_ledger_behind_what_is_kept_is_an_alarm) {
  add(stream(1, 8, 6, 4));
  opened();
  EXPECT_THAT(
      resumed(1, 3, resume_status::behind),
      ElementsAre("alarm 1 history lost: the ledger ends at 3, the oldest receipt kept is 5"));
}

TEST_F(window, receipts_that_the_store_has_trimmed_meanwhile_are_an_alarm) {
  add(stream(1, 8, 6, 2));
  opened();
  resumed(1, 3, resume_status::behind);
  EXPECT_THAT(rows(1, 1, 6, 7), ElementsAre("alarm 1 the outbox cannot give receipt 4"));
  opened();
  resumed(1, 3, resume_status::behind);
  window_effects out;
  w.rows(1, 2, {}, {}, out);
  EXPECT_THAT(lines(out), ElementsAre("alarm 1 the outbox cannot give receipt 4"));
}

TEST_F(window, a_store_that_says_what_it_has_trimmed_is_believed_from_then_on) {
  add(stream(1, 8, 6, 2));
  const auto alarm = "alarm 1 history lost: the ledger ends at 3, the oldest receipt kept is 6";
  opened();
  ASSERT_THAT(resumed(1, 3, resume_status::behind),
              ElementsAre("lost by the ledger g1:4-6", "fetch 1 #1 from 4 rows 2"));
  EXPECT_THAT(lost(1, 2, 5), IsEmpty());  // not what was asked
  EXPECT_THAT(lost(1, 1, 5), ElementsAre(alarm));
  EXPECT_TRUE(w.parked(1));
  opened();
  EXPECT_THAT(resumed(1, 3, resume_status::behind), ElementsAre(alarm));
  opened();
  ASSERT_THAT(resumed(1, 5, resume_status::behind),
              ElementsAre("lost by the ledger g1:6-6", "fetch 1 #2 from 6 rows 2"));
  EXPECT_THAT(lost(1, 2, 5), ElementsAre("alarm 1 the outbox cannot give receipt 6"));
}

TEST_F(window, a_store_that_fails_in_passing_is_asked_again) {
  add(stream(1, 6));
  add(stream(2, 2));
  opened();
  ASSERT_THAT(resumed(1, 0), ElementsAre("fetch 1 #1 from 1 rows 2"));
  ASSERT_THAT(rows(1, 1, 1, 2), ElementsAre("send 1 1-2", "fetch 1 #2 from 3 rows 2"));
  EXPECT_THAT(unavailable(1, 2), IsEmpty());
  EXPECT_THAT(unavailable(1, 2), IsEmpty());  // answered already
  EXPECT_FALSE(w.parked(1));
  const auto due = start + std::chrono::seconds(1);
  EXPECT_EQ(w.next_wake(), due);
  EXPECT_THAT(ack(1, 2), ElementsAre("acknowledge 1 2"));
  EXPECT_THAT(committed(1, 7), IsEmpty());
  EXPECT_THAT(resumed(2, 0), ElementsAre("fetch 2 #3 from 1 rows 2"));  // the others go on
  EXPECT_THAT(rows(1, 2, 3, 4), IsEmpty());                             // too late
  EXPECT_THAT(woke(due), ElementsAre("fetch 1 #4 from 3 rows 2"));
  EXPECT_EQ(w.next_wake(), never);
  EXPECT_THAT(rows(1, 4, 3, 4), ElementsAre("send 1 3-4", "fetch 1 #5 from 5 rows 2"));
}

TEST_F(window, a_fetch_that_failed_holds_no_room) {
  for (std::uint32_t sid = 1; sid <= 4; ++sid) add(stream(sid, 4));
  opened();
  for (std::uint32_t sid = 1; sid <= 3; ++sid) ASSERT_EQ(resumed(sid, 0).size(), 1u);
  ASSERT_THAT(resumed(4, 0), IsEmpty()) << "six rows are asked for";
  EXPECT_THAT(unavailable(2, 2), ElementsAre("fetch 4 #4 from 1 rows 2"));
}

TEST_F(window, another_hash_is_a_fork_wherever_it_is_seen) {
  add(stream(1, 6, 2, 2));
  const auto alarm_at = [](int seq) {
    return "alarm 1 fork: the ledger's hash at " + std::to_string(seq) + " is not ours";
  };
  opened();  // at the head
  EXPECT_THAT(resumed_as({1, {6, {}}, resume_status::ok}), ElementsAre(alarm_at(6)));
  opened();  // at the base
  EXPECT_THAT(resumed_as({1, {2, {}}, resume_status::ok}), ElementsAre(alarm_at(2)));
  opened();  // between, when the store has told the hash
  EXPECT_THAT(resumed_as({1, {4, {}}, resume_status::ok}), ElementsAre("fetch 1 #1 from 5 rows 2"));
  EXPECT_THAT(rows(1, 1, 5, 6), ElementsAre(alarm_at(4)));
  EXPECT_TRUE(w.parked(1));
  EXPECT_EQ(w.in_flight_rows(), 0u);
}

TEST_F(window, a_ledger_ahead_of_the_outbox_is_an_alarm) {
  add(stream(1, 3));
  opened();
  EXPECT_THAT(resumed(1, 5),
              ElementsAre("alarm 1 the ledger has 5 receipts, the outbox ends at 3"));
}

TEST_F(window, a_fork_that_the_ledger_knows_of_is_an_alarm) {
  add(stream(1, 3));
  opened();
  EXPECT_THAT(resumed(1, 2, resume_status::fork),
              ElementsAre("alarm 1 the ledger refuses this stream: fork, or damage there; see the "
                          "cloud's log"));
  EXPECT_THAT(committed(1, 4), IsEmpty());
}

// ---- drops

TEST_F(window, rows_from_before_a_drop_are_ignored) {
  add(stream(1, 4));
  opened();
  EXPECT_THAT(resumed(1, 0), ElementsAre("fetch 1 #1 from 1 rows 2"));
  w.dropped();
  EXPECT_THAT(rows(1, 1, 1, 2), IsEmpty());
  opened();
  EXPECT_THAT(rows(1, 1, 1, 2), IsEmpty());
  EXPECT_THAT(resumed(1, 0), ElementsAre("fetch 1 #2 from 1 rows 2"));
  EXPECT_THAT(rows(1, 1, 1, 2), IsEmpty());
  EXPECT_THAT(rows(1, 2, 1, 2), ElementsAre("send 1 1-2", "fetch 1 #3 from 3 rows 2"));
}

TEST_F(window, rows_from_before_a_step_back_are_ignored) {
  add(stream(1, 6));
  opened();
  resumed(1, 0);
  EXPECT_THAT(rows(1, 1, 1, 2), ElementsAre("send 1 1-2", "fetch 1 #2 from 3 rows 2"));
  EXPECT_THAT(nack(1, 1, nack_code::corrupt), ElementsAre("fetch 1 #3 from 1 rows 2"));
  EXPECT_THAT(rows(1, 2, 3, 4), IsEmpty());
  EXPECT_THAT(rows(1, 3, 1, 2), ElementsAre("send 1 1-2", "fetch 1 #4 from 3 rows 2"));
}

// The same scenario, with the link dropped after each of its steps in turn: what follows is the
// same.
TEST_F(window, a_drop_at_any_step_leaves_nothing_behind) {
  for (int steps = 0; steps <= 6; ++steps) {
    w = outbox_window({.max_batch_rows = 2, .in_flight_rows = 6});
    add(stream(1, 4));
    if (steps > 0) opened();
    if (steps > 1) resumed(1, 0);
    if (steps > 2) rows(1, 1, 1, 2);
    if (steps > 3) nack(1, 1, nack_code::busy, 10);
    if (steps > 4) woke(start + std::chrono::seconds(1));
    if (steps > 5) nack(1, 1, nack_code::fork);
    w.dropped();
    EXPECT_EQ(w.in_flight_rows(), 0u) << steps;
    EXPECT_EQ(w.in_flight_bytes(), 0u);
    EXPECT_EQ(w.next_wake(), never);
    EXPECT_THAT(committed(1, 6), IsEmpty());
    EXPECT_THAT(opened(), ElementsAre("resume 1:g1:1-6")) << steps;
    const strings asked = resumed(1, 2);
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_THAT(asked[0], ::testing::EndsWith("from 3 rows 2"));
    // Six rows in flight are still allowed: no reservation was left behind.
    const auto generation = std::stoull(asked[0].substr(asked[0].find('#') + 1));
    EXPECT_THAT(rows(1, generation, 3, 4),
                ElementsAre("acknowledge 1 2", "send 1 3-4",
                            "fetch 1 #" + std::to_string(generation + 1) + " from 5 rows 2"));
  }
}

}  // namespace outbox_window_test
}  // namespace hawser

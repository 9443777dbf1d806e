#include <hawser/core/receipt/outbox_window.hpp>

#include "support/window_fixture.hpp"

namespace hawser {
namespace outbox_window_refusal_test {

using test::lines;
using test::start;
using test::strings;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using wire::nack_code;
using wire::resume_status;

using window = test::window_fixture;

// ---- refusals

TEST_F(window, a_corrupt_batch_is_sent_again_with_what_came_behind_it) {
  six_in_flight();
  EXPECT_THAT(nack(1, 3, nack_code::corrupt), ElementsAre("fetch 1 #4 from 3 rows 2"));
  EXPECT_EQ(w.in_flight_rows(), 2u);
  EXPECT_THAT(rows(1, 4, 3, 4), ElementsAre("send 1 3-4", "fetch 1 #5 from 5 rows 2"));
  EXPECT_THAT(nack(1, 2, nack_code::gap), IsEmpty());  // for 5-6 as sent first
  EXPECT_THAT(rows(1, 5, 5, 6), ElementsAre("send 1 5-6"));
  EXPECT_THAT(ack(1, 2), ElementsAre("acknowledge 1 2"));
  EXPECT_THAT(ack(1, 6), ElementsAre("acknowledge 1 6"));
  EXPECT_EQ(w.in_flight_rows(), 0u);
}

TEST_F(window, an_acknowledgment_from_before_a_step_back_does_not_end_it) {
  six_in_flight();
  nack(1, 3, nack_code::corrupt);
  EXPECT_THAT(ack(1, 2), ElementsAre("acknowledge 1 2"));
  EXPECT_THAT(nack(1, 2, nack_code::gap), IsEmpty());  // still for 5-6 as sent first
}

TEST_F(window, a_gap_after_a_step_back_was_answered_is_a_new_one) {
  six_in_flight();
  EXPECT_THAT(nack(1, 1, nack_code::corrupt), ElementsAre("fetch 1 #4 from 1 rows 2"));
  rows(1, 4, 1, 2);
  EXPECT_THAT(ack(1, 2), ElementsAre("acknowledge 1 2"));
  EXPECT_THAT(nack(1, 0, nack_code::gap), ElementsAre("fetch 1 #6 from 1 rows 2"));
}

TEST_F(window, a_batch_refused_again_and_again_parks_its_stream_only) {
  add(stream(2, 1));
  six_in_flight();
  std::uint64_t generation = 3;
  for (int i = 0; i < 3; ++i) {
    ++generation;
    EXPECT_THAT(nack(1, 1, nack_code::corrupt),
                ElementsAre("fetch 1 #" + std::to_string(generation) + " from 1 rows 2"));
    rows(1, generation++, 1, 2);
  }
  EXPECT_THAT(nack(1, 1, nack_code::corrupt),
              ElementsAre("alarm 1 receipt 1 refused 4 times: its hash does not match"));
  EXPECT_TRUE(w.parked(1));
  EXPECT_EQ(w.in_flight_rows(), 0u);
  EXPECT_THAT(resumed(2, 0), ElementsAre("fetch 2 #10 from 1 rows 1"));
  EXPECT_THAT(committed(1, 7), IsEmpty());
}

TEST_F(window, progress_forgives_refusals) {
  six_in_flight();
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    EXPECT_THAT(nack(1, seq, nack_code::corrupt), ElementsAre(::testing::StartsWith("fetch")));
    EXPECT_THAT(ack(1, seq), ElementsAre("acknowledge 1 " + std::to_string(seq),
                                         ::testing::StartsWith("fetch")));
  }
  EXPECT_FALSE(w.parked(1));
}

TEST_F(window, a_gap_goes_back_to_what_the_ledger_has) {
  six_in_flight();
  EXPECT_THAT(nack(1, 2, nack_code::gap),
              ElementsAre("acknowledge 1 2", "fetch 1 #4 from 3 rows 2"));
  EXPECT_THAT(nack(1, 2, nack_code::gap), IsEmpty());  // the batch behind
}

TEST_F(window, a_gap_that_does_not_end_parks_the_stream) {
  add(stream(1, 2));
  opened();
  resumed(1, 0);
  std::uint64_t generation = 1;
  strings last;
  for (int i = 0; i < 4; ++i) {
    rows(1, generation++, 1, 2);
    last = nack(1, 0, nack_code::gap);
  }
  EXPECT_THAT(last,
              ElementsAre("alarm 1 receipt 1 refused 4 times: receipts before it are missing"));
}

TEST_F(window, a_ledger_that_loses_its_end_on_a_live_link_gets_it_again_if_kept) {
  add(stream(1, 8, 4, 3));
  opened();
  resumed(1, 6, resume_status::ok);
  rows(1, 1, 7, 8);
  EXPECT_THAT(nack(1, 4, nack_code::gap), ElementsAre("fetch 1 #2 from 5 rows 2"));
  rows(1, 2, 5, 6);
  EXPECT_THAT(ack(1, 5), IsEmpty());  // recorded before
  EXPECT_THAT(nack(1, 2, nack_code::gap),
              ElementsAre("alarm 1 history lost: the ledger is back at 2"));
}

TEST_F(window, busy_waits_as_long_as_it_is_told) {
  six_in_flight();
  EXPECT_EQ(w.next_wake(), never);
  EXPECT_THAT(nack(1, 1, nack_code::busy, 250), IsEmpty());
  EXPECT_THAT(nack(1, 0, nack_code::gap), IsEmpty());
  EXPECT_THAT(nack(1, 5, nack_code::busy, 900), IsEmpty());  // behind what is sent next
  const auto due = start + std::chrono::milliseconds(250);
  EXPECT_EQ(w.next_wake(), due);
  EXPECT_THAT(committed(1, 7), IsEmpty());
  EXPECT_THAT(woke(due - duration(1)), IsEmpty());
  EXPECT_THAT(woke(due), ElementsAre("fetch 1 #4 from 1 rows 2"));
  EXPECT_EQ(w.next_wake(), never);
}

TEST_F(window, busy_is_bounded_below_and_above) {
  six_in_flight();
  nack(1, 5, nack_code::busy, 0);
  EXPECT_EQ(w.next_wake(), start + std::chrono::seconds(1));
  nack(1, 3, nack_code::busy, 0xffffffff);
  EXPECT_EQ(w.next_wake(), start + std::chrono::minutes(1));
  w.dropped();
  EXPECT_EQ(w.next_wake(), never);
}

TEST_F(window, a_fork_parks_its_stream_and_the_others_go_on) {
  add(stream(2, 1));
  six_in_flight();
  EXPECT_THAT(nack(1, 3, nack_code::fork, 0, "at 3"),
              ElementsAre("alarm 1 fork at receipt 3: at 3"));
  EXPECT_TRUE(w.parked(1));
  EXPECT_THAT(ack(1, 6), IsEmpty());  // nothing is trimmed
  EXPECT_THAT(nack(1, 5, nack_code::gap), IsEmpty());
  EXPECT_THAT(committed(1, 7), IsEmpty());
  EXPECT_THAT(resumed(2, 0), ElementsAre("fetch 2 #4 from 1 rows 1"));
  // The next link asks again.
  EXPECT_THAT(opened(), ElementsAre("resume 1:g1:1-7 2:g2:1-1"));
  EXPECT_FALSE(w.parked(1));
}

TEST_F(window, refusals_that_repeating_cannot_cure_park_the_stream) {
  for (const nack_code code : {nack_code::auth, nack_code::too_big, nack_code::unknown_stream}) {
    w = outbox_window({.max_batch_rows = 2, .in_flight_rows = 6});
    six_in_flight();
    EXPECT_THAT(nack(1, 1, code),
                ElementsAre("alarm 1 " + std::string(to_string(code)) + " at receipt 1"));
    EXPECT_TRUE(w.parked(1));
  }
}

}  // namespace outbox_window_refusal_test
}  // namespace hawser

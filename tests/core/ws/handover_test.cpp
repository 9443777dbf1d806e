#include <hawser/core/ws/handover.hpp>

#include <gtest/gtest.h>

namespace hawser {
namespace handover_test {

using namespace std::chrono_literals;
using action = handover::action;
using state = handover::state;

constexpr time_point start{100s};

handover in(state s) {
  handover h(5s);
  if (s == state::idle) return h;
  EXPECT_EQ(h.requested(), action::open);
  if (s == state::opening) return h;
  EXPECT_EQ(h.ready(start), action::hold);
  if (s == state::draining) return h;
  EXPECT_EQ(h.drained(), action::close_predecessor);
  return h;
}

TEST(handover, makes_before_it_breaks) {
  handover h = in(state::closing);
  EXPECT_EQ(h.deadline(), never);  // The closing handshake has a deadline of its own.
  EXPECT_EQ(h.predecessor_ended(), action::release);
  EXPECT_EQ(h.current(), state::idle);
  EXPECT_EQ(h.requested(), action::open);  // And again.
}

TEST(handover, the_replies_of_the_predecessor_are_awaited_within_a_bound) {
  handover h = in(state::draining);
  EXPECT_EQ(h.deadline(), start + 5s);
  EXPECT_EQ(h.tick(start + 5s - 1ns), action::none);
  EXPECT_EQ(h.tick(start + 5s), action::close_predecessor);
  EXPECT_EQ(h.tick(start + 10s), action::none);
}

TEST(handover, a_predecessor_that_ends_by_itself_needs_no_close) {
  handover h = in(state::draining);
  EXPECT_EQ(h.predecessor_ended(), action::release);
  EXPECT_EQ(h.deadline(), never);
}

TEST(handover, a_predecessor_that_dies_too_early_leaves_its_place_to_the_attempt) {
  handover h = in(state::opening);
  EXPECT_EQ(h.predecessor_ended(), action::fail_over);
  EXPECT_EQ(h.ready(start), action::none);  // It is the client's own by now.
}

TEST(handover, a_successor_that_dies_gives_the_link_back) {
  handover h = in(state::draining);
  EXPECT_EQ(h.successor_ended(), action::revert);
  EXPECT_EQ(h.deadline(), never);
  EXPECT_EQ(h.ready(start), action::hold);  // The next one.
  EXPECT_EQ(h.successor_ended(), action::revert);
  EXPECT_EQ(h.given_up(), action::abandon);
  EXPECT_EQ(h.current(), state::idle);
}

// Nothing holds the predecessor back any more: the client has to dial.
TEST(handover, a_successor_that_dies_while_the_predecessor_closes_is_an_ordinary_loss) {
  handover h = in(state::closing);
  EXPECT_EQ(h.successor_ended(), action::none);
  EXPECT_EQ(h.current(), state::idle);
  EXPECT_EQ(h.predecessor_ended(), action::none);
}

TEST(handover, stop_waits_for_no_reply) {
  EXPECT_EQ(in(state::idle).stop(), action::none);
  EXPECT_EQ(in(state::opening).stop(), action::abandon);
  EXPECT_EQ(in(state::draining).stop(), action::close_predecessor);
  EXPECT_EQ(in(state::closing).stop(), action::none);
}

TEST(handover, what_does_not_belong_to_the_state_changes_nothing) {
  for (const state s : {state::opening, state::draining, state::closing}) {
    handover h = in(s);
    EXPECT_EQ(h.requested(), action::none);
    EXPECT_EQ(h.current(), s);
  }
  for (const state s : {state::idle, state::draining, state::closing}) {
    handover h = in(s);
    EXPECT_EQ(h.ready(start), action::none);
    EXPECT_EQ(h.given_up(), action::none);
    EXPECT_EQ(h.current(), s);
  }
  for (const state s : {state::idle, state::opening, state::closing}) {
    EXPECT_EQ(in(s).drained(), action::none);
    EXPECT_EQ(in(s).tick(never), s == state::opening ? action::none : in(s).tick(start));
  }
  EXPECT_EQ(in(state::idle).predecessor_ended(), action::none);
  EXPECT_EQ(in(state::idle).successor_ended(), action::none);
}

}  // namespace handover_test
}  // namespace hawser

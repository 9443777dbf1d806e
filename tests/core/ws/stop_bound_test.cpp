#include <hawser/core/ws/stop_bound.hpp>

#include <gtest/gtest.h>

namespace stop_bound_test {

using namespace std::chrono_literals;
using hawser::never;
using hawser::stop_bound;
using hawser::time_point;

constexpr time_point t0 = time_point(1000s);

TEST(stop_bound, without_a_call_nothing_is_over) {
  stop_bound s(5s, 10ms);
  EXPECT_FALSE(s.asked());
  EXPECT_EQ(s.deadline(), never);
  EXPECT_FALSE(s.over(t0 + 1000h));
  EXPECT_FALSE(s.take_call());
  EXPECT_TRUE(s.may_tell(t0, t0 + 1h));
}

TEST(stop_bound, the_first_call_sets_the_deadline_and_the_second_ends_at_once) {
  stop_bound s(5s, 10ms);
  s.ask(t0);
  EXPECT_FALSE(s.over(t0 + 5s - 1ns));
  EXPECT_TRUE(s.over(t0 + 5s));
  EXPECT_EQ(s.called(), t0);
  s.ask(t0 + 1s);
  EXPECT_TRUE(s.over(t0 + 1s));
  s.ask(t0 + 2s);
  EXPECT_EQ(s.deadline(), t0 + 1s) << "it is only ever moved earlier";
}

TEST(stop_bound, a_late_second_call_does_not_move_the_deadline) {
  stop_bound s(5s, 10ms);
  s.ask(t0);
  s.ask(t0 + 1h);
  EXPECT_EQ(s.deadline(), t0 + 5s);
}

TEST(stop_bound, each_call_is_carried_out_once) {
  stop_bound s(5s, 10ms);
  s.ask(t0);
  s.ask(t0);
  EXPECT_TRUE(s.take_call());
  EXPECT_TRUE(s.take_call());
  EXPECT_FALSE(s.take_call());
  s.ask(t0);
  EXPECT_TRUE(s.take_call());
}

TEST(stop_bound, ends_are_told_until_hooks_have_taken_their_time_beyond_the_deadline) {
  stop_bound s(5s, 10ms);
  s.ask(t0);
  const time_point over = t0 + 5s;
  EXPECT_TRUE(s.may_tell(t0, over - 1ns));
  EXPECT_TRUE(s.may_tell(t0, over + 9ms));
  EXPECT_FALSE(s.may_tell(t0, over + 10ms));
  EXPECT_FALSE(s.may_tell(over + 1h, over + 1h)) << "of all events together";
}

// A busy machine wakes the client late: no hook has taken that time.
TEST(stop_bound, a_late_event_tells_all_the_same) {
  stop_bound s(5s, 10ms);
  s.ask(t0);
  const time_point late = t0 + 6s;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(s.may_tell(late, late));
  EXPECT_TRUE(s.may_tell(late, late + 9ms));
  EXPECT_TRUE(s.may_tell(late + 1s, late + 1s)) << "nor between two events";
  EXPECT_FALSE(s.may_tell(late + 1s, late + 1s + 1ms));
}

// The hook that called twice is the one that may be waited for.
TEST(stop_bound, after_two_calls_of_a_slow_hook_nothing_more_is_told) {
  stop_bound s(5s, 10ms);
  EXPECT_TRUE(s.may_tell(t0, t0));
  s.ask(t0 + 1s);
  s.ask(t0 + 1s);
  EXPECT_FALSE(s.may_tell(t0, t0 + 2s));
}

}  // namespace stop_bound_test

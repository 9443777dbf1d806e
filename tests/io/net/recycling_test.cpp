// The places of a client's attempts, without a link.
#include "io/net/recycling.hpp"

#include <gtest/gtest.h>

namespace recycling_test {

using namespace std::chrono_literals;
using hawser::deadlines;
using hawser::handover;
using hawser::time_point;
using hawser::io::attempt_ptr;
using hawser::io::recycling;
using action = handover::action;

constexpr time_point start{100s};

TEST(recycling, a_successor_takes_the_place_of_its_predecessor) {
  const deadlines d;
  recycling r(d);
  const attempt_ptr first = r.own();
  ASSERT_EQ(r.machine().requested(), action::open);
  const attempt_ptr second = r.open();
  EXPECT_TRUE(r.current(first) && r.current(second));
  ASSERT_EQ(r.machine().ready(start), action::hold);
  r.hold(start);
  EXPECT_EQ(r.own(), second);
  EXPECT_EQ(r.predecessor(), first);
  EXPECT_FALSE(r.successor());
  EXPECT_FALSE(r.current(first)) << "what it is answered does not count any more";
  EXPECT_TRUE(r.ask_drained());
  EXPECT_FALSE(r.ask_drained()) << "once";
  EXPECT_EQ(r.drained(), action::close_predecessor);
  r.forget_predecessor();
  EXPECT_EQ(r.machine().predecessor_ended(), action::release);
  EXPECT_EQ(r.release(start + 2s), 2s);
  EXPECT_EQ(r.own(), second);
}

TEST(recycling, a_successor_that_dies_gives_the_place_back) {
  const deadlines d;
  recycling r(d);
  const attempt_ptr first = r.own();
  (void)r.machine().requested();
  const attempt_ptr second = r.open();
  (void)r.machine().ready(start);
  r.hold(start);
  ASSERT_EQ(r.machine().successor_ended(), action::revert);
  r.revert();
  EXPECT_EQ(r.own(), first);
  EXPECT_EQ(r.successor(), second) << "it may be dialed once more";
  EXPECT_FALSE(r.predecessor());
  ASSERT_EQ(r.machine().given_up(), action::abandon);
  EXPECT_EQ(r.abandon(), second);
  EXPECT_FALSE(r.successor());
}

TEST(recycling, a_successor_outlives_its_predecessor) {
  const deadlines d;
  recycling r(d);
  (void)r.machine().requested();
  const attempt_ptr second = r.open();
  ASSERT_EQ(r.machine().predecessor_ended(), action::fail_over);
  r.fail_over();
  EXPECT_EQ(r.own(), second);
  EXPECT_FALSE(r.successor() || r.predecessor());
}

TEST(recycling, after_the_stop_nobody_takes_a_place) {
  const deadlines d;
  recycling r(d);
  (void)r.machine().requested();
  r.stop();
  EXPECT_EQ(r.machine().current(), handover::state::idle);
}

}  // namespace recycling_test

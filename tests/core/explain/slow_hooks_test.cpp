#include <hawser/core/explain/slow_hooks.hpp>

#include <gtest/gtest.h>

namespace slow_hooks_test {

using namespace std::chrono_literals;
using hawser::duration;
using hawser::slow_hooks;
using hawser::time_point;

constexpr time_point start{1000s};

TEST(slow_hooks, without_a_limit_nothing_is_slow) {
  for (const duration off : {duration(0s), slow_hooks().limit()}) {
    slow_hooks s(off);
    EXPECT_FALSE(s.batch(1, 1h, start));
    EXPECT_FALSE(s.ran(3, 1h, start));
    EXPECT_FALSE(s.timing(start));
  }
}

TEST(slow_hooks, one_hook_is_judged_by_itself) {
  slow_hooks s(10ms);
  EXPECT_FALSE(s.batch(1, 10ms, start));
  EXPECT_FALSE(s.timing(start));
  EXPECT_TRUE(s.batch(1, 10ms + 1ns, start));
  EXPECT_TRUE(s.timing(start + slow_hooks::pause - 1ns));
  EXPECT_FALSE(s.timing(start + slow_hooks::pause));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(s.batch(1, 20ms, start)) << "also if it always is";
}

TEST(slow_hooks, one_slow_hook_among_many_quick_ones_is_seen) {
  slow_hooks s(10ms);
  EXPECT_TRUE(s.batch(1000, 60ms, start)) << "nothing is known yet";
  for (int i = 0; i < 10; ++i) (void)s.batch(1000, 1ms, start);
  EXPECT_TRUE(s.batch(1000, 1ms + 20ms, start));
}

// 700 us each, 15 to 90 of them in a row: no hook takes 10 ms.
TEST(slow_hooks, many_hooks_that_are_as_slow_as_usual_are_not_slow) {
  slow_hooks s(10ms);
  (void)s.batch(3, 3 * 700us, start);
  for (int i = 0; i < 10; ++i) (void)s.batch(2, 2 * 700us, start);
  for (int n = 15; n < 90; ++n) EXPECT_FALSE(s.batch(static_cast<unsigned>(n), n * 700us, start));
  EXPECT_TRUE(s.timing(start)) << "they are timed one by one: that tells";
}

TEST(slow_hooks, each_kind_is_told_of_once_a_minute_with_a_count) {
  slow_hooks s(10ms);
  const auto first = s.ran(1, 20ms, start);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->took, 20ms);
  EXPECT_EQ(first->more, 0u);
  EXPECT_FALSE(s.ran(1, 10ms, start)) << "that is not slow";
  EXPECT_FALSE(s.ran(1, 2s, start + 1s));
  EXPECT_FALSE(s.ran(1, 30ms, start + 60s - 1ns));
  EXPECT_TRUE(s.ran(2, 11ms, start + 2s)) << "another kind";
  const auto next = s.ran(1, 40ms, start + 60s);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->took, 40ms);
  EXPECT_EQ(next->more, 2u);
  EXPECT_EQ(next->longest, 2s);
  EXPECT_FALSE(s.ran(1, 40ms, start + 61s));
  EXPECT_EQ(s.ran(1, 40ms, start + 1h)->more, 1u);
  EXPECT_TRUE(s.ran(15, 1h, start + 1h)) << "the last kind";
}

}  // namespace slow_hooks_test

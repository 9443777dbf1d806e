#include <hawser/core/recovery/backoff.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace backoff_test {

using namespace std::chrono_literals;
using hawser::backoff;
using hawser::duration;

duration ceiling(duration base, duration cap, unsigned n) {
  duration d = base;
  while (n-- > 0 && d < cap) d *= 2;
  return std::min(d, cap);
}

TEST(backoff, the_first_delay_fills_the_whole_interval_the_later_ones_its_upper_half) {
  constexpr duration base = 100ms;
  constexpr duration cap = 3s;
  for (unsigned n = 0; n < 8; ++n) {
    const duration top = ceiling(base, cap, n);
    const duration bottom = n == 0 ? duration::zero() : top / 2;
    duration least = cap;
    duration most{};
    duration sum{};
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
      backoff b(base, cap, seed);
      for (unsigned i = 0; i < n; ++i) b.next();
      const duration d = b.next();
      ASSERT_GE(d, bottom);
      ASSERT_LE(d, top) << n;
      least = std::min(least, d);
      most = std::max(most, d);
      sum += d;
    }
    EXPECT_LT(least, bottom + top / 20) << n;
    EXPECT_GT(most, top - top / 20) << n;
    EXPECT_NEAR(static_cast<double>((sum / 1000).count()),
                static_cast<double>((bottom + top).count()) / 2,
                static_cast<double>(top.count()) / 20);
  }
}

TEST(backoff, a_bound_makes_them_shorter_and_lets_them_grow) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    backoff b(1s, 1h, seed);
    ASSERT_LE(b.next(10ms), 10ms);
    for (int i = 0; i < 5; ++i) {
      const duration d = b.next(10ms);
      ASSERT_GE(d, 5ms);
      ASSERT_LE(d, 10ms);
    }
    ASSERT_GE(b.next(), 32s);
    ASSERT_LE(b.next(10h), 128s) << "the bound is no delay";
  }
}

TEST(backoff, reset_begins_at_base_again) {
  backoff b(1ms, 1h, 3);
  for (int i = 0; i < 30; ++i) b.next();
  EXPECT_EQ(b.failures(), 30u);
  b.reset();
  EXPECT_EQ(b.failures(), 0u);
  EXPECT_LE(b.next(), 1ms);
}

TEST(backoff, the_seed_decides_everything) {
  backoff a(1s, 1h, 7);
  backoff same(1s, 1h, 7);
  backoff other(1s, 1h, 8);
  int different = 0;
  for (int i = 0; i < 50; ++i) {
    const duration d = a.next();
    EXPECT_EQ(same.next(), d);
    different += other.next() != d ? 1 : 0;
  }
  EXPECT_GT(different, 45);
}

TEST(backoff, many_failures_and_the_largest_cap_do_not_overflow) {
  backoff b(1ns, duration::max(), 1);
  duration most{};
  for (int i = 0; i < 1000; ++i) {
    const duration d = b.next();
    ASSERT_GE(d, duration::zero());
    most = std::max(most, d);
  }
  EXPECT_GT(most, duration::max() / 2);
}

TEST(backoff, what_the_peer_asked_for_is_the_least_and_spreads_from_there) {
  duration least = 1h;
  duration most{};
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    backoff b(1s, 30s, seed);
    const duration d = b.next(60s, 30s);
    ASSERT_GE(d, 60s);
    ASSERT_LE(d, 90s);
    least = std::min(least, d);
    most = std::max(most, d);
    EXPECT_EQ(b.failures(), 1u);
  }
  EXPECT_LT(least, 61s);
  EXPECT_GT(most, 89s);
}

TEST(backoff, the_spread_is_no_narrower_than_the_delay_itself) {
  duration most{};
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    backoff b(1s, 30s, seed);
    for (int i = 0; i < 10; ++i) (void)b.next();
    const duration d = b.next(1s, 500ms);
    ASSERT_LE(d, 31s);
    most = std::max(most, d);
  }
  EXPECT_GT(most, 30s);
}

}  // namespace backoff_test

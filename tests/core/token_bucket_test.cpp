#include <hawser/core/token_bucket.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace token_bucket_test {

using namespace std::chrono_literals;
using hawser::time_point;
using hawser::token_bucket;

constexpr time_point start{1000s};

TEST(token_bucket, begins_full_and_refills_at_its_rate) {
  token_bucket b(10, 3);
  EXPECT_DOUBLE_EQ(b.level(start), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(b.ready(start, 1), start);
    b.take(start, 1);
  }
  EXPECT_DOUBLE_EQ(b.level(start), 0);
  EXPECT_EQ(b.ready(start, 1), start + 100ms);
  EXPECT_EQ(b.ready(start, 2), start + 200ms);
  EXPECT_EQ(b.ready(start + 100ms, 1), start + 100ms);
  EXPECT_DOUBLE_EQ(b.level(start + 1h), 3) << "and no fuller";
}

TEST(token_bucket, looks_without_taking) {
  token_bucket b(1, 1);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(b.ready(start, 1), start);
}

TEST(token_bucket, what_costs_more_than_the_bucket_waits_for_a_full_one_and_is_paid_off) {
  token_bucket b(10, 3);
  EXPECT_EQ(b.ready(start, 100), start);
  b.take(start, 100);
  EXPECT_DOUBLE_EQ(b.level(start), -97);
  EXPECT_EQ(b.ready(start, 1), start + 9800ms);
  EXPECT_EQ(b.ready(start, 100), start + 10s);
}

TEST(token_bucket, without_a_rate_there_is_no_bound) {
  token_bucket b;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(b.ready(start, 1e9), start);
    b.take(start, 1e9);
  }
  EXPECT_DOUBLE_EQ(b.level(start), 0);
}

TEST(token_bucket, without_a_burst_it_holds_a_seconds_worth) {
  EXPECT_DOUBLE_EQ(token_bucket(50).level(start), 50);
  EXPECT_DOUBLE_EQ(token_bucket(0.1).level(start), 1);
}

TEST(token_bucket, odd_rates_hold_over_time) {
  for (const double rate : {3.0, 7.0, 0.3, 999.0, 12345.678}) {
    token_bucket b(rate, 1);
    time_point t = start;
    for (int i = 0; i < 10'000; ++i) {
      t = b.ready(t, 1);
      b.take(t, 1);
    }
    const double seconds = std::chrono::duration<double>(t - start).count();
    EXPECT_NEAR(9'999 / seconds, rate, rate * 1e-4);
  }
}

TEST(token_bucket, no_cost_overflows_a_time) {
  token_bucket b(1e-5, 1);
  for (int i = 0; i < 10; ++i) b.take(start, std::numeric_limits<double>::max());
  EXPECT_GT(b.ready(start, 1), start + 24h);
  EXPECT_LT(b.ready(start, 1), hawser::never);
}

}  // namespace token_bucket_test

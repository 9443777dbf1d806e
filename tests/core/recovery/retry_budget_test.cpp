#include <hawser/core/recovery/retry_budget.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace retry_budget_test {

using namespace std::chrono_literals;
using hawser::retry_budget;
using hawser::time_point;

constexpr time_point start{1000s};

TEST(retry_budget, a_burst_passes_at_once_then_the_rate_holds) {
  retry_budget b(10, 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(b.take(start), start);
  for (int i = 1; i <= 20; ++i) EXPECT_EQ(b.take(start), start + i * 100ms);
}

TEST(retry_budget, says_when_the_next_is_due_without_taking_it) {
  retry_budget b(10, 2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(b.due(start), start);
    EXPECT_EQ(b.due(start), start);
    (void)b.take(start);
  }
  EXPECT_EQ(b.due(start), start + 100ms);
  EXPECT_EQ(b.take(start), start + 100ms);
  EXPECT_EQ(b.due(start + 1h), start + 1h);
}

TEST(retry_budget, a_pause_earns_a_burst_and_no_more) {
  retry_budget b(10, 3);
  for (int i = 0; i < 4; ++i) (void)b.take(start);
  const time_point later = start + 1h;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(b.take(later), later);
  EXPECT_EQ(b.take(later), later + 100ms);
}

TEST(retry_budget, who_comes_evenly_never_waits) {
  retry_budget b(100, 1);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(b.take(start + i * 10ms), start + i * 10ms);
}

TEST(retry_budget, rate_and_burst_are_bounded) {
  retry_budget none(0, 0);
  EXPECT_EQ(none.take(start), start);
  EXPECT_EQ(none.take(start), start + 1s);
  retry_budget all(~0U, ~0U);
  for (int i = 0; i < 1'000'000; ++i) ASSERT_EQ(all.take(start), start);
  EXPECT_EQ(all.take(start), start + 1us);
}

TEST(retry_budget, threads_share_it) {
  constexpr int each = 5000;
  for (int round = 0; round < 100; ++round) {
    retry_budget b(1000, 1);
    std::atomic<int> ready{0};
    std::vector<std::thread> all;
    for (int t = 0; t < 2; ++t) {
      all.emplace_back([&] {
        ++ready;
        while (ready < 2) {
        }
        for (int i = 0; i < each; ++i) (void)b.take(start);
      });
    }
    for (auto& t : all) t.join();
    ASSERT_EQ(b.take(start), start + 2 * each * 1ms);
  }
}

}  // namespace retry_budget_test

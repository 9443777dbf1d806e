#include <hawser/core/recovery/jitter.hpp>
#include <hawser/seed.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace jitter_test {

using namespace std::chrono_literals;
using hawser::duration;
using hawser::jitter;

TEST(jitter, fills_its_interval_and_never_leaves_it) {
  jitter j(1);
  duration least = 1h;
  duration most{};
  for (int i = 0; i < 10'000; ++i) {
    const duration d = j.around(100s, 10);
    ASSERT_GE(d, 90s);
    ASSERT_LE(d, 110s);
    least = std::min(least, d);
    most = std::max(most, d);
  }
  EXPECT_LT(least, 90'100ms);
  EXPECT_GT(most, 109'900ms);
}

TEST(jitter, nothing_to_draw_from_is_zero) {
  jitter j(1);
  EXPECT_EQ(j.up_to(0s), 0s);
  EXPECT_EQ(j.up_to(-1s), 0s);
  EXPECT_EQ(j.around(100s, 0), 100s);
}

TEST(jitter, a_percentage_above_a_hundred_is_a_hundred) {
  jitter j(1);
  for (int i = 0; i < 1000; ++i) {
    const duration d = j.around(100s, 1000);
    ASSERT_GE(d, 0s);
    ASSERT_LE(d, 200s);
  }
}

TEST(seed_source, the_chosen_seed_is_the_seed) {
  EXPECT_EQ(hawser::seed_source(7).at(hawser::time_point(3s)), 7u);
}

TEST(seed_source, without_one_each_object_and_each_time_has_its_own) {
  const hawser::seed_source a(0);
  const hawser::seed_source b(0);
  const hawser::time_point now(3s);
  EXPECT_NE(a.at(now), b.at(now));
  EXPECT_NE(a.at(now), a.at(now + 1ns));
  EXPECT_EQ(a.at(now), a.at(now));
}

}  // namespace jitter_test

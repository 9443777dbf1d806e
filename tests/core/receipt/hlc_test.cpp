#include <hawser/core/receipt/hlc.hpp>

#include <gtest/gtest.h>

#include <random>

namespace hawser {
namespace hlc_test {

TEST(hlc, is_milliseconds_and_a_counter) {
  EXPECT_EQ(hlc_at(1), 65536u);
  EXPECT_EQ(hlc_wall(65536 + 5), 1);
  EXPECT_EQ(hlc_at(-1), 0u);
  EXPECT_EQ(hlc_at(INT64_MAX), 0xffffffffffff0000u);
}

TEST(hlc, follows_the_wall_clock_forward_and_counts_when_it_stands) {
  hybrid_clock clock(0);
  EXPECT_EQ(clock.tick(1000), hlc_at(1000));
  EXPECT_EQ(clock.tick(1000), hlc_at(1000) + 1);
  EXPECT_EQ(clock.tick(1001), hlc_at(1001));
}

TEST(hlc, never_goes_back) {
  hybrid_clock clock(hlc_at(5000) + 7);  // from disk
  EXPECT_EQ(clock.tick(1000), hlc_at(5000) + 8);
  EXPECT_EQ(clock.tick(-1), hlc_at(5000) + 9);
  EXPECT_EQ(clock.tick(5001), hlc_at(5001));
}

TEST(hlc, moves_to_the_next_millisecond_when_the_counter_is_full) {
  hybrid_clock clock(hlc_at(9) + 0xffff);
  EXPECT_EQ(clock.tick(9), hlc_at(10));
}

TEST(hlc, stands_still_at_the_end_of_time) {
  hybrid_clock clock(~std::uint64_t{0} - 1);
  EXPECT_EQ(clock.tick(0), ~std::uint64_t{0});
  EXPECT_EQ(clock.tick(0), ~std::uint64_t{0});
}

TEST(hlc, learns_from_a_remote_clock) {
  hybrid_clock clock(0, {.max_ahead = 100});
  EXPECT_TRUE(clock.observe(hlc_at(1100) + 3, 1000));
  EXPECT_EQ(clock.tick(1000), hlc_at(1100) + 4);
  EXPECT_TRUE(clock.observe(hlc_at(1), 1000));  // behind: nothing to learn
  EXPECT_EQ(clock.last(), hlc_at(1100) + 4);
}

TEST(hlc, refuses_a_remote_clock_too_far_ahead) {
  hybrid_clock clock(0, {.max_ahead = 100});
  EXPECT_FALSE(clock.observe(hlc_at(1101), 1000));
  EXPECT_FALSE(clock.observe(~std::uint64_t{0}, 1000));
  EXPECT_FALSE(clock.observe(hlc_at(1101), -5));
  EXPECT_EQ(clock.last(), 0u);
}

TEST(hlc, rises_strictly_whatever_the_wall_clock_does) {
  std::mt19937_64 random(3);
  hybrid_clock clock(0);
  std::uint64_t last = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto now = static_cast<wall_ms>(random() % 2000) - 500;
    if (random() % 4 == 0) (void)clock.observe(random() % hlc_at(3000), now);
    const std::uint64_t next = clock.tick(now);
    ASSERT_GT(next, last);
    last = next;
  }
}

}  // namespace hlc_test
}  // namespace hawser

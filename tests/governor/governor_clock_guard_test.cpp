#include <hawser/governor/clock_guard.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace hawser::governor {
namespace governor_clock_guard_test {

using namespace std::chrono_literals;

constexpr wall_ms noon = 1'800'000'000'000;  // 2027
constexpr wall_ms bound = 60'000;
constexpr wall_ms year_2020 = 1'577'836'800'000;
const time_point boot{5s};

void expect(const clock_guard::reading& r, wall_ms now, wall_ms shift, bool trusted) {
  EXPECT_EQ(r.now, now);
  EXPECT_EQ(r.shift, shift);
  EXPECT_EQ(r.trusted, trusted);
}

TEST(clock_guard, believes_a_good_clock_at_the_start_and_counts_the_time_off) {
  clock_guard g(noon - 1'000'000'000, bound);
  expect(g.read(noon, boot), noon, 0, true);
  expect(g.read(noon + 1000, boot + 1s), noon + 1000, 0, true);
}

TEST(clock_guard, goes_on_from_the_disk_while_the_clock_was_never_set) {
  clock_guard g(noon, bound);
  expect(g.read(3, boot), noon, 0, false);
  expect(g.read(10'003, boot + 10s), noon + 10'000, 0, false);
  // Set at last: what remained still remains.
  expect(g.read(noon + 500'000, boot + 20s), noon + 500'000, 480'000, true);
  expect(g.read(noon + 501'000, boot + 21s), noon + 501'000, 0, true);
}

TEST(clock_guard, starts_from_1970_when_nothing_is_known) {
  clock_guard g(0, bound);
  expect(g.read(7'000, boot), 0, 0, false);
  expect(g.read(9'000, boot + 2s), 2'000, 0, false);
  expect(g.read(noon, boot + 3s), noon, noon - 3'000, true);
}

TEST(clock_guard, does_not_trust_a_clock_that_is_behind_the_disk) {
  clock_guard g(noon, bound);
  expect(g.read(noon - 1, boot), noon, 0, false);
  expect(g.read(noon + 1'999, boot + 2s), noon + 1'999, 0, true);
}

TEST(clock_guard, draws_the_line_at_2020) {
  clock_guard before(0, bound);
  expect(before.read(year_2020 - 1, boot), 0, 0, false);
  clock_guard after(0, bound);
  expect(after.read(year_2020, boot), year_2020, 0, true);
}

TEST(clock_guard, follows_drift_up_to_the_bound_and_shifts_beyond) {
  for (const int sign : {1, -1}) {
    clock_guard g(0, bound);
    g.read(noon, boot);
    expect(g.read(noon + 1000 + sign * bound, boot + 1s), noon + 1000 + sign * bound, 0, true);
    clock_guard h(0, bound);
    h.read(noon, boot);
    const wall_ms leap = sign * (bound + 1);
    expect(h.read(noon + 1000 + leap, boot + 1s), noon + 1000 + leap, leap, true);
    expect(h.read(noon + 2000 + leap, boot + 2s), noon + 2000 + leap, 0, true);
  }
}

TEST(clock_guard, a_clock_that_falls_back_to_1970_is_left_behind_and_found_again) {
  clock_guard g(0, bound);
  g.read(noon, boot);
  expect(g.read(5, boot + 1s), noon + 1000, 0, false);
  expect(g.read(1'005, boot + 2s), noon + 2000, 0, false);
  expect(g.read(noon + 3000, boot + 3s), noon + 3000, 0, true);
}

TEST(clock_guard, may_leap_back_behind_the_disk_once_it_was_trusted) {
  clock_guard g(noon, bound);
  g.read(noon, boot);
  expect(g.read(noon - 3'600'000, boot), noon - 3'600'000, -3'600'000, true);
}

TEST(clock_guard, loses_no_fraction_of_a_millisecond) {
  clock_guard g(noon, bound);
  g.read(0, boot);
  for (int i = 1; i < 3000; ++i) g.read(0, boot + i * 333us);
  expect(g.read(0, boot + 1s), noon + 1000, 0, false);
}

TEST(clock_guard, survives_absurd_clocks) {
  constexpr auto most = std::numeric_limits<wall_ms>::max();
  constexpr auto least = std::numeric_limits<wall_ms>::min();
  clock_guard g(most, bound);
  EXPECT_FALSE(g.read(most, boot).trusted);
  EXPECT_FALSE(g.read(least, boot + 1s).trusted);
  clock_guard h(least, bound);
  expect(h.read(least, boot), 0, 0, false);
  expect(h.read(noon, boot), noon, noon, true);
  expect(h.read(most, boot + 1s), noon + 1000, 0, false);
}

}  // namespace governor_clock_guard_test
}  // namespace hawser::governor

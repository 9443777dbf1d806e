#include <hawser/core/recovery/outage_notice.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace outage_notice_test {

using namespace std::chrono_literals;
using hawser::duration;
using hawser::outage_notice;
using hawser::time_point;
using seat = hawser::outage_notice::seat;

constexpr time_point start{1000s};

// After how long an outage of one client is told that fails every second.
std::vector<duration> told_in(duration length) {
  outage_notice n;
  seat s;
  std::vector<duration> all;
  n.lost(s, start);
  for (duration d = 0s; d <= length; d += 1s) {
    n.lost(s, start + d);
    if (n.due(start + d)) all.push_back(d);
  }
  return all;
}

TEST(outage_notice, is_the_first_after_a_minute_and_rarer_then) {
  EXPECT_TRUE(told_in(59s).empty());
  EXPECT_EQ(told_in(2h), (std::vector<duration>{1min, 4min, 16min, 64min}));
}

TEST(outage_notice, comes_every_six_hours_at_the_latest) {
  const auto all = told_in(48h);
  ASSERT_GT(all.size(), 8u);
  EXPECT_LT(all.size(), 14u);
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LE(all[i] - all[i - 1], 6h);
}

TEST(outage_notice, a_thousand_clients_have_one) {
  outage_notice n;
  std::vector<seat> all(1000);
  for (seat& s : all) n.lost(s, start);
  unsigned told = 0;
  for (seat& s : all) {
    n.lost(s, start + 61s);
    if (const auto d = n.due(start + 61s)) {
      ++told;
      EXPECT_EQ(d->clients, 1000u);
      EXPECT_EQ(d->lasts, 61s);
    }
  }
  EXPECT_EQ(told, 1u);
  unsigned back = 0;
  for (seat& s : all) {
    if (const auto lasted = n.found(s, start + 90s)) {
      ++back;
      EXPECT_EQ(*lasted, 90s);
    }
  }
  EXPECT_EQ(back, 1u);
}

TEST(outage_notice, what_was_not_told_does_not_end_with_a_word) {
  outage_notice n;
  seat s;
  n.lost(s, start);
  EXPECT_FALSE(n.due(start + 59s));
  EXPECT_FALSE(n.found(s, start + 59s));
}

TEST(outage_notice, clients_that_come_and_go_are_no_outage_together) {
  outage_notice n;
  seat a;
  seat b;
  n.lost(a, start);
  for (duration d = 0s; d < 10min; d += 40s) {
    n.lost(b, start + d);
    EXPECT_FALSE(n.found(a, start + d + 10s));
    n.proved(a);
    n.lost(a, start + d + 30s);
    EXPECT_FALSE(n.due(start + d + 30s));
    EXPECT_FALSE(n.found(b, start + d + 35s));
    n.proved(b);
  }
}

TEST(outage_notice, a_link_that_does_not_prove_itself_ends_nothing) {
  for (const bool proves : {false, true}) {
    outage_notice n;
    seat s;
    unsigned told = 0;
    unsigned back = 0;
    for (duration d = 0s; d < 1h; d += 10s) {
      n.lost(s, start + d);
      if (n.due(start + d)) ++told;
      if (n.found(s, start + d + 5s)) ++back;
      if (proves) n.proved(s);
    }
    EXPECT_EQ(told, proves ? 0u : 3u);
    EXPECT_EQ(back, told);
  }
}

TEST(outage_notice, the_next_outage_has_a_minute_again) {
  outage_notice n;
  seat s;
  for (const time_point at : {start, start + 3min}) {
    n.lost(s, at);
    EXPECT_FALSE(n.due(at + 59s));
    EXPECT_TRUE(n.due(at + 1min));
    EXPECT_EQ(n.found(s, at + 2min), 2min);
    n.proved(s);
  }
}

TEST(outage_notice, one_that_is_still_away_keeps_the_outage) {
  outage_notice n;
  seat a;
  seat b;
  n.lost(a, start);
  n.lost(b, start);
  EXPECT_TRUE(n.due(start + 1min));
  EXPECT_FALSE(n.found(a, start + 2min));
  EXPECT_EQ(n.found(b, start + 3min), 3min);
}

TEST(outage_notice, who_leaves_waits_for_nothing) {
  outage_notice n;
  seat s;
  n.lost(s, start);
  EXPECT_TRUE(n.due(start + 1min));
  n.leaves(s);
  n.leaves(s);
  EXPECT_FALSE(n.due(start + 24h));
  EXPECT_FALSE(n.found(s, start + 24h));
}

}  // namespace outage_notice_test

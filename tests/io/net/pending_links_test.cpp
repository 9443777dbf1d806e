#include "io/net/pending_links.hpp"

#include "io/net/occasional.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace pending_links_test {

using namespace std::chrono_literals;
using hawser::io::occasional;
using hawser::io::pending_links;

TEST(pending_links, within_the_bounds_nobody_goes) {
  pending_links p({.all = 3, .per_address = 2});
  EXPECT_EQ(p.next_to_go(), std::nullopt);
  EXPECT_EQ(p.enter(1, "a", true), std::nullopt);
  EXPECT_EQ(p.enter(2, "a", true), std::nullopt);
  EXPECT_EQ(p.enter(3, "b", true), std::nullopt);
  EXPECT_EQ(p.size(), 3u);
}

TEST(pending_links, at_the_bound_of_an_address_its_oldest_goes) {
  pending_links p({.all = 100, .per_address = 2});
  EXPECT_EQ(p.enter(1, "b", true), std::nullopt);
  EXPECT_EQ(p.enter(2, "a", true), std::nullopt);
  EXPECT_EQ(p.enter(3, "a", true), std::nullopt);
  EXPECT_EQ(p.enter(4, "a", true), 2u);
  p.leave(2);
  EXPECT_EQ(p.enter(5, "a", true), 3u);
  p.leave(3);
  p.leave(4);  // It is upgraded: there is room again.
  EXPECT_EQ(p.enter(6, "a", true), std::nullopt);
}

TEST(pending_links, at_the_bound_of_all_the_oldest_of_the_busiest_address_goes) {
  pending_links p({.all = 4, .per_address = 0});
  p.enter(1, "quiet", true);
  p.enter(2, "busy", true);
  p.enter(3, "busy", true);
  p.enter(4, "busy", true);
  EXPECT_EQ(p.enter(5, "new", true), 2u) << "not the newcomer, nor the oldest of all";
  p.leave(2);
  EXPECT_EQ(p.enter(6, "new", true), 3u) << "two of each: the older one";
  p.leave(3);
  EXPECT_EQ(p.enter(7, "other", true), 5u);
}

TEST(pending_links, among_equals_the_oldest_goes) {
  pending_links p({.all = 2, .per_address = 0});
  p.enter(7, "b", true);
  p.enter(8, "a", true);
  EXPECT_EQ(p.next_to_go(), 7u);
  EXPECT_EQ(p.enter(9, "c", true), 7u);
}

TEST(pending_links, a_proxy_on_this_machine_is_not_bounded_as_one_address) {
  pending_links p({.all = 4, .per_address = 1});
  for (std::uint64_t i = 1; i <= 4; ++i) EXPECT_EQ(p.enter(i, "", false), std::nullopt);
  EXPECT_EQ(p.enter(5, "a", true), 1u) << "but with the others";
}

TEST(pending_links, without_a_bound_for_one_address_there_is_the_one_for_all) {
  pending_links p({.all = 3, .per_address = 0});
  for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_EQ(p.enter(i, "a", true), std::nullopt);
  EXPECT_EQ(p.enter(4, "a", true), 1u);
}

TEST(pending_links, who_is_not_there_leaves_nothing) {
  pending_links p({.all = 1, .per_address = 1});
  p.enter(1, "a", true);
  p.leave(2);
  p.leave(1);
  p.leave(1);
  EXPECT_EQ(p.size(), 0u);
  EXPECT_EQ(p.next_to_go(), std::nullopt);
}

TEST(pending_links, a_flood_is_over_once) {
  pending_links p({.all = 10, .per_address = 0});
  EXPECT_FALSE(p.flood_is_over(2));
  p.enter(1, "a", true);
  p.leave(1);
  EXPECT_FALSE(p.flood_is_over(2)) << "one is no flood";
  p.enter(2, "a", true);
  p.enter(3, "b", true);
  p.leave(2);
  EXPECT_FALSE(p.flood_is_over(2)) << "one is still here";
  p.leave(3);
  EXPECT_TRUE(p.flood_is_over(2));
  EXPECT_FALSE(p.flood_is_over(2));
}

// Somebody is always dialing: that must not keep what a flood took.
TEST(pending_links, a_flood_is_over_although_some_stay) {
  pending_links p({.all = 100, .per_address = 0});
  for (std::uint64_t n = 1; n <= 16; ++n) p.enter(n, "a", true);
  for (std::uint64_t n = 1; n <= 13; ++n) p.leave(n);
  EXPECT_FALSE(p.flood_is_over(16)) << "three of 16 are left";
  p.leave(14);
  EXPECT_TRUE(p.flood_is_over(16));
  EXPECT_FALSE(p.flood_is_over(16));
  p.leave(15);
  p.leave(16);
  EXPECT_FALSE(p.flood_is_over(16)) << "two are no flood";
}

// Against the plain words, over many turns.
TEST(pending_links, agrees_with_a_long_list) {
  constexpr std::size_t most = 20;
  constexpr std::size_t most_of_one = 7;
  pending_links p({.all = most, .per_address = most_of_one});
  std::vector<std::pair<std::uint64_t, std::string>> list;  // oldest first
  const auto count = [&](const std::string& a) {
    return std::count_if(list.begin(), list.end(), [&](const auto& e) { return e.second == a; });
  };
  std::uint32_t seed = 1;
  const auto next = [&] { return (seed = seed * 1664525 + 1013904223) >> 16; };
  for (std::uint64_t number = 1; number <= 5000; ++number) {
    const std::string address(1, static_cast<char>('a' + next() % 9 % 5));
    list.emplace_back(number, address);
    std::optional<std::uint64_t> expected;
    const auto oldest_of = [&](const std::string& a) {
      return std::find_if(list.begin(), list.end(), [&](const auto& e) { return e.second == a; })
          ->first;
    };
    if (count(address) > static_cast<std::ptrdiff_t>(most_of_one)) {
      expected = oldest_of(address);
    } else if (list.size() > most) {
      auto busiest = list.front().second;
      for (const auto& e : list) {
        if (count(e.second) > count(busiest)) busiest = e.second;
      }
      expected = oldest_of(busiest);
    }
    ASSERT_EQ(p.enter(number, address, true), expected) << number;
    if (!expected && next() % 3 == 0) expected = list[next() % list.size()].first;
    if (!expected) continue;
    p.leave(*expected);
    std::erase_if(list, [&](const auto& e) { return e.first == *expected; });
    ASSERT_EQ(p.size(), list.size());
  }
}

TEST(occasional, is_told_once_in_ten_seconds_with_a_count) {
  occasional o;
  const hawser::time_point begin{};
  EXPECT_EQ(o.happened(begin), 1u);
  EXPECT_EQ(o.happened(begin + 1s), 0u);
  EXPECT_EQ(o.happened(begin + 9999ms), 0u);
  EXPECT_EQ(o.happened(begin + 10s), 3u);
  EXPECT_EQ(o.happened(begin + 11s), 0u);
  EXPECT_EQ(o.happened(begin + 1h), 2u);
}

}  // namespace pending_links_test

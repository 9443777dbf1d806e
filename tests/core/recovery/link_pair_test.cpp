#include <hawser/core/recovery/jitter.hpp>
#include <hawser/core/recovery/link_pair.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace link_pair_test {

using pair = hawser::link_pair<int>;
using place = pair::place;

// Link 1 works, link 2 has opened beside it.
pair of_two() {
  pair p;
  EXPECT_TRUE(p.opened(1, false, 10));
  EXPECT_TRUE(p.opened(2, true, 20));
  return p;
}

TEST(link_pair, has_none_at_first) {
  pair p;
  EXPECT_EQ(p.current().number, 0u);
  EXPECT_EQ(p.current().state, 0);
  EXPECT_EQ(p.newest().number, 0u);
  EXPECT_EQ(p.predecessor(), 0u);
  EXPECT_EQ(p.successor(), 0u);
  EXPECT_EQ(p.find(0), nullptr) << "no link has this number";
  EXPECT_EQ(p.dropped(0), place::none);
  EXPECT_FALSE(p.took_over(0));
}

TEST(link_pair, one_link_is_nobodys_successor) {
  for (const bool succeeds : {false, true}) {
    pair p;
    EXPECT_TRUE(p.opened(7, succeeds, 70));
    EXPECT_EQ(p.current().number, 7u) << "also one that was dialed to succeed another";
    EXPECT_EQ(p.newest().number, 7u);
    EXPECT_EQ(p.predecessor(), 0u);
    EXPECT_EQ(p.successor(), 0u);
    EXPECT_EQ(p.dropped(7), place::only);
    EXPECT_EQ(p.current().number, 0u);
    EXPECT_EQ(p.current().state, 0) << "nothing is kept of it";
    EXPECT_TRUE(p.opened(8, false));
    EXPECT_EQ(p.current().number, 8u);
  }
}

TEST(link_pair, a_successor_waits_until_it_takes_over) {
  pair p = of_two();
  EXPECT_EQ(p.predecessor(), 1u);
  EXPECT_EQ(p.successor(), 2u);
  EXPECT_EQ(p.newest().number, 2u);
  EXPECT_EQ(p.current().number, 1u);
  EXPECT_FALSE(p.took_over(1)) << "it is the current one";
  EXPECT_TRUE(p.took_over(2));
  EXPECT_FALSE(p.took_over(2));
  EXPECT_EQ(p.current().number, 2u);
  EXPECT_EQ(p.current().state, 20);
  EXPECT_EQ(p.predecessor(), 1u) << "which is open still";
  EXPECT_EQ(p.dropped(1), place::predecessor);
  EXPECT_EQ(p.current().number, 2u);
  EXPECT_EQ(p.newest().state, 20);
  EXPECT_EQ(p.successor(), 0u);
  EXPECT_EQ(p.dropped(2), place::only);
}

TEST(link_pair, a_predecessor_that_ends_first_leaves_its_place) {
  pair p = of_two();
  EXPECT_EQ(p.dropped(1), place::predecessor);
  EXPECT_EQ(p.current().number, 2u);
  EXPECT_EQ(p.current().state, 20);
  EXPECT_EQ(p.find(1), nullptr);
}

TEST(link_pair, a_successor_that_ends_first_leaves_the_predecessor_as_it_was) {
  for (const bool took_over : {false, true}) {
    pair p = of_two();
    if (took_over) {
      EXPECT_TRUE(p.took_over(2));
    }
    EXPECT_EQ(p.dropped(2), place::successor);
    EXPECT_EQ(p.current().number, 1u);
    EXPECT_EQ(p.current().state, 10);
    EXPECT_EQ(p.predecessor(), 0u);
    EXPECT_TRUE(p.opened(3, true, 30)) << "and the next one may come";
    EXPECT_EQ(p.current().number, 1u);
    EXPECT_EQ(p.successor(), 3u);
  }
}

// What is known of the end of a successor may come late: the predecessor is written on again.
TEST(link_pair, the_predecessor_may_be_the_current_one_again) {
  pair p = of_two();
  EXPECT_TRUE(p.took_over(2));
  EXPECT_TRUE(p.took_over(1));
  EXPECT_EQ(p.current().number, 1u);
  EXPECT_EQ(p.dropped(2), place::successor);
  EXPECT_EQ(p.current().number, 1u);
}

// A client dials anew while a link that was to be replaced closes still.
TEST(link_pair, a_link_that_succeeds_nobody_is_the_current_one_at_once) {
  pair p;
  EXPECT_TRUE(p.opened(1, false, 10));
  EXPECT_TRUE(p.opened(2, false, 20));
  EXPECT_EQ(p.current().number, 2u);
  ASSERT_NE(p.find(1), nullptr) << "how it ends is of interest nevertheless";
  EXPECT_EQ(*p.find(1), 10);
  EXPECT_EQ(p.dropped(1), place::predecessor);
  EXPECT_EQ(p.current().number, 2u);
}

TEST(link_pair, of_three_the_first_is_forgotten) {
  for (const bool took_over : {false, true}) {
    pair p = of_two();
    if (took_over) {
      EXPECT_TRUE(p.took_over(2));
    }
    EXPECT_TRUE(p.opened(3, true, 30));
    EXPECT_EQ(p.find(1), nullptr);
    EXPECT_EQ(p.predecessor(), 2u);
    EXPECT_EQ(p.successor(), 3u);
    EXPECT_EQ(p.current().number, 2u);
    EXPECT_EQ(p.current().state, 20);
  }
}

TEST(link_pair, what_is_not_open_changes_nothing) {
  pair p = of_two();
  EXPECT_FALSE(p.took_over(3));
  EXPECT_EQ(p.dropped(3), place::none);
  EXPECT_FALSE(p.opened(1, false, 11)) << "it is open already";
  EXPECT_FALSE(p.opened(2, false, 21)) << "it is open already";
  EXPECT_EQ(p.current().number, 1u);
  EXPECT_EQ(p.current().state, 10);
  EXPECT_EQ(p.newest().state, 20);
}

TEST(link_pair, states_stay_with_their_links) {
  hawser::link_pair<std::unique_ptr<int>> p;
  p.opened(1, false, std::make_unique<int>(10));
  p.opened(2, true, std::make_unique<int>(20));
  ASSERT_NE(p.find(1), nullptr);
  ASSERT_NE(p.find(2), nullptr);
  **p.find(1) = 11;
  **p.find(2) = 21;
  EXPECT_EQ(*p.current().state, 11);
  (void)p.dropped(1);
  EXPECT_EQ(*p.current().state, 21);
}

// Numbers alone cost nothing but the numbers.
static_assert(sizeof(hawser::link_pair<>) == 3 * sizeof(std::uint64_t));

// Whatever comes in whatever order: an open link is current, if there is any; the newest is the one
// that opened last.
TEST(link_pair, an_open_link_is_always_the_current_one) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    hawser::jitter random(seed);
    pair p;
    std::vector<std::uint64_t> open;  // in the order of their opening
    std::uint64_t last = 0;
    for (int i = 0; i < 100; ++i) {
      const std::uint64_t any = random.draw() % (last + 2);
      const bool known = std::find(open.begin(), open.end(), any) != open.end();
      switch (random.draw() % 3) {
        case 0:
          if (open.size() == 2) open.erase(open.begin());
          open.push_back(++last);
          ASSERT_TRUE(p.opened(last, random.draw() % 2 == 0, static_cast<int>(last)));
          break;
        case 1:
          ASSERT_EQ(p.dropped(any) != place::none, known) << seed;
          std::erase(open, any);
          break;
        default:
          ASSERT_TRUE(!p.took_over(any) || known) << seed;
          if (known) {
            ASSERT_EQ(p.current().number, any) << seed;
          }
      }
      ASSERT_EQ(p.newest().number, open.empty() ? 0 : open.back()) << seed;
      ASSERT_EQ(p.successor(), open.size() == 2 ? open[1] : 0) << seed;
      ASSERT_EQ(p.predecessor(), open.size() == 2 ? open[0] : 0) << seed;
      ASSERT_EQ(p.current().number == 0, open.empty()) << seed;
      for (const std::uint64_t n : open) {
        ASSERT_NE(p.find(n), nullptr) << seed;
        ASSERT_EQ(*p.find(n), static_cast<int>(n)) << seed;
      }
    }
  }
}

}  // namespace link_pair_test

#include <hawser/behaviors/recycle.hpp>

#include "support/bench_link.hpp"
#include "support/words.hpp"

#include <gtest/gtest.h>

namespace recycle_test {

using namespace std::chrono_literals;
using hawser::duration;
using hawser::effects;
using hawser::errc;
using hawser::recycle;
using hawser::time_point;

static_assert(hawser::plugin<recycle>);

struct fixture : hawser::test::bench_link<recycle> {
  explicit fixture(recycle::options o = {.jitter_percent = 0, .seed = 1})
      : bench_link(recycle(o)) {}

  void succeed() {
    const std::vector<hawser::header> none;
    link.successor = true;
    ++link.number;
    at([&](hawser::context& c) {
      plugins.open(c, {.link = link.number, .subprotocol = {}, .headers = none, .successor = true});
    });
  }
  void lose(std::uint64_t number) {
    at([&](hawser::context& c) {
      plugins.drop(c, {.link = number, .error = errc::closed, .replaced = number != link.number});
    });
  }
  void fail_successor() {
    hawser::failure f;
    f.error = errc::connect_timeout;
    f.successor = true;
    EXPECT_TRUE(at([&](hawser::context& c) { return plugins.error(c, f); }).passes());
  }
  // Wakes; whether a successor was asked for.
  bool asks() {
    EXPECT_TRUE(wake());
    return kinds() == std::vector{effects::recycle::name};
  }
};

TEST(recycle, a_link_is_replaced_at_its_age) {
  fixture f;
  EXPECT_EQ(f.plugins.get<recycle>().due(), hawser::never);
  const time_point opened = f.now;
  f.open();
  EXPECT_EQ(f.plugins.get<recycle>().due(), opened + 24h);
  EXPECT_TRUE(f.asks());
  EXPECT_EQ(f.now, opened + 24h);
}

TEST(recycle, the_age_counts_from_the_open_of_the_link_that_lives) {
  fixture f;
  f.open();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(f.asks());
    f.now += 3s;
    const time_point opened = f.now;
    f.succeed();
    f.now += 2s;
    f.lose(f.link.number - 1);
    EXPECT_EQ(f.plugins.next_wake(), opened + 24h);
  }
}

TEST(recycle, a_fleet_does_not_recycle_at_once) {
  duration least = 48h;
  duration most{};
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    fixture f({.seed = seed});
    f.open();
    const duration age = f.plugins.next_wake() - f.now;
    least = std::min(least, age);
    most = std::max(most, age);
  }
  EXPECT_GE(least, 1440min * 9 / 10);
  EXPECT_LT(least, 1440min * 91 / 100);
  EXPECT_LE(most, 1440min * 11 / 10);
  EXPECT_GT(most, 1440min * 109 / 100);
}

TEST(recycle, a_successor_that_failed_is_asked_for_again_after_a_pause) {
  fixture f;
  f.open();
  ASSERT_TRUE(f.asks());
  for (int i = 0; i < 3; ++i) {
    f.now += 10s;
    f.fail_successor();
    const time_point failed = f.now;
    ASSERT_TRUE(f.asks());
    EXPECT_EQ(f.now, failed + 5min);
  }
}

TEST(recycle, one_of_which_nothing_is_heard_is_asked_for_again_too) {
  fixture f;
  f.open();
  ASSERT_TRUE(f.asks());
  const time_point asked = f.now;
  ASSERT_TRUE(f.asks());
  EXPECT_EQ(f.now, asked + 5min);
}

TEST(recycle, a_successor_that_fell_leaves_the_predecessor_to_be_replaced) {
  fixture f;
  f.open();
  ASSERT_TRUE(f.asks());
  f.succeed();
  const time_point fell = f.now;
  f.lose(f.link.number);
  ASSERT_TRUE(f.asks());
  EXPECT_EQ(f.now, fell + 5min);
  --f.link.number;
  f.drop();
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
}

TEST(recycle, a_drop_ends_it_and_the_next_link_begins_afresh) {
  fixture f;
  f.open();
  f.drop();
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
  EXPECT_EQ(f.plugins.get<recycle>().due(), hawser::never);
  f.fail_successor();
  EXPECT_EQ(f.plugins.next_wake(), hawser::never) << "there is nothing to replace";
  f.now += 1h;
  f.open();
  EXPECT_EQ(f.plugins.next_wake(), f.now + 24h);
}

TEST(recycle, tells_how_it_is) {
  fixture f;
  const auto told = [&] { return f.told<recycle>(); };
  EXPECT_EQ(told(), "");
  f.open();
  EXPECT_EQ(told(), "due in 24 h");
  ASSERT_TRUE(f.asks());
  EXPECT_EQ(told(), "due in 5 min");
  f.succeed();
  EXPECT_EQ(told(), "due in 24 h, successor 2");
  f.lose(1);
  EXPECT_EQ(told(), "due in 24 h");
}

TEST(recycle, options_out_of_range_are_refused) {
  using o = recycle::options;
  for (const auto& wrong : {o{.age = 999ms}, o{.age = 24h * 366}, o{.jitter_percent = 101},
                            o{.pause = 0s}, o{.pause = 25h}}) {
    EXPECT_EQ(words_of(recycle(wrong).validate()),
              "recycle: age must be from 1 s to 365 days, pause from 1 s to 24 h, jitter_percent "
              "at most 100");
  }
  EXPECT_TRUE(recycle().validate());
}

}  // namespace recycle_test

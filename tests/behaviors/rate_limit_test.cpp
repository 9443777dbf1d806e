#include <hawser/behaviors/rate_limit.hpp>

#include "support/bench_link.hpp"
#include "support/words.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace rate_limit_test {

using namespace std::chrono_literals;
using hawser::errc;
using hawser::lane;
using hawser::lane_count;
using hawser::permit;
using hawser::rate_limit;
using hawser::time_point;

static_assert(hawser::plugin<rate_limit>);

struct fixture : hawser::test::bench_link<rate_limit> {
  explicit fixture(rate_limit::options o) : bench_link(rate_limit(std::move(o))) {}

  permit send(std::size_t size = 1, lane l = lane::bulk) {
    const hawser::bytes payload(size);
    return at([&](hawser::context& c) { return plugins.sending(c, {.lane = l, .data = payload}); });
  }
  // Sends `n` messages, each when it may be; how long that took.
  hawser::duration send_all(int n, std::size_t size = 1, lane l = lane::bulk) {
    const time_point begin = now;
    for (int i = 0; i < n; ++i) {
      for (permit p = send(size, l); !p.passes(); p = send(size, l)) {
        EXPECT_EQ(p.what(), permit::kind::hold);
        EXPECT_GT(p.until(), now);
        now = p.until();
      }
    }
    return now - begin;
  }
  const rate_limit& limit() { return plugins.get<rate_limit>(); }
};

rate_limit::options lane_rate(lane l, rate_limit::rate r) {
  rate_limit::options o;
  o.lanes[static_cast<std::size_t>(l)] = r;
  return o;
}

TEST(rate_limit, without_a_bound_everything_passes) {
  fixture f({});
  EXPECT_EQ(f.send_all(10'000, 1000), 0s);
  EXPECT_EQ(f.limit().shortages(), 0u);
}

TEST(rate_limit, queues_until_the_tokens_are_there) {
  fixture f({.client = {.per_second = 10, .burst = 5}});
  EXPECT_EQ(f.send_all(5), 0s);
  const permit p = f.send();
  ASSERT_EQ(p.what(), permit::kind::hold);
  EXPECT_EQ(p.until(), f.now + 100ms);
  EXPECT_EQ(f.send_all(100), 10s);
  EXPECT_GE(f.limit().shortages(), 100u);
}

TEST(rate_limit, refuses_what_finds_no_tokens) {
  fixture f(
      {.client = {.per_second = 10, .burst = 5}, .on_shortage = rate_limit::shortage::refuse});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(f.send().passes());
  const permit p = f.send();
  EXPECT_EQ(p.what(), permit::kind::refuse);
  EXPECT_EQ(p.error(), errc::rate_exceeded);
  EXPECT_EQ(p.error(), hawser::condition::limit);
  f.now += 100ms;
  EXPECT_TRUE(f.send().passes()) << "a refused one costs nothing";
}

TEST(rate_limit, allows_and_counts) {
  fixture f({.client = {.per_second = 10, .burst = 5}, .on_shortage = rate_limit::shortage::allow});
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(f.send().passes());
  EXPECT_EQ(f.limit().shortages(), 3u);
  EXPECT_DOUBLE_EQ(f.limit().level(f.now), -3);
}

TEST(rate_limit, survives_reconnects) {
  fixture f({.client = {.per_second = 10, .burst = 5}});
  f.open();
  EXPECT_EQ(f.send_all(5), 0s);
  f.drop();
  f.open();
  EXPECT_FALSE(f.send().passes());
}

TEST(rate_limit, a_lane_has_its_own_bucket_and_leaves_the_others_alone) {
  fixture f(lane_rate(lane::bulk, {.per_second = 1, .burst = 1}));
  EXPECT_EQ(f.send_all(3, 1, lane::bulk), 2s);
  EXPECT_FALSE(f.send(1, lane::bulk).passes());
  EXPECT_EQ(f.send_all(1000, 1, lane::receipts), 0s);
}

// What waits for one bucket must not have been charged to the other.
TEST(rate_limit, both_buckets_must_have_the_tokens_before_either_is_charged) {
  auto o = lane_rate(lane::bulk, {.per_second = 1, .burst = 1});
  o.client = {.per_second = 10, .burst = 5};
  fixture f(o);
  EXPECT_TRUE(f.send().passes());
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(f.send().passes());
  EXPECT_DOUBLE_EQ(f.limit().level(f.now), 4);
}

TEST(rate_limit, the_control_lane_is_charged_and_does_not_wait) {
  fixture f({.client = {.per_second = 10, .burst = 5}});
  EXPECT_EQ(f.send_all(7, 1, lane::control), 0s);
  const permit p = f.send();
  EXPECT_EQ(p.until(), f.now + 300ms) << "the others pay it off";
  fixture own(lane_rate(lane::control, {.per_second = 10, .burst = 5}));
  EXPECT_EQ(own.send_all(7, 1, lane::control), 200ms);
}

TEST(rate_limit, costs_by_message_byte_or_as_told) {
  fixture bytes({.client = {.per_second = 1000, .burst = 1000}, .per_message = 0, .per_byte = 1});
  EXPECT_EQ(bytes.send_all(20, 100), 1s);
  fixture both({.client = {.per_second = 100, .burst = 100}, .per_message = 10, .per_byte = 1});
  EXPECT_EQ(both.send_all(10, 10), 1s);
  fixture told({.client = {.per_second = 10, .burst = 10},
                .cost = [](const hawser::outbound& m) { return m.data.size() > 5 ? 5.0 : -1.0; }});
  EXPECT_EQ(told.send_all(1000, 1), 0s);
  EXPECT_EQ(told.send_all(4, 10), 1s);
  fixture nan({.client = {.per_second = 1, .burst = 1}, .cost = [](const hawser::outbound&) {
                 return std::numeric_limits<double>::quiet_NaN();
               }});
  EXPECT_EQ(nan.send_all(10), 0s);
}

TEST(rate_limit, a_message_above_the_burst_is_sent_when_the_bucket_is_full) {
  fixture f({.client = {.per_second = 10, .burst = 5}, .per_message = 0, .per_byte = 1});
  EXPECT_EQ(f.send_all(2, 20), 2s);
}

TEST(rate_limit, tells_how_it_is) {
  fixture f({.client = {.per_second = 10, .burst = 5}});
  EXPECT_EQ(f.told<rate_limit>(), "shortages 0");
  for (int i = 0; i < 6; ++i) (void)f.send();
  EXPECT_EQ(f.told<rate_limit>(), "shortages 1, client full in 500 ms");
  fixture lane_only(lane_rate(lane::bulk, {.per_second = 1, .burst = 1}));
  for (int i = 0; i < 2; ++i) (void)lane_only.send();
  EXPECT_EQ(lane_only.told<rate_limit>(), "shortages 1");
}

TEST(rate_limit, options_out_of_range_are_refused) {
  using o = rate_limit::options;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<o> wrong{{.per_message = -1}, {.per_byte = -1}, {.per_byte = nan}};
  for (const rate_limit::rate r : {rate_limit::rate{.per_second = -1},
                                   {.per_second = 1e-6},
                                   {.per_second = 2e9},
                                   {.per_second = nan},
                                   {.burst = -1},
                                   {.burst = 2e9},
                                   {.burst = nan}}) {
    wrong.push_back({.client = r});
    wrong.push_back(lane_rate(lane::receipts, r));
  }
  for (const o& options : wrong) {
    EXPECT_EQ(words_of(rate_limit(options).validate()),
              "rate_limit: per_second must be 0 or from 0.00001 to 1e9, burst from 0 to 1e9, "
              "per_message and per_byte not negative");
  }
  EXPECT_TRUE(rate_limit().validate());
  EXPECT_TRUE(rate_limit(lane_rate(lane::bulk, {.per_second = 1e9})).validate());
}

}  // namespace rate_limit_test

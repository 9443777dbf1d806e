// A peer that wants to be left alone for a while.
#include <hawser/behaviors/reconnect.hpp>

#include "support/reconnect_link.hpp"

#include <gtest/gtest.h>

namespace reconnect_busy_test {

using namespace std::chrono_literals;
using hawser::duration;
using hawser::errc;
using hawser::failure;
using hawser::reconnect;
using fixture = hawser::test::reconnect_link;
using hawser::test::asked;

// The least and the longest delay that 1000 clients draw.
std::pair<duration, duration> range(const failure& e, reconnect::options o = {}) {
  std::pair<duration, duration> r{duration::max(), 0s};
  for (o.seed = 1; o.seed <= 1000; ++o.seed) {
    const duration d = fixture(o).fail(e).after();
    r = {std::min(r.first, d), std::max(r.second, d)};
  }
  return r;
}

TEST(reconnect, retry_after_is_the_least_delay_and_a_fleet_is_spread_behind_it) {
  for (const errc e : {errc::unavailable, errc::rate_limited, errc::closed}) {
    const auto [least, most] = range(asked(60s, e));
    EXPECT_GE(least, 60s);
    EXPECT_LT(least, 61s);
    EXPECT_LE(most, 90s);
    EXPECT_GT(most, 89s);
  }
  const auto [least, most] = range(asked(0s));
  EXPECT_GE(least, 0s);
  EXPECT_LE(most, 1s);
}

TEST(reconnect, a_hostile_retry_after_is_capped) {
  const auto [least, most] = range(asked(duration::max()));
  EXPECT_GE(least, 1h);
  EXPECT_LE(most, 90min);
  const auto [soon, late] = range(asked(1h), {.longest_wait = 10s});
  EXPECT_GE(soon, 10s);
  EXPECT_LE(late, 15s);
  EXPECT_LE(range(asked(1h), {.longest_wait = 0s}).second, 1s);
}

TEST(reconnect, a_busy_peer_is_left_alone_for_five_to_thirty_seconds) {
  for (const errc e : {errc::unavailable, errc::rate_limited}) {
    const auto [least, most] = range(asked({}, e));
    EXPECT_GE(least, 5s);
    EXPECT_LT(least, 6s);
    EXPECT_LE(most, 30s);
    EXPECT_GT(most, 29s);
  }
  EXPECT_LE(range(asked({}), {.base = 1ms, .cap = 20ms}).second, 40ms);
}

// What a proxy says of a server that is gone is like a connection that is refused.
TEST(reconnect, other_server_errors_are_no_busy_peer) {
  for (const int status : {500, 502, 504, 521}) {
    failure f = asked({});
    f.status = status;
    EXPECT_LE(range(f).second, 1s) << status;
    f.retry_after = 60s;
    EXPECT_GE(range(f).first, 60s) << status;
  }
}

}  // namespace reconnect_busy_test

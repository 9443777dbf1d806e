// Who asks to be left alone, and whom that binds.
#include "support/dialer.hpp"

#include <gtest/gtest.h>

namespace circuit_pause_test {

using namespace std::chrono_literals;
using hawser::close_code;
using hawser::duration;
using hawser::errc;
using hawser::failure;
using hawser::phase;
using hawser::time_point;
using kind = hawser::circuit::kind;
using fixture = hawser::test::dialer<>;
using pair = hawser::test::dialer_pair;

TEST(circuit_breaker, a_pause_that_the_endpoint_asks_for_is_that_of_all) {
  struct {
    errc error;
    int status;
    std::optional<duration> after;
    duration least;
    duration most;
  } const cases[] = {
      {errc::unavailable, 503, 40s, 40s, 60s},
      {errc::unavailable, 503, {}, 5s, 15s},
      {errc::unavailable, 503, 100h, 1h, 90min},
      // What may be about one client: the longest pause between probes, at most.
      {errc::rate_limited, 429, 2s, 2s, 3s},
      {errc::rate_limited, 429, 40s, 6s, 12s},
      {errc::rate_limited, 429, 100h, 6s, 12s},
      {errc::rate_limited, 429, {}, 5s, 12s},
      {errc::unavailable, 502, 100h, 6s, 12s},
      {errc::unavailable, 502, {}, 0s, 1s},
  };
  for (const auto& e : cases) {
    pair p;
    p.probing();
    failure f;
    f.at = phase::upgrading;
    f.error = e.error;
    f.status = e.status;
    f.retry_after = e.after;
    (void)p.a.fail(f);
    EXPECT_GE(p.b.breaker().until(), p.b.now + e.least) << e.status;
    EXPECT_LE(p.b.breaker().until(), p.b.now + e.most) << e.status;
    EXPECT_GE(p.b.dial().until(), p.b.now + e.least);
  }
}

TEST(circuit_breaker,
     a_pause_of_one_client_is_that_of_all_only_if_it_was_the_probe_and_not_for_long) {
  for (const duration longest : {1s, 60s}) {
    const auto circuit = std::make_shared<hawser::shared_circuit>();
    fixture a({.longest_pause = longest, .seed = 1, .circuit = circuit});
    fixture b({.longest_pause = longest, .seed = 2, .circuit = circuit});
    EXPECT_TRUE(a.dial().passes());
    a.miss(5);
    b.miss(5);
    const time_point due = a.breaker().until();
    failure f;
    f.at = phase::open;  // context::defer_retry
    f.error = errc::closed;
    f.retry_after = 1h;
    (void)a.fail(f);
    f.error = errc::unavailable;
    f.code = close_code::try_again_later;
    (void)a.fail(f);
    f.at = phase::upgrading;  // an attempt that began before the circuit opened
    f.error = errc::rate_limited;
    f.status = 429;
    f.code = close_code::abnormal;
    (void)a.fail(f);
    EXPECT_EQ(a.breaker().until(), due);
    a.now = b.now = due;
    EXPECT_TRUE(a.dial().passes());
    (void)a.fail(f);
    EXPECT_GE(a.breaker().until(), a.now + longest / 2);
    EXPECT_LE(a.breaker().until(), a.now + longest);
    f.at = phase::open;
    f.error = errc::unavailable;
    f.status = 0;
    f.code = close_code::service_restart;
    (void)a.fail(f);
    EXPECT_GE(a.breaker().until(), a.now + 1h) << "the server speaks of itself";
  }
}

// The links of a server that restarts end with 1012; what comes then may be the outage.
TEST(circuit_breaker, a_restart_that_was_announced_is_waited_for) {
  pair p;
  EXPECT_TRUE(p.a.dial().passes());
  failure f;
  f.at = phase::open;
  f.error = errc::unavailable;
  f.code = close_code::service_restart;
  (void)p.a.fail(f);
  EXPECT_EQ(p.a.breaker().state(), kind::closed);
  p.a.now = p.b.now += 1s;
  p.opened();
  EXPECT_GE(p.a.breaker().until(), p.a.now + 4s);
}

TEST(circuit_breaker, a_token_server_that_is_busy_postpones_no_probe) {
  pair p;
  p.opened();
  const auto due = p.a.breaker().until();
  failure busy;
  busy.at = phase::authenticating;
  busy.error = errc::unavailable;
  busy.retry_after = 1h;
  (void)p.a.fail(busy);
  EXPECT_LE(p.a.breaker().until(), due);
}

}  // namespace circuit_pause_test

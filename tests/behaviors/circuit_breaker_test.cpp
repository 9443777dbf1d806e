#include <hawser/behaviors/circuit_breaker.hpp>
#include <hawser/behaviors/reconnect.hpp>

#include "support/dialer.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace circuit_breaker_test {

using namespace std::chrono_literals;
using hawser::admission;
using hawser::circuit;
using hawser::circuit_breaker;
using hawser::close_code;
using hawser::duration;
using hawser::errc;
using hawser::failure;
using hawser::phase;
using hawser::time_point;
using hawser::tls_errc;
using kind = hawser::circuit::kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(hawser::plugin<circuit_breaker>);

using hawser::test::dialer;
using fixture = dialer<>;
using pair = hawser::test::dialer_pair;

TEST(circuit_breaker, ten_failures_of_several_clients_open_it_for_all) {
  pair p;
  p.opened();
  EXPECT_EQ(p.b.breaker().failures(), 10u);
  const admission a = p.a.dial();
  ASSERT_EQ(a.what(), admission::kind::wait);
  EXPECT_EQ(a.until(), p.a.breaker().until());
  EXPECT_FALSE(p.b.dial().passes());
}

TEST(circuit_breaker, one_client_alone_is_left_to_reconnect) {
  pair p;
  p.a.miss(100);
  EXPECT_EQ(p.a.breaker().state(), kind::closed);
  EXPECT_TRUE(p.lines.lines.empty());
}

TEST(circuit_breaker, each_opening_is_one_warning_and_the_end_is_told) {
  pair p;
  p.opened();
  ASSERT_EQ(p.lines.lines.size(), 1u);
  EXPECT_EQ(p.lines.levels[0], hawser::log_level::warn);
  EXPECT_THAT(p.lines.lines[0],
              HasSubstr("circuit_breaker: ws://a:1 is left alone: 10 of 10 attempts of this "
                        "process failed within 10 s (TCP connect timed out); one client asks again "
                        "in "));
  EXPECT_THAT(p.lines.lines[0], HasSubstr(" ms, clients that wait for it: 2"));
  p.a.now = p.b.now = p.a.breaker().until();
  EXPECT_TRUE(p.a.dial().passes());
  (void)p.a.fail(phase::connecting, errc::connect_timeout);
  EXPECT_EQ(p.lines.lines.size(), 1u) << "a probe that fails is no opening";
  p.a.now = p.b.now += 9s;
  EXPECT_TRUE(p.a.dial().passes());
  p.a.open();
  ASSERT_EQ(p.lines.lines.size(), 2u);
  EXPECT_THAT(p.lines.lines[1], HasSubstr("ws://a:1 is back after 9."));
  EXPECT_THAT(p.lines.lines[1], HasSubstr("clients that wait: 2, within 1.0 s"));
}

TEST(circuit_breaker, half_open_is_one_probe_of_one_client) {
  pair p;
  p.probing();
  EXPECT_TRUE(p.a.dial().passes()) << "a plug-in behind it let the probe wait";
  const admission waits = p.b.dial();
  ASSERT_EQ(waits.what(), admission::kind::wait);
  EXPECT_LE(waits.until(), p.b.now + 1s);
  p.a.open();
  EXPECT_EQ(p.b.breaker().state(), kind::closed);
  p.b.now = waits.until();
  EXPECT_TRUE(p.b.dial().passes());
  EXPECT_FALSE(p.b.request.probe);
}

TEST(circuit_breaker, a_failed_probe_opens_it_again) {
  pair p;
  p.probing();
  for (int i = 0; i < 3; ++i) {
    (void)p.a.fail(phase::connecting, errc::connect_timeout);
    EXPECT_EQ(p.b.breaker().state(), kind::open);
    p.a.now = p.a.breaker().until();
    EXPECT_TRUE(p.a.dial().passes());
  }
}

// Nobody asks for a year: the state follows from the time alone.
TEST(circuit_breaker, is_not_polled) {
  pair p;
  p.opened();
  EXPECT_EQ(p.a.plugins.next_wake(), hawser::never);
  p.a.now += 24h * 365;
  EXPECT_TRUE(p.a.dial().passes());
  EXPECT_EQ(p.a.breaker().state(), kind::half_open);
}

TEST(circuit_breaker, counts_what_could_not_use_the_endpoint_only) {
  struct {
    phase at;
    hawser::error_code error;
    int status;
    bool counts;
  } const cases[] = {
      {phase::resolving, errc::resolve_timeout, 0, true},
      {phase::connecting, errc::connect_timeout, 0, true},
      {phase::securing, errc::secure_timeout, 0, true},
      {phase::securing, tls_errc::malformed, 0, true},
      {phase::upgrading, errc::unavailable, 502, true},
      {phase::upgrading, errc::unavailable, 503, true},
      {phase::upgrading, errc::rate_limited, 429, true},
      {phase::upgrading, errc::upgrade_too_big, 0, true},
      {phase::upgrading, errc::upgrade_malformed, 101, true},
      {phase::upgrading, errc::unauthorized, 401, false},
      {phase::upgrading, errc::upgrade_refused, 404, false},
      {phase::securing, tls_errc::wrong_name, 0, false},
      {phase::authenticating, errc::auth_timeout, 0, false},
      {phase::waiting, errc::refused_by_hook, 0, false},
      {phase::open, errc::dropped, 0, false},
      {phase::closing, errc::close_timeout, 0, false},
  };
  for (const auto& e : cases) {
    pair p;
    (void)p.a.dial();
    EXPECT_TRUE(p.a.fail(e.at, e.error, e.status).passes());
    EXPECT_EQ(p.a.breaker().failures(), e.counts ? 1u : 0u) << e.error.message();
  }
}

TEST(circuit_breaker, an_answer_that_refuses_us_shows_that_the_endpoint_is_there) {
  for (const auto& [error, status] : {std::pair{errc::unauthorized, 401},
                                      {errc::unauthorized, 403},
                                      {errc::upgrade_refused, 404}}) {
    pair p;
    p.probing();
    (void)p.a.fail(phase::upgrading, error, status);
    EXPECT_EQ(p.a.breaker().state(), kind::closed) << status;
  }
}

TEST(circuit_breaker, our_own_close_while_dialing_says_nothing_of_the_endpoint) {
  for (const phase at : {phase::resolving, phase::connecting, phase::securing, phase::upgrading}) {
    pair p;
    (void)p.a.dial();
    hawser::failure f;
    f.error = errc::closed;
    f.at = at;
    f.own_close = hawser::close_code::normal;
    EXPECT_TRUE(p.a.fail(f).passes());
    EXPECT_EQ(p.a.breaker().failures(), 0u);
    p.probing();
    (void)p.a.fail(f);
    EXPECT_TRUE(p.b.dial().passes()) << "the probe is the next one's at once";
  }
}

TEST(circuit_breaker, a_probe_that_says_nothing_or_whose_client_stops_goes_to_the_next) {
  for (const bool stops : {true, false}) {
    pair p;
    p.probing();
    if (stops) {
      p.a.stopped();
    } else {
      (void)p.a.fail(phase::authenticating, errc::auth_timeout);
    }
    EXPECT_TRUE(p.b.dial().passes());
    EXPECT_EQ(p.b.breaker().state(), kind::half_open);
  }
}

TEST(circuit_breaker, a_client_that_is_destroyed_gives_its_probe_back) {
  pair p;
  {
    fixture gone({.seed = 3, .circuit = p.circuit});
    p.opened();
    gone.now = p.b.now = p.a.breaker().until();
    EXPECT_TRUE(gone.dial().passes());
    EXPECT_FALSE(p.b.dial().passes());
  }
  EXPECT_TRUE(p.b.dial().passes());
}

// The attempt of a successor is under way when the link that it was to replace drops.
TEST(circuit_breaker, a_link_that_drops_is_not_the_probe) {
  pair p;
  p.probing();
  (void)p.a.fail(phase::open, errc::dropped);
  EXPECT_FALSE(p.b.dial().passes());
}

// Who has a link does not come when the circuit closes.
TEST(circuit_breaker, a_successor_that_fails_does_not_wait) {
  pair p;
  const auto waiting = [&] { return p.circuit->use([](circuit& c) { return c.waiting(); }); };
  (void)p.a.dial();
  EXPECT_EQ(waiting(), 1u);
  p.a.open();
  EXPECT_EQ(waiting(), 0u);
  (void)p.a.dial();
  failure f;
  f.at = phase::connecting;
  f.error = errc::connect_timeout;
  f.successor = true;
  (void)p.a.fail(f);
  EXPECT_EQ(waiting(), 0u);
  (void)p.a.fail(phase::open, errc::dropped);
  EXPECT_EQ(waiting(), 1u);
}

TEST(circuit_breaker, one_for_each_endpoint_of_the_process) {
  fixture a({.seed = 1});
  fixture b({.seed = 2});
  fixture c({.seed = 3});
  EXPECT_EQ(a.breaker().state(), kind::closed);
  a.miss(5);
  b.miss(5);
  EXPECT_TRUE(c.dial("ws://a:2").passes());
  EXPECT_FALSE(c.dial("ws://a:1").passes());
  EXPECT_TRUE(c.dial("ws://a:2").passes());
}

// In the order of resilient_client: it sees the errors that reconnect answers; what waits for it
// costs nothing of the budget, and a probe neither pays nor is one of reconnect's failures.
TEST(circuit_breaker, before_reconnect_it_sees_every_error_and_spares_the_budget) {
  using both = dialer<hawser::reconnect>;
  const auto circuit = std::make_shared<hawser::shared_circuit>();
  const auto budget = std::make_shared<hawser::retry_budget>(1, 1);
  both a({.seed = 1, .circuit = circuit}, hawser::reconnect({.seed = 1, .budget = budget}));
  both b({.seed = 2, .circuit = circuit}, hawser::reconnect({.seed = 2, .budget = budget}));
  a.now = b.now += 10s;
  for (int i = 0; i < 5; ++i) {
    a.now = b.now += 1s;
    a.miss();
    a.now = b.now += 1s;
    b.miss();
  }
  ASSERT_EQ(a.breaker().state(), kind::open);
  EXPECT_EQ(a.told<hawser::reconnect>(), "failures 5, delay at most 30 s");
  const time_point due = budget->due(a.now);
  for (int i = 0; i < 3; ++i) {
    a.now = b.now = a.breaker().until();
    EXPECT_FALSE(b.dial().passes() && a.dial().passes());
    const bool mine = !b.request.probe;
    both& probe = mine ? a : b;
    EXPECT_TRUE(probe.dial().passes());
    EXPECT_EQ(probe.fail(phase::connecting, errc::connect_timeout).after(), 0s);
  }
  EXPECT_EQ(budget->due(due), due) << "nothing was paid";
  EXPECT_EQ(a.told<hawser::reconnect>(), "failures 5, delay at most 30 s");
}

TEST(circuit_breaker, options_out_of_range_are_refused) {
  for (const unsigned wrong : {0U, 10'001U}) {
    EXPECT_EQ(words_of(circuit_breaker({.threshold = wrong}).validate()),
              "circuit_breaker: threshold must be from 1 to 10,000");
  }
  using o = circuit_breaker::options;
  for (const auto& wrong : {o{.longest_pause = 999ms}, o{.longest_pause = 25h}, o{.probe = 0s},
                            o{.probe = 25h}, o{.longest_wait = -1ns}, o{.longest_wait = 25h}}) {
    EXPECT_EQ(words_of(circuit_breaker(wrong).validate()),
              "circuit_breaker: longest_pause must be from 1 s to 24 h, probe above 0 and at most "
              "24 h, longest_wait from 0 to 24 h");
  }
  EXPECT_TRUE(circuit_breaker().validate());
}

TEST(circuit_breaker, tells_how_it_is) {
  pair p;
  EXPECT_EQ(p.a.told<circuit_breaker>(), "state closed, failures 0");
  p.opened();
  EXPECT_THAT(p.a.told<circuit_breaker>(),
              HasSubstr("state open, failures 10, clients waiting 2, until in "));
  hawser::description d;
  p.a.breaker().describe(d);
  EXPECT_EQ(d.next_attempt(), p.a.breaker().until());
}

}  // namespace circuit_breaker_test

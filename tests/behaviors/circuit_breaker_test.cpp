#include <hawser/behaviors/circuit_breaker.hpp>
#include <hawser/behaviors/reconnect.hpp>

#include "support/bench_link.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using hawser::admission;
using hawser::circuit;
using hawser::circuit_breaker;
using hawser::duration;
using hawser::errc;
using hawser::failure;
using hawser::phase;
using hawser::time_point;
using kind = hawser::circuit::kind;

static_assert(hawser::plugin<circuit_breaker>);

template <class... Behind>
struct dialer : hawser::test::bench_link<circuit_breaker, Behind...> {
  using base = hawser::test::bench_link<circuit_breaker, Behind...>;
  explicit dialer(circuit_breaker::options o, Behind... behind)
      : base(circuit_breaker(std::move(o)), std::move(behind)...) {}

  admission dial(const std::string& endpoint = "ws://a:1") {
    hawser::handshake h;
    h.endpoint = endpoint;
    return this->at([&](hawser::context& c) { return this->plugins.connecting(c, h); });
  }
  hawser::reaction fail(phase at, hawser::error_code ec, int status = 0) {
    this->link.open = false;
    failure f;
    f.at = at;
    f.error = ec;
    f.status = status;
    return this->at([&](hawser::context& c) { return this->plugins.error(c, f); });
  }
  // One attempt that finds nobody.
  void miss() {
    EXPECT_TRUE(dial().passes());
    EXPECT_TRUE(fail(phase::connecting, errc::connect_timeout).passes() || sizeof...(Behind) != 0);
  }
  // As many as open the circuit.
  void opened() {
    for (int i = 0; i < 5; ++i) miss();
    EXPECT_EQ(breaker().state(), kind::open);
  }
  void stopped() {
    this->at([&](hawser::context& c) { this->plugins.stopped(c, {}); });
  }
  circuit_breaker& breaker() { return this->plugins.template get<circuit_breaker>(); }
};
using fixture = dialer<>;

struct shared {
  std::shared_ptr<hawser::shared_circuit> circuit = std::make_shared<hawser::shared_circuit>();
  circuit_breaker::options options{.jitter_percent = 0, .seed = 1, .circuit = circuit};
};

// Two clients of one endpoint whose circuit is open; it is time for the probe, which is the first
// one's.
struct probing : shared {
  probing() {
    a.opened();
    a.now = b.now += 60s;
    EXPECT_TRUE(a.dial().passes());
  }
  fixture a{options};
  fixture b{options};
};

TEST(CircuitBreaker, FiveFailuresOpenItForAMinute) {
  shared s;
  fixture f(s.options);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(f.breaker().state(), kind::closed);
    f.miss();
  }
  EXPECT_EQ(f.breaker().state(), kind::open);
  EXPECT_EQ(f.breaker().failures(), 5u);
  EXPECT_EQ(f.breaker().until(), f.now + 60s);
  const admission a = f.dial();
  ASSERT_EQ(a.what(), admission::kind::wait);
  EXPECT_GE(a.until(), f.now + 60s);
  EXPECT_LE(a.until(), f.now + 65s);
}

TEST(CircuitBreaker, HalfOpenIsOneProbeOfOneClient) {
  probing p;
  EXPECT_TRUE(p.a.dial().passes()) << "a plug-in behind it let the probe wait";
  const admission waits = p.b.dial();
  ASSERT_EQ(waits.what(), admission::kind::wait);
  EXPECT_GE(waits.until(), p.b.now + 5s);
  EXPECT_LE(waits.until(), p.b.now + 10s);
  p.a.open();
  EXPECT_EQ(p.b.breaker().state(), kind::closed);
  EXPECT_TRUE(p.b.dial().passes());
}

TEST(CircuitBreaker, AFailedProbeOpensItAgain) {
  shared s;
  fixture f(s.options);
  f.opened();
  for (int i = 0; i < 3; ++i) {
    f.now = f.breaker().until();
    f.miss();
    EXPECT_EQ(f.breaker().state(), kind::open);
    EXPECT_EQ(f.breaker().until(), f.now + 60s);
  }
}

// Nobody asks for a year: the state follows from the time alone.
TEST(CircuitBreaker, IsNotPolled) {
  shared s;
  fixture f(s.options);
  f.opened();
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
  f.now += 24h * 365;
  EXPECT_TRUE(f.dial().passes());
  EXPECT_EQ(f.breaker().state(), kind::half_open);
}

TEST(CircuitBreaker, CountsWhatDoesNotReachTheEndpointOnly) {
  struct {
    phase at;
    errc error;
    int status;
    bool counts;
  } const cases[] = {
      {phase::resolving, errc::resolve_timeout, 0, true},
      {phase::connecting, errc::connect_timeout, 0, true},
      {phase::securing, errc::secure_timeout, 0, true},
      {phase::upgrading, errc::unavailable, 503, true},
      {phase::upgrading, errc::rate_limited, 429, true},
      {phase::upgrading, errc::upgrade_too_big, 0, true},
      {phase::upgrading, errc::unauthorized, 401, false},
      {phase::upgrading, errc::upgrade_refused, 404, false},
      {phase::securing, errc::tls_wrong_name, 0, false},
      {phase::authenticating, errc::auth_timeout, 0, false},
      {phase::waiting, errc::refused_by_hook, 0, false},
      {phase::open, errc::dropped, 0, false},
      {phase::closing, errc::close_timeout, 0, false},
  };
  for (const auto& e : cases) {
    shared s;
    fixture f(s.options);
    (void)f.dial();
    EXPECT_TRUE(f.fail(e.at, e.error, e.status).passes());
    EXPECT_EQ(f.breaker().failures(), e.counts ? 1u : 0u) << make_error_code(e.error).message();
  }
}

TEST(CircuitBreaker, AnAnswerThatRefusesUsShowsThatTheEndpointIsThere) {
  shared s;
  fixture f(s.options);
  f.opened();
  f.now += 60s;
  EXPECT_TRUE(f.dial().passes());
  (void)f.fail(phase::upgrading, errc::unauthorized, 401);
  EXPECT_EQ(f.breaker().state(), kind::closed);
}

TEST(CircuitBreaker, AProbeThatSaysNothingOrWhoseClientStopsGoesToTheNext) {
  for (const bool stops : {true, false}) {
    probing p;
    if (stops) {
      p.a.stopped();
    } else {
      (void)p.a.fail(phase::authenticating, errc::auth_timeout);
    }
    EXPECT_TRUE(p.b.dial().passes());
    EXPECT_EQ(p.b.breaker().state(), kind::half_open);
  }
}

// The attempt of a successor is under way when the link that it was to replace drops.
TEST(CircuitBreaker, ALinkThatDropsIsNotTheProbe) {
  probing p;
  (void)p.a.fail(phase::open, errc::dropped);
  EXPECT_FALSE(p.b.dial().passes());
}

TEST(CircuitBreaker, AProbeWhoseClientIsGoneBlocksItForItsDeadlineOnly) {
  shared s;
  fixture b(s.options);
  {
    fixture a(s.options);
    a.opened();
    a.now += 60s;
    EXPECT_TRUE(a.dial().passes());
    b.now = a.now;
  }
  const time_point gone = b.now;
  int asked = 0;
  for (admission a = b.dial(); !a.passes(); a = b.dial()) {
    ASSERT_GT(a.until(), b.now);
    b.now = a.until();
    ASSERT_LT(++asked, 100);
  }
  EXPECT_GE(b.now, gone + 120s);
  EXPECT_LE(b.now, gone + 125s);
}

TEST(CircuitBreaker, OneForEachEndpointOfTheProcess) {
  fixture a({.seed = 1});
  fixture b({.seed = 2});
  EXPECT_EQ(a.breaker().state(), kind::closed);
  a.opened();
  EXPECT_TRUE(b.dial("ws://a:2").passes());
  EXPECT_FALSE(b.dial("ws://a:1").passes());
  EXPECT_TRUE(b.dial("ws://a:2").passes());
}

TEST(CircuitBreaker, TheResetTimeIsJittered) {
  duration least = 1h;
  duration most{};
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    shared s;
    s.options.jitter_percent = 50;
    s.options.seed = seed;
    fixture f(s.options);
    f.opened();
    least = std::min(least, f.breaker().until() - f.now);
    most = std::max(most, f.breaker().until() - f.now);
  }
  EXPECT_GE(least, 30s);
  EXPECT_LT(least, 31s);
  EXPECT_LE(most, 90s + 1ms);
  EXPECT_GT(most, 89s);
}

// In the order of resilient_client: it sees the errors that reconnect answers, and what waits for
// it costs nothing.
TEST(CircuitBreaker, BeforeReconnectItSeesEveryErrorAndSparesTheBudget) {
  shared s;
  const auto budget = std::make_shared<hawser::retry_budget>(1, 1);
  dialer<hawser::reconnect> f(s.options, hawser::reconnect({.seed = 1, .budget = budget}));
  for (int i = 0; i < 5; ++i) {
    f.now += 1s;
    f.miss();
  }
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(f.dial().passes());
  f.now += 60s;
  EXPECT_TRUE(f.dial().passes());
}

TEST(CircuitBreaker, OptionsOutOfRangeAreRefused) {
  std::string complaint;
  for (const unsigned wrong : {0U, 10'001U}) {
    EXPECT_EQ(circuit_breaker({.threshold = wrong}).validate(complaint).error(),
              errc::invalid_option);
    EXPECT_EQ(complaint, "circuit_breaker: threshold must be from 1 to 10,000");
  }
  using o = circuit_breaker::options;
  for (const auto& wrong : {o{.reset = 0s}, o{.reset = 25h}, o{.jitter_percent = 101},
                            o{.probe = 0s}, o{.probe = 25h}, o{.spread = 0s}, o{.spread = 2h}}) {
    EXPECT_EQ(circuit_breaker(wrong).validate(complaint).error(), errc::invalid_option);
    EXPECT_EQ(complaint,
              "circuit_breaker: reset and probe must be above 0 and at most 24 h, spread above 0 "
              "and at most 1 h, jitter_percent at most 100");
  }
  EXPECT_TRUE(circuit_breaker().validate(complaint));
}

TEST(CircuitBreaker, TellsHowItIs) {
  shared s;
  fixture f(s.options);
  EXPECT_EQ(f.told<circuit_breaker>(), "state closed, failures 0");
  f.opened();
  EXPECT_EQ(f.told<circuit_breaker>(), "state open, failures 5, until in 60 s");
}

}  // namespace

// Why a client is not connected, as its behaviors and the steps of its attempts tell it.
#include <hawser/behaviors/circuit_breaker.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace explain_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using state = step_record::state;

struct quiet : adapter<quiet, on::message> {
  verdict on_message(context&, const inbound&) { return handled; }
};

TEST(explain_kit, backoff_and_breaker_and_the_next_attempt_are_told) {
  testkit::harness<quiet, circuit_breaker, reconnect> h;
  h.refuse(503, {{"Retry-After", "7"}});
  EXPECT_FALSE(h.connect());
  const explanation e = h.client().explain();
  EXPECT_EQ(e.at, phase::waiting);
  EXPECT_GE(e.next_attempt.value_or(0s), 7s);
  EXPECT_THAT(to_words(e), HasSubstr("waiting, next attempt in "));
  EXPECT_THAT(to_words(e), HasSubstr("HTTP status 503, asked to wait 7.0 s"));
  EXPECT_THAT(to_words(e), HasSubstr("reconnect: failures 1"));
  EXPECT_THAT(to_words(e), HasSubstr("circuit_breaker: state closed"));
}

// The circuit is open until then; the backoff has long passed.
TEST(explain_kit, whoever_lets_an_attempt_wait_longest_is_the_next_attempt) {
  const auto circuit = std::make_shared<shared_circuit>();
  testkit::harness<quiet, circuit_breaker, reconnect> h(
      quiet{}, circuit_breaker({.circuit = circuit}), reconnect({.seed = 1}));
  h.fail_next(phase::connecting, errc::connect_timeout);
  EXPECT_FALSE(h.connect());
  EXPECT_LE(h.client().explain().next_attempt.value(), 1s);
  jitter random(1);
  circuit->use([&](hawser::circuit& c) {
    std::array<hawser::circuit::seat, 2> others;
    for (std::size_t i = 0; i < 10; ++i) (void)c.ask(others[i % 2], h.now(), {}, random);
    c.postpone(h.now() + 5min, h.now());
    for (std::size_t i = 0; i < 10; ++i) (void)c.failed(others[i % 2], h.now(), {}, random);
  });
  h.advance(1s);
  const auto next = h.client().explain().next_attempt;
  EXPECT_GE(next.value(), 298s);
  EXPECT_THAT(to_words(h.client().explain()), HasSubstr("circuit_breaker: state open"));
  h.advance(10s);
  EXPECT_EQ(h.client().explain().next_attempt.value(), *next - 10s);
}

TEST(explain_kit, each_step_of_an_attempt_has_its_time) {
  const phase phases[] = {phase::resolving, phase::connecting, phase::securing, phase::upgrading};
  const attempt_step steps[] = {attempt_step::resolve, attempt_step::connect, attempt_step::secure,
                                attempt_step::upgrade};
  for (std::size_t i = 0; i < std::size(phases); ++i) {
    testkit::harness<quiet> h({.url = "wss://peer.test/"}, quiet{});
    h.stall_next(phases[i]);
    EXPECT_FALSE(h.connect());
    h.advance(3s);
    EXPECT_EQ(h.client().explain().step(steps[i]).what, state::under_way) << i;
    EXPECT_EQ(h.client().explain().step(steps[i]).took, 3s) << i;
    h.advance(1min);
    EXPECT_EQ(h.client().explain().step(steps[i]).what, state::failed) << i;
    if (i > 0) {
      EXPECT_EQ(h.client().explain().step(steps[i - 1]).what, state::done) << i;
    }
  }
}

}  // namespace explain_test

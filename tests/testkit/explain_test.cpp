// Why a client is not connected, as its behaviors and the steps of its attempts tell it.
#include <hawser/behaviors/circuit_breaker.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using state = step_record::state;

struct quiet : adapter<quiet, on::message> {
  verdict on_message(context&, const inbound&) { return handled; }
};

TEST(ExplainKit, BackoffAndBreakerAndTheNextAttemptAreTold) {
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

TEST(ExplainKit, EachStepOfAnAttemptHasItsTime) {
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

}  // namespace

// The step before a dial: who is asked for credentials, and what becomes of them.
#include <hawser/behaviors/auth.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace credentials_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct guest : adapter<guest, on::message> {
  verdict on_message(context&, const inbound&) { return handled; }
};
using kit = testkit::harness<guest, auth, reconnect>;

// Counts how often it was asked.
auth counting(int& asked) {
  return auth({.provide = [&asked] { return token{"t" + std::to_string(++asked), 1h}; }});
}
std::string authorization(const handshake& h) {
  for (const header& f : h.headers) {
    if (f.name == "Authorization") return f.value;
  }
  return {};
}

TEST(harness_credentials, a_planned_failure_is_told_as_the_providers_own) {
  int asked = 0;
  testkit::harness<guest, auth> h(guest{}, counting(asked));
  h.fail_next(phase::authenticating, errc::unavailable);
  EXPECT_FALSE(h.connect());
  EXPECT_EQ(h.end(), error_code(errc::unavailable));
  EXPECT_EQ(asked, 1);
  EXPECT_TRUE(h.requests().empty()) << "nothing was dialed";
}

TEST(harness_credentials, they_may_never_come) {
  int asked = 0;
  kit h(guest{}, counting(asked), reconnect({.seed = 1}));
  h.stall_next(phase::authenticating);
  EXPECT_FALSE(h.connect(10s - 1ns));
  EXPECT_EQ(h.phase(), phase::authenticating);
  h.advance(1ns);
  EXPECT_EQ(h.client().snapshot().last_error, error_code(errc::auth_timeout));
  EXPECT_TRUE(h.connect(1min));
  EXPECT_EQ(h.requests().size(), 1u);
}

TEST(harness_credentials, they_may_be_late) {
  int asked = 0;
  kit h(guest{}, counting(asked), reconnect({.seed = 1}));
  h.delay_next(phase::authenticating, 9s);
  EXPECT_FALSE(h.connect(9s - 1ns));
  EXPECT_TRUE(h.connect(1ns));
  EXPECT_EQ(authorization(h.requests().at(0)), "Bearer t1");
}

// What comes after the deadline is of an attempt that is over.
TEST(harness_credentials, they_may_come_after_their_deadline) {
  int asked = 0;
  kit h(guest{}, counting(asked), reconnect({.seed = 1}));
  h.delay_next(phase::authenticating, 11s);
  h.stall_next(phase::authenticating);
  EXPECT_FALSE(h.connect(10s));
  EXPECT_FALSE(h.connect(5s)) << "the second attempt waits for its own";
  EXPECT_EQ(h.phase(), phase::authenticating);
  EXPECT_TRUE(h.connect(1min));
  EXPECT_EQ(h.requests().size(), 1u);
}

TEST(harness_credentials, a_tickets_answer_is_held_up_too) {
  std::optional<token_ticket> ticket;
  kit h(guest{}, auth({.fetch = [&](token_ticket t) { ticket = std::move(t); }}),
        reconnect({.seed = 1}));
  h.delay_next(phase::authenticating, 3s);
  EXPECT_FALSE(h.connect(2s));
  ticket->grant({"late", 1h});
  h.settle();
  EXPECT_FALSE(h.connect(3s - 1ns));
  EXPECT_TRUE(h.connect(1ns));
  EXPECT_EQ(authorization(h.requests().at(0)), "Bearer late");
}

TEST(harness_credentials, a_plan_for_what_nobody_asks_changes_nothing) {
  testkit::harness<guest> h;
  h.fail_next(phase::authenticating, errc::unavailable);
  EXPECT_TRUE(h.connect());
}

// A plan is of one attempt, whichever of its phases it names.
TEST(harness_credentials, plans_keep_their_turns) {
  int asked = 0;
  kit h(guest{}, counting(asked), reconnect({.seed = 1}));
  h.fail_next(phase::connecting, errc::connect_timeout);
  h.fail_next(phase::authenticating, errc::unavailable);
  h.refuse(503);
  EXPECT_TRUE(h.connect(5min));
  EXPECT_EQ(h.client().snapshot().attempts, 3u) << "one was not dialed";
  EXPECT_EQ(h.requests().size(), 2u);
}

TEST(harness_credentials, are_a_step_that_fails) {
  std::vector<std::string> failed;
  const auto steps = testkit::fail_at_each_step(
      [](const testkit::fault& f) {
        int asked = 0;
        kit h(guest{}, counting(asked), reconnect({.seed = 1}));
        h.inject(f);
        EXPECT_TRUE(h.connect(1min)) << f.what();
        EXPECT_EQ(asked, 1) << "a token that was good is kept";
      },
      [&](const testkit::fault& f) {
        if (f.happened()) failed.push_back(f.what());
      });
  EXPECT_EQ(steps, 4u);
  EXPECT_THAT(failed, ElementsAre("step 1: credentials", "step 2: resolving", "step 3: connecting",
                                  "step 4: upgrading"));
}

}  // namespace credentials_test

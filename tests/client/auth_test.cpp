// Tokens over attempts and links, with the behaviors that dial.
#include <hawser/behaviors/auth.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace auth_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct member : adapter<member, on::stopped> {
  std::optional<stop_info::reason> why = {};
  void on_stopped(context&, const stop_info& s) { why = s.why; }
};

// Can be told a new token on an open link.
struct renewable : adapter<renewable, on::renewed> {
  std::vector<std::string> told = {};
  void on_renewed(context& c, const credentials& n) {
    EXPECT_EQ(n.link, c.link().number);
    for (const header& h : n.headers) told.push_back(h.value);
  }
};

// Gives "t1", "t2", each good for an hour.
auth numbered() {
  auth::options o;
  o.provide = [n = 0]() mutable { return token{"t" + std::to_string(++n), 1h}; };
  return auth(std::move(o));
}
template <class A>
using kit = testkit::harness<A, auth, reconnect>;

// What each upgrade request carried.
template <class A>
std::vector<std::string> carried(const kit<A>& h) {
  std::vector<std::string> all;
  for (const handshake& r : h.requests()) {
    for (const header& field : r.headers) {
      if (field.name == "Authorization") all.push_back(field.value);
    }
  }
  return all;
}

TEST(harness_auth, a_refused_token_is_replaced_once_then_the_client_ends_and_says_why) {
  for (const bool by_close : {false, true}) {
    kit<member> h(member{}, numbered(), reconnect({.seed = 1}));
    for (int i = 0; i < 2 && !by_close; ++i) h.refuse(401);
    EXPECT_EQ(h.connect(), by_close);
    for (int i = 0; i < 2 && by_close; ++i) {
      EXPECT_TRUE(h.open()) << "again at once";
      h.peer_closes(close_code::policy_violation, "who are you");
    }
    h.advance(1h);
    EXPECT_THAT(carried(h), ElementsAre("Bearer t1", "Bearer t2"));
    EXPECT_EQ(h.end(), error_code(errc::unauthorized));
    EXPECT_EQ(h.adapter().why, stop_info::reason::auth);
  }
}

TEST(harness_auth, a_token_is_asked_for_before_each_attempt_and_replaced_ahead_of_its_end) {
  kit<member> h(member{}, numbered(), reconnect({.seed = 1}));
  EXPECT_TRUE(h.connect());
  h.drop();
  EXPECT_TRUE(h.connect(1min));
  h.advance(59min);
  EXPECT_TRUE(h.open());
  EXPECT_THAT(carried(h), ElementsAre("Bearer t1", "Bearer t1", "Bearer t2"));
  EXPECT_EQ(h.client().snapshot().recycled, 1u);
}

TEST(harness_auth, an_adapter_that_can_is_told_the_next_on_its_link) {
  kit<renewable> h(renewable{}, numbered(), reconnect({.seed = 1}));
  EXPECT_TRUE(h.connect());
  h.advance(2h);
  EXPECT_THAT(h.adapter().told, ElementsAre("Bearer t2", "Bearer t3"));
  EXPECT_THAT(carried(h), ElementsAre("Bearer t1"));
}

TEST(harness_auth, a_provider_that_does_not_answer_fails_the_attempt_in_time) {
  std::vector<token_ticket> tickets;
  auth::options o;
  o.fetch = [&](token_ticket t) { tickets.push_back(std::move(t)); };
  kit<member> h(member{}, auth(o), reconnect({.seed = 1}));
  EXPECT_FALSE(h.connect(9s));
  EXPECT_EQ(h.phase(), phase::authenticating);
  EXPECT_FALSE(h.connect(1s));
  EXPECT_EQ(h.phase(), phase::waiting);
  h.advance(1s);
  ASSERT_EQ(tickets.size(), 2u) << "asked again for the next attempt";
  tickets[1].grant({"late", 1h});
  EXPECT_TRUE(h.connect());
  EXPECT_THAT(carried(h), ElementsAre("Bearer late"));
}

}  // namespace auth_test

// A server that is deployed refuses its clients for a while.
#include <hawser/behaviors/auth.hpp>
#include <hawser/hawser.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace deploy_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct member : adapter<member, on::message> {
  verdict on_message(context&, const inbound&) { return handled; }
};
// As resilient_client.
using kit = testkit::harness<member, trace, heartbeat, recycle, circuit_breaker, reconnect>;

TEST(deploy, a_link_that_worked_comes_back_from_whatever_a_deploy_answers) {
  for (const int status : {200, 301, 400, 401, 403, 404, 407, 410, 426}) {
    kit h;
    ASSERT_TRUE(h.connect());
    h.refuse(status);
    h.refuse(status);
    h.peer_closes(close_code::going_away, "deploy");
    EXPECT_TRUE(h.connect(5min)) << status;
    EXPECT_FALSE(h.end());
    EXPECT_THAT(h.log(), Contains(HasSubstr("it worked before: tried again in "))) << status;
  }
}

TEST(deploy, what_never_worked_ends) {
  for (const int status : {401, 404}) {
    kit h;
    h.refuse(status);
    EXPECT_FALSE(h.connect(1h));
    EXPECT_TRUE(h.end().has_value()) << status;
  }
}

TEST(deploy, a_closed_door_after_long_work_is_tried_again) {
  kit h;
  ASSERT_TRUE(h.connect());
  h.advance(1h);
  h.peer_closes(close_code::policy_violation, "maintenance");
  EXPECT_FALSE(h.open());
  EXPECT_TRUE(h.connect(1min));
}

TEST(deploy, a_certificate_that_is_wrong_for_a_while_is_tried_again) {
  kit h({.url = "wss://peer.test/"}, member{});
  ASSERT_TRUE(h.connect());
  h.fail_next(phase::securing, tls_errc::expired);
  h.drop();
  EXPECT_TRUE(h.connect(2min));
}

// Gives "t1", or whichever number is set.
struct provider {
  std::shared_ptr<int> number = std::make_shared<int>(1);
  auth behavior() const {
    return auth({.provide = [n = number] { return token{"t" + std::to_string(*n)}; }});
  }
};
using secured = testkit::harness<member, auth, reconnect>;

std::vector<std::string> shown(const secured& h) {
  std::vector<std::string> all;
  for (const handshake& r : h.requests()) {
    for (const header& f : r.headers) {
      if (f.name == "Authorization") all.push_back(f.value);
    }
  }
  return all;
}

// So that no account is locked.
TEST(deploy, a_token_that_never_worked_is_shown_at_the_pace_of_slow_cap_only) {
  provider tokens;
  secured h(member{}, tokens.behavior(), reconnect({.seed = 1}));
  ASSERT_TRUE(h.connect());
  for (int i = 0; i < 20; ++i) h.refuse(401);
  *tokens.number = 2;
  h.drop();
  h.advance(1h);
  // The one that worked, the refreshed one at once, and that again at most every 7.5 min.
  EXPECT_GE(shown(h).size(), 5u);
  EXPECT_LE(shown(h).size(), 11u);
  EXPECT_FALSE(h.end());
  EXPECT_THAT(h.log(), Contains(HasSubstr("with the same credentials in ")));
  EXPECT_THAT(h.log(), Not(Contains(AllOf(HasSubstr("reconnect:"), HasSubstr("t2")))));
}

TEST(deploy, credentials_that_have_changed_are_shown_soon) {
  std::string header_value = "Bearer old";
  struct bearer : adapter<bearer, on::authenticate> {
    explicit bearer(const std::string* from) : value(from) {}
    const std::string* value;
    grant on_authenticate(context&, auth_request& a) {
      a.request.headers.push_back({"Authorization", *value});
      return grant::ready();
    }
  };
  testkit::harness<bearer, reconnect> h(
      bearer(&header_value),
      reconnect({.refused_before_success = reconnect::refused::slow_retry, .seed = 1}));
  h.refuse(401);
  EXPECT_FALSE(h.connect(7min));
  EXPECT_EQ(h.requests().size(), 1u) << "it was looked at, not shown";
  header_value = "Bearer new";
  EXPECT_TRUE(h.connect(1min));
  EXPECT_EQ(h.requests().size(), 2u);
}

}  // namespace deploy_test

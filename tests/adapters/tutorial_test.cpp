// What docs/adapter.md promises of its adapter.
#include <hawser/adapters/tutorial/adapter.hpp>
#include <hawser/behaviors/heartbeat.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/behaviors/subscriptions.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutorial_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using kit = testkit::harness<ticker>;

TEST(tutorial, logs_in_before_anything_else) {
  ticker t;
  t.name = "ada";
  kit h(std::move(t));
  EXPECT_TRUE(h.connect());
  EXPECT_FALSE(h.ready());
  EXPECT_THAT(h.sent(), ElementsAre("login ada"));
  EXPECT_TRUE(h.send("waits"));
  EXPECT_THAT(h.sent(), IsEmpty());
  h.peer_sends("welcome");
  EXPECT_TRUE(h.ready());
  EXPECT_THAT(h.sent(), ElementsAre("waits"));
}

TEST(tutorial, a_login_that_stalls_ends_the_link) {
  kit h;
  h.connect();
  h.advance(10s);
  EXPECT_EQ(h.end(), error_code(errc::auth_timeout));
}

TEST(tutorial, requests_are_numbered_and_answered_in_any_order) {
  kit h;
  h.connect();
  auto early = h.client().call("name");
  h.peer_sends("welcome");
  auto late = h.client().call("time of day");
  EXPECT_THAT(h.sent(), ElementsAre("login nobody", "ask 1 name", "ask 2 time of day"));
  h.peer_sends("answer 2 half past nine");
  h.peer_sends("error 1 nobody knows");
  h.peer_sends("answer 9 to nobody");
  EXPECT_EQ(*late.get(0s).value, "half past nine");
  EXPECT_EQ(early.get(0s).value.error(), errc::bad_event);
  EXPECT_TRUE(h.open());
}

TEST(tutorial, subscriptions_are_confirmed_and_told) {
  ticker t;
  std::vector<std::string> told;
  t.tell = [&](std::string_view topic, std::string_view news) {
    told.push_back(std::string(topic) + ": " + std::string(news));
  };
  kit h(std::move(t));
  h.connect();
  h.peer_sends("welcome");
  (void)h.sent();
  h.run([](ticker&, context& c) {
    for (const char* topic : {"prices", "weather"}) {
      c.subscription(topic, subscription_event::kind::subscribe);
    }
  });
  EXPECT_THAT(h.sent(), ElementsAre("follow prices", "follow weather"));
  h.peer_sends("following prices");
  h.peer_sends("unknown weather");
  h.peer_sends("news prices wheat 17");
  EXPECT_THAT(told, ElementsAre("prices: wheat 17"));
}

TEST(tutorial, the_heartbeat_is_of_its_own) {
  kit h;
  h.connect();
  h.peer_sends("welcome");
  (void)h.sent();
  h.run([](ticker&, context& c) { c.heartbeat(); });
  EXPECT_THAT(h.sent(), ElementsAre("beat 1"));
  h.peer_sends("beat 1");
  EXPECT_TRUE(h.open());
}

// With the behaviors that ask it.
TEST(tutorial, keeps_its_subscriptions_over_links) {
  using beat = heartbeat;
  testkit::harness<ticker, heartbeat, subscriptions, reconnect> h(
      ticker{}, beat({.kind = beat::kind::application}), subscriptions{}, reconnect({.seed = 1}));
  for (const char* topic : {"prices", "weather"}) {
    EXPECT_TRUE(h.get<subscriptions>().subscribe(topic));
  }
  for (int link = 1; link <= 2; ++link) {
    EXPECT_TRUE(h.connect(1min));
    h.peer_sends("welcome");
    EXPECT_THAT(h.sent(), ElementsAre("login nobody", "follow prices", "follow weather"));
    h.peer_sends("following prices");
    h.peer_sends("unknown weather");
    using state = subscriptions::state;
    EXPECT_EQ(h.get<subscriptions>().find("prices"), state::confirmed);
    EXPECT_EQ(h.get<subscriptions>().find("weather"), state::failed);
    h.advance(30s);
    EXPECT_THAT(h.sent(), ElementsAre("beat 1"));
    h.peer_sends("beat 1");
    h.drop();
  }
}

// What the successor would have been asked must not reach the predecessor, which serves it already.
TEST(tutorial, a_successor_that_dies_leaves_the_subscriptions_as_they_are) {
  testkit::harness<ticker, subscriptions> h;
  EXPECT_TRUE(h.get<subscriptions>().subscribe("prices"));
  h.connect();
  h.peer_sends("welcome");
  h.peer_sends("following prices");
  auto owed = h.client().call("name");  // The successor waits for it.
  h.run([](ticker&, context& c) { c.recycle(); });
  h.peer_sends("welcome", 2);
  h.run([&](ticker&, context& c) {
    EXPECT_EQ(c.link().number, 2u);
    EXPECT_TRUE(h.get<subscriptions>().subscribe(c, "weather"));
  });
  (void)h.sent();
  h.drop(errc::dropped, 2);
  EXPECT_TRUE(h.open());
  EXPECT_EQ(h.get<subscriptions>().find("prices"), subscriptions::state::confirmed);
  EXPECT_THAT(h.sent(), ElementsAre("follow weather"));
  h.run([](ticker&, context& c) { c.recycle(); });
  h.peer_sends("welcome", 3);
  h.peer_sends("answer 1 hawser", 1);
  EXPECT_THAT(h.sent(), ElementsAre("login nobody", "follow prices", "follow weather"));
  EXPECT_EQ(h.received().back().link, 3u);
}

// As docs/adapter.md has it.
TEST(tutorial, comes_back_after_a_busy_server) {
  testkit::harness<ticker, reconnect> h;
  h.connect();
  h.peer_sends("welcome");
  EXPECT_EQ(h.sent(), std::vector<std::string>{"login nobody"});
  h.refuse(503, {{"Retry-After", "30"}});
  h.drop();
  EXPECT_TRUE(h.connect(std::chrono::minutes(2)));
}

TEST(tutorial, what_it_does_not_know_ends_the_link) {
  kit h;
  h.connect();
  h.peer_sends("gibberish");
  EXPECT_EQ(h.received().back().data, "1002 not a word of ours");
}

TEST(tutorial, holds_whatever_fails) {
  testkit::fail_at_each_step([](const testkit::fault& f) {
    testkit::harness<ticker, reconnect> h(ticker{}, reconnect({.seed = 1}));
    h.inject(f);
    auto answer = h.client().call("name", {.deadline = 1h, .idempotent = true});
    for (int tries = 0; tries < 5 && !answer.ready(); ++tries) {
      h.connect(1min);
      h.peer_sends("welcome");
      h.peer_sends("answer 1 hawser");
    }
    const auto r = answer.get(0s);
    EXPECT_TRUE(r.value) << f.what();
  });
}

}  // namespace tutorial_test

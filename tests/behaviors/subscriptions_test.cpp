#include "support/subscription_link.hpp"
#include "support/words.hpp"

#include <gtest/gtest.h>

namespace subscriptions_test {

using namespace std::chrono_literals;
using hawser::errc;
using hawser::framing_errc;
using hawser::subscriptions;
using hawser::time_point;
using kind = hawser::subscription_event::kind;
using state = subscriptions::state;
using fixture = hawser::test::subscription_link;
using lines = fixture::lines;

static_assert(hawser::plugin<subscriptions>);

TEST(subscriptions, what_is_wanted_is_asked_of_every_link_once) {
  fixture f;
  EXPECT_TRUE(f.own().subscribe("b"));
  EXPECT_TRUE(f.own().subscribe("a"));
  EXPECT_TRUE(f.own().subscribe("b"));
  EXPECT_EQ(f.own().find("a"), state::wanted);
  EXPECT_EQ(f.own().find("c"), std::nullopt);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(f.connect(), (lines{"+a", "+b"}));
    EXPECT_EQ(f.own().find("a"), state::pending);
    EXPECT_EQ(f.ready(), lines{}) << "never twice on one link";
    f.tell(kind::confirmed, "a");
    EXPECT_EQ(f.own().find("a"), state::confirmed);
    f.lose();
    EXPECT_EQ(f.own().find("a"), state::wanted);
    ASSERT_TRUE(f.wake());
    EXPECT_EQ(f.settle(), lines{});
    EXPECT_EQ(f.plugins.next_wake(), hawser::never);
  }
}

TEST(subscriptions, an_open_link_is_asked_at_once) {
  fixture f;
  EXPECT_EQ(f.subscribe("before"), lines{});
  f.open();
  EXPECT_EQ(f.subscribe("login"), lines{}) << "the link is not ready";
  EXPECT_EQ(f.ready(), (lines{"+before", "+login"}));
  EXPECT_EQ(f.subscribe("later"), lines{"+later"});
  EXPECT_EQ(f.subscribe("later"), lines{});
  EXPECT_EQ(f.own().find("later"), state::pending);
  EXPECT_EQ(f.unsubscribe("later"), lines{"-later"});
  EXPECT_EQ(f.unsubscribe("later"), lines{});
  EXPECT_EQ(f.own().find("later"), std::nullopt);
  f.lose();
  EXPECT_EQ(f.unsubscribe("login"), lines{}) << "nobody to tell";
  EXPECT_EQ(f.connect(), lines{"+before"});
}

TEST(subscriptions, what_is_not_confirmed_in_time_expires_and_is_asked_of_the_next_link) {
  fixture f;
  (void)f.own().subscribe("a");
  (void)f.own().subscribe("b");
  (void)f.connect();
  const time_point asked = f.now;
  f.now += 4s;
  EXPECT_EQ(f.subscribe("c"), lines{"+c"});
  f.tell(kind::confirmed, "b");
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(f.now, asked + 10s);
  EXPECT_EQ(f.settle(), lines{"late a"});
  EXPECT_EQ(f.own().find("a"), state::expired);
  EXPECT_EQ(f.own().find("b"), state::confirmed);
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(f.now, asked + 14s);
  EXPECT_EQ(f.settle(), lines{"late c"});
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
  EXPECT_EQ(f.ready(), lines{}) << "not of this one";
  f.tell(kind::confirmed, "a");
  EXPECT_EQ(f.own().find("a"), state::confirmed) << "late is better than never";
  f.lose();
  EXPECT_EQ(f.connect(), (lines{"+a", "+b", "+c"}));
}

TEST(subscriptions, a_refused_topic_stays_wanted) {
  fixture f;
  (void)f.own().subscribe("a");
  (void)f.connect();
  f.tell(kind::failed, "a", errc::subscription_refused);
  EXPECT_EQ(f.own().find("a"), state::failed);
  EXPECT_EQ(f.own().registry().find("a")->error, errc::subscription_refused);
  while (f.wake()) EXPECT_EQ(f.settle(), lines{});
  f.lose();
  EXPECT_EQ(f.connect(), lines{"+a"});
}

TEST(subscriptions, what_nobody_wants_changes_nothing) {
  fixture f;
  (void)f.connect();
  for (const kind k :
       {kind::subscribe, kind::unsubscribe, kind::confirmed, kind::failed, kind::expired}) {
    f.tell(k, "stranger");
    EXPECT_EQ(f.own().find("stranger"), std::nullopt);
  }
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
}

TEST(subscriptions, count_and_size_are_bounded) {
  fixture f({.most = 2, .topic_bytes = 3});
  EXPECT_EQ(f.own().subscribe("four").error(), framing_errc::message_too_big);
  EXPECT_TRUE(f.own().subscribe("abc"));
  EXPECT_TRUE(f.own().subscribe(""));
  EXPECT_EQ(f.own().subscribe("x").error(), errc::too_many_subscriptions);
  EXPECT_TRUE(f.own().subscribe("abc")) << "it is there already";
  f.at([&](hawser::context& c) {
    EXPECT_EQ(f.own().subscribe(c, "x").error(), errc::too_many_subscriptions);
  });
  (void)f.unsubscribe("abc");
  EXPECT_TRUE(f.own().subscribe("x"));
}

TEST(subscriptions, tells_how_it_is) {
  fixture f;
  const auto told = [&] { return f.told<subscriptions>(); };
  EXPECT_EQ(told(), "topics 0");
  for (const char* topic : {"a", "b", "c"}) (void)f.own().subscribe(topic);
  EXPECT_EQ(told(), "topics 3, wanted 3");
  (void)f.connect();
  f.tell(kind::confirmed, "a");
  f.tell(kind::failed, "b");
  EXPECT_EQ(told(), "topics 3, pending 1, confirmed 1, failed 1");
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(told(), "topics 3, confirmed 1, failed 1, expired 1");
}

TEST(subscriptions, options_out_of_range_are_refused) {
  using o = subscriptions::options;
  for (const auto& wrong : {o{.most = 0}, o{.most = 1'000'001}, o{.topic_bytes = 0},
                            o{.topic_bytes = 1'000'001}, o{.deadline = 0s}, o{.deadline = 2h}}) {
    EXPECT_EQ(words_of(subscriptions(wrong).validate()),
              "subscriptions: most and topic_bytes must be from 1 to 1,000,000, deadline above 0 "
              "and at most 1 h");
  }
  EXPECT_TRUE(subscriptions().validate());
}

}  // namespace subscriptions_test

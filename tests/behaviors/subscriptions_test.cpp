#include <hawser/behaviors/subscriptions.hpp>
#include <hawser/core/jitter.hpp>

#include "support/bench_link.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using hawser::effects;
using hawser::errc;
using hawser::subscriptions;
using hawser::time_point;
using kind = hawser::subscription_event::kind;
using state = subscriptions::state;
using lines = std::vector<std::string>;

static_assert(hawser::plugin<subscriptions>);

const char* name(kind k) {
  switch (k) {
    case kind::subscribe:
      return "+";
    case kind::unsubscribe:
      return "-";
    case kind::confirmed:
      return "ok ";
    case kind::failed:
      return "no ";
    case kind::expired:
      return "late ";
  }
  return "?";
}

struct fixture : hawser::test::bench_link<subscriptions> {
  explicit fixture(subscriptions::options o = {}) : bench_link(subscriptions(o)) {}

  subscriptions& own() { return plugins.get<subscriptions>(); }
  // Raises what was recorded, as a connection does; what it was.
  lines settle() {
    lines out;
    while (!done.empty()) {
      const effects recorded = std::exchange(done, {});
      for (const auto& e : recorded.list()) {
        if (e.what != effects::kind::subscription) continue;
        out.push_back(name(e.subscription) + std::string(recorded.text(e)));
        hawser::context c(done, link, now);
        plugins.subscription(c, {e.subscription, recorded.text(e), {}});
      }
    }
    return out;
  }
  lines ready(bool successor = false) {
    link.ready = true;
    at([&](hawser::context& c) { plugins.ready(c, {link.number, successor}); });
    return settle();
  }
  lines connect() {
    open();
    return ready();
  }
  lines subscribe(const std::string& topic) {
    EXPECT_TRUE(at([&](hawser::context& c) { return own().subscribe(c, topic); }));
    return settle();
  }
  lines unsubscribe(const std::string& topic) {
    at([&](hawser::context& c) { own().unsubscribe(c, topic); });
    return settle();
  }
  void tell(kind k, const std::string& topic, hawser::error_code ec = {}) {
    at([&](hawser::context& c) { plugins.subscription(c, {k, topic, ec}); });
    EXPECT_TRUE(done.empty());
  }
  void lose() {
    drop();
    link.ready = false;
  }
};

TEST(Subscriptions, WhatIsWantedIsAskedOfEveryLinkOnce) {
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

TEST(Subscriptions, AnOpenLinkIsAskedAtOnce) {
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

TEST(Subscriptions, WhatIsNotConfirmedInTimeExpiresAndIsAskedOfTheNextLink) {
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

TEST(Subscriptions, ARefusedTopicStaysWanted) {
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

TEST(Subscriptions, ASuccessorIsAskedOnceAlsoWhenTheOldLinkEndsLater) {
  fixture f;
  (void)f.own().subscribe("a");
  (void)f.connect();
  f.tell(kind::confirmed, "a");
  const std::uint64_t old = f.link.number;
  ++f.link.number;
  EXPECT_EQ(f.ready(true), lines{"+a"});
  const auto heard_on_old = [&](kind k) {
    hawser::link_state before = f.link;
    before.number = old;
    hawser::context c(f.done, before, f.now);
    f.plugins.subscription(c, {k, "a", {}});
  };
  heard_on_old(kind::confirmed);
  EXPECT_EQ(f.own().find("a"), state::pending) << "the old link says nothing of the new one";
  f.tell(kind::confirmed, "a");
  heard_on_old(kind::failed);
  EXPECT_EQ(f.own().find("a"), state::confirmed);
  f.at([&](hawser::context& c) {
    f.plugins.drop(c, {.link = old, .error = errc::closed, .replaced = true});
  });
  EXPECT_EQ(f.own().find("a"), state::confirmed);
  EXPECT_EQ(f.ready(), lines{});
  f.lose();
  EXPECT_EQ(f.own().find("a"), state::wanted) << "there is no old link to go back to";
}

TEST(Subscriptions, IfTheSuccessorEndsFirstTheOldLinkGoesOnWithWhatItHad) {
  fixture f;
  (void)f.own().subscribe("a");
  (void)f.own().subscribe("b");
  (void)f.connect();
  f.tell(kind::confirmed, "a");
  ++f.link.number;
  EXPECT_EQ(f.ready(true), (lines{"+a", "+b"}));
  EXPECT_EQ(f.subscribe("c"), lines{"+c"});
  f.at([&](hawser::context& c) {
    f.plugins.drop(c, {.link = f.link.number, .error = errc::dropped});
  });
  --f.link.number;
  EXPECT_EQ(f.own().find("a"), state::confirmed);
  EXPECT_EQ(f.own().find("b"), state::expired) << "its confirmation may have been missed";
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(f.settle(), lines{"+c"});
  EXPECT_EQ(f.own().find("c"), state::pending);
  f.link.number += 2;
  EXPECT_EQ(f.ready(true), (lines{"+a", "+b", "+c"}));
}

TEST(Subscriptions, WhatNobodyWantsChangesNothing) {
  fixture f;
  (void)f.connect();
  for (const kind k :
       {kind::subscribe, kind::unsubscribe, kind::confirmed, kind::failed, kind::expired}) {
    f.tell(k, "stranger");
    EXPECT_EQ(f.own().find("stranger"), std::nullopt);
  }
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
}

TEST(Subscriptions, CountAndSizeAreBounded) {
  fixture f({.most = 2, .topic_bytes = 3});
  EXPECT_EQ(f.own().subscribe("four").error(), errc::message_too_big);
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

// Random operations, links and answers against what a map says: each link is asked for each topic
// at most once between two changes of mind.
TEST(Subscriptions, NoLinkIsEverAskedTwice) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    hawser::jitter random(seed);
    fixture f;
    std::vector<std::string> asked;
    const auto note = [&](const lines& said) {
      for (const std::string& s : said) {
        if (s[0] == '-') std::erase(asked, s.substr(1));
        if (s[0] != '+') continue;
        ASSERT_EQ(std::count(asked.begin(), asked.end(), s.substr(1)), 0) << seed;
        asked.push_back(s.substr(1));
      }
    };
    for (int i = 0; i < 200; ++i) {
      const std::string topic(1, static_cast<char>('a' + random.draw() % 5));
      switch (random.draw() % 8) {
        case 0:
          if (f.link.open) f.lose();
          asked.clear();
          note(f.connect());
          break;
        case 1:
        case 2:
          note(f.subscribe(topic));
          break;
        case 3:
          note(f.unsubscribe(topic));
          break;
        case 4:
          if (f.link.ready) note(f.ready());
          break;
        case 5:
          f.tell(kind::failed, topic, errc::subscription_refused);
          break;
        case 6:
          if (f.wake()) note(f.settle());
          break;
        default:
          f.tell(kind::confirmed, topic);
      }
    }
  }
}

TEST(Subscriptions, OptionsOutOfRangeAreRefused) {
  std::string complaint;
  using o = subscriptions::options;
  for (const auto& wrong : {o{.most = 0}, o{.most = 1'000'001}, o{.topic_bytes = 0},
                            o{.topic_bytes = 1'000'001}, o{.deadline = 0s}, o{.deadline = 2h}}) {
    EXPECT_EQ(subscriptions(wrong).validate(complaint).error(), errc::invalid_option);
    EXPECT_EQ(complaint,
              "subscriptions: most and topic_bytes must be from 1 to 1,000,000, deadline above 0 "
              "and at most 1 h");
  }
  EXPECT_TRUE(subscriptions().validate(complaint));
}

}  // namespace

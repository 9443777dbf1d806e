// Subscriptions over several links.
#include <hawser/core/recovery/jitter.hpp>

#include "support/subscription_link.hpp"

#include <set>

namespace subscriptions_links_test {

using namespace std::chrono_literals;
using hawser::errc;
using hawser::subscriptions;
using kind = hawser::subscription_event::kind;
using state = subscriptions::state;
using fixture = hawser::test::subscription_link;
using lines = fixture::lines;

TEST(subscriptions, a_successor_is_asked_once_when_it_has_taken_over) {
  fixture f;
  (void)f.own().subscribe("a");
  (void)f.connect();
  EXPECT_EQ(f.succeed(), lines{});
  EXPECT_EQ(f.own().find("a"), state::pending) << "of the predecessor, which may answer still";
  f.tell_predecessor(kind::confirmed);
  EXPECT_EQ(f.own().find("a"), state::confirmed);
  f.tell(kind::failed, "a");
  EXPECT_EQ(f.own().find("a"), state::confirmed) << "the successor was asked for nothing";
  EXPECT_EQ(f.take_over(), lines{"+a"});
  EXPECT_EQ(f.own().find("a"), state::pending);
  f.tell_predecessor(kind::confirmed);
  EXPECT_EQ(f.own().find("a"), state::pending) << "the predecessor says nothing of its successor";
  f.tell(kind::confirmed, "a");
  EXPECT_EQ(f.ready(), lines{});
  f.lose();
  EXPECT_EQ(f.own().find("a"), state::wanted) << "there is no predecessor to go back to";
}

TEST(subscriptions, if_the_successor_ends_first_the_predecessor_goes_on_with_what_it_had) {
  fixture f;
  (void)f.own().subscribe("a");
  (void)f.own().subscribe("b");
  (void)f.connect();
  f.tell(kind::confirmed, "a");
  EXPECT_EQ(f.succeed(), lines{});
  EXPECT_EQ(f.revert(), lines{}) << "it was asked for both";
  EXPECT_EQ(f.own().find("a"), state::confirmed);
  EXPECT_EQ(f.own().find("b"), state::pending);
  f.tell(kind::confirmed, "b");
  EXPECT_EQ(f.own().find("b"), state::confirmed);
  EXPECT_EQ(f.succeed(), lines{});
  EXPECT_EQ(f.take_over(), (lines{"+a", "+b"}));
}

// Whatever hook asks for it, on either link: it would go out on the other one.
TEST(subscriptions, what_is_added_or_removed_during_a_recycling_waits_for_its_end) {
  for (const bool on_predecessor : {true, false}) {
    for (const bool takes_over : {true, false}) {
      fixture f;
      for (const char* topic : {"a", "b", "c"}) (void)f.own().subscribe(topic);
      (void)f.connect();
      for (const char* topic : {"a", "b", "c"}) f.tell(kind::confirmed, topic);
      EXPECT_EQ(f.succeed(), lines{});
      const auto change = [&](hawser::context& c) {
        EXPECT_TRUE(f.own().subscribe(c, "new"));
        EXPECT_TRUE(f.own().subscribe(c, "fleeting"));
        f.own().unsubscribe(c, "fleeting");
        f.own().unsubscribe(c, "a");
        f.own().unsubscribe(c, "b");
        EXPECT_TRUE(f.own().subscribe(c, "b"));
      };
      on_predecessor ? f.with_predecessor(change) : f.at(change);
      EXPECT_EQ(f.settle(), lines{});
      EXPECT_EQ(f.own().find("a"), std::nullopt);
      EXPECT_EQ(f.own().find("b"), state::confirmed) << "as it was";
      if (takes_over) {
        EXPECT_EQ(f.take_over(), (lines{"+b", "+c", "+new"}));
      } else {
        EXPECT_EQ(f.revert(), (lines{"-a", "+new"}));
        ASSERT_TRUE(f.wake());
        EXPECT_EQ(f.settle(), lines{"late new"}) << "and once";
      }
    }
  }
}

// The successor logs in still: it was never held back, and is told as any link.
TEST(subscriptions, a_predecessor_that_ends_first_leaves_the_topics_to_the_successor) {
  for (const bool ready : {true, false}) {
    fixture f;
    (void)f.own().subscribe("a");
    (void)f.connect();
    f.tell(kind::confirmed, "a");
    f.predecessor = f.link;
    ++f.link.number;
    f.link.ready = false;
    f.link.successor = true;
    if (ready) {
      EXPECT_EQ(f.ready(true), lines{});
    }
    f.predecessor.open = false;
    f.with_predecessor([&](hawser::context& c) {
      f.plugins.drop(c, {.link = c.link().number, .error = errc::dropped});
    });
    EXPECT_EQ(f.own().find("a"), state::wanted);
    f.link.successor = false;
    ASSERT_TRUE(f.wake());
    EXPECT_EQ(f.settle(), ready ? lines{"+a"} : lines{});
    EXPECT_EQ(f.ready(), ready ? lines{} : lines{"+a"});
  }
}

// Its successor fell while it closed, and the client dialed anew.
TEST(subscriptions, a_link_that_opens_while_another_one_closes_is_asked_at_once) {
  fixture f;
  (void)f.own().subscribe("a");
  (void)f.connect();
  (void)f.succeed();
  f.drop();
  EXPECT_EQ(f.connect(), lines{"+a"});
  f.tell(kind::confirmed, "a");
  f.tell_predecessor(kind::failed);
  EXPECT_EQ(f.own().find("a"), state::confirmed);
  f.with_predecessor([&](hawser::context& c) {
    f.plugins.drop(c, {.link = c.link().number, .error = errc::closed, .replaced = true});
  });
  EXPECT_EQ(f.own().find("a"), state::confirmed);
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(f.settle(), lines{});
}

// Or the predecessor would serve more and more of them.
TEST(subscriptions, what_the_link_could_not_be_told_of_counts) {
  fixture f({.most = 2});
  (void)f.own().subscribe("a");
  (void)f.own().subscribe("b");
  (void)f.connect();
  (void)f.succeed();
  EXPECT_EQ(f.unsubscribe("a"), lines{});
  f.at([&](hawser::context& c) {
    EXPECT_EQ(f.own().subscribe(c, "x").error(), errc::too_many_subscriptions);
    EXPECT_TRUE(f.own().subscribe(c, "a")) << "but it may come back";
    f.own().unsubscribe(c, "a");
  });
  EXPECT_EQ(f.take_over(), lines{"+b"});
  EXPECT_EQ(f.subscribe("x"), lines{"+x"});
}

// Random operations, links, recyclings and answers: no link is asked for a topic twice between two
// changes of mind, and what it was asked for is what is wanted once it is the only one.
TEST(subscriptions, no_link_is_ever_asked_twice) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    hawser::jitter random(seed);
    fixture f;
    std::set<std::string> asked;
    bool recycling = false;
    const auto note = [&](const lines& said) {
      for (const std::string& s : said) {
        const std::string topic = s.substr(1);
        ASSERT_TRUE(s[0] != '-' || asked.erase(topic) == 1) << seed;
        ASSERT_TRUE(s[0] != '+' || asked.insert(topic).second) << seed;
      }
      if (recycling || !f.link.ready) return;
      ASSERT_EQ(asked.size(), f.own().registry().entries().size()) << seed;
      for (const auto& e : f.own().registry().entries()) ASSERT_TRUE(asked.contains(e.topic));
    };
    for (int i = 0; i < 200; ++i) {
      const std::string topic(1, static_cast<char>('a' + random.draw() % 5));
      switch (random.draw() % 10) {
        case 0:
          if (recycling) break;
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
          if (f.link.ready && !recycling) note(f.ready());
          break;
        case 5:
          f.tell(kind::failed, topic, errc::subscription_refused);
          break;
        case 6:
          if (f.wake()) note(f.settle());
          break;
        case 7:
          if (!f.link.ready || std::exchange(recycling, true)) break;
          note(f.succeed());
          break;
        case 8:
          if (!std::exchange(recycling, false)) break;
          if (random.draw() % 2 == 0) {
            note(f.revert());
          } else {
            asked.clear();
            note(f.take_over());
          }
          break;
        default:
          f.tell(kind::confirmed, topic);
      }
    }
  }
}

}  // namespace subscriptions_links_test

// stop() is held up by the hook that runs, and by no other, whatever loop runs them.
#include <hawser/testkit.hpp>

#include "support/sluggish.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace stop_test {

using namespace hawser;
using namespace std::chrono_literals;
using hawser::testing::flood;
using hawser::testing::plain;
using hawser::testing::sluggish;
using ::testing::Contains;
using ::testing::HasSubstr;

// From the call of stop() in the first of many messages to the end.
struct ending {
  duration took{};
  int heard = 0;
};
ending stop_in_a_flood(duration each, int messages, int stops, bool by_close = false) {
  plain h;
  h.connect();
  time_point asked = never;
  h.adapter().busy = [&](context& c, std::string_view in) {
    if (in != "message") return;
    if (asked == never) {
      asked = h.now();
      for (int i = 0; i < stops; ++i) h.client().stop();
      if (by_close) c.close();
    }
    h.elapse(each);
  };
  EXPECT_TRUE(h.peer_writes(flood(messages)));
  for (int i = 0; i < 1000 && !h.end(); ++i) h.advance(10ms);
  EXPECT_TRUE(h.end());
  return {h.now() - asked, h.adapter().heard};
}

TEST(Stop, IsHeldUpByOneHookAtMost) {
  const duration bound = deadlines{}.close;
  for (const duration each : {20ms, 100ms, 2000ms}) {
    const ending e = stop_in_a_flood(each, 20'000, 1);
    EXPECT_LE(e.took, bound + each + 10ms);
    EXPECT_GE(e.heard, bound / each) << "until then it drains";
  }
}

TEST(Stop, TwiceIsHeldUpByTheHookThatRuns) {
  for (const duration each : {20ms, 100ms, 2000ms}) {
    const ending e = stop_in_a_flood(each, 20'000, 2);
    EXPECT_LE(e.took, each + 10ms);
    EXPECT_EQ(e.heard, 1);
  }
}

TEST(Stop, QuickHooksHearWhatHasCome) {
  const ending e = stop_in_a_flood(1ms, 1000, 1);
  EXPECT_LE(e.took, 1s + 10ms);
  EXPECT_EQ(e.heard, 1000);
}

TEST(Stop, AClosingHandshakeHasItsDeadlineToo) {
  const ending e = stop_in_a_flood(100ms, 20'000, 0, true);
  EXPECT_LE(e.took, deadlines{}.close + 100ms + 10ms);
}

TEST(Stop, AFloodThatGoesOnDoesNotHoldItUp) {
  plain h;
  h.connect();
  h.adapter().busy = [&](context&, std::string_view in) {
    if (in == "message") h.elapse(20ms);
  };
  EXPECT_TRUE(h.peer_writes(flood(1)));
  h.client().stop();
  const time_point asked = h.now();
  while (!h.end() && h.now() - asked < 1h) {
    (void)h.peer_writes(flood(100));
    h.advance(10ms);
  }
  EXPECT_LE(h.now() - asked, deadlines{}.close + 100ms);
}

TEST(Stop, TasksThatWaitDoNotHoldItUp) {
  plain h;
  h.connect();
  int ran = 0;
  const auto task = [&](sluggish&, context& c) {
    (void)c.send(std::to_string(++ran));
    h.elapse(2s);
  };
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(h.client().submit(task));
  const time_point asked = h.now();
  h.client().stop();
  for (int i = 0; i < 1000 && !h.end(); ++i) h.advance(10ms);
  EXPECT_TRUE(h.end());
  EXPECT_LE(h.now() - asked, deadlines{}.close + 2s + 10ms);
  EXPECT_GE(ran, 3);
}

TEST(Stop, WhatWaitedForTheLinkDoesNotHoldItUp) {
  plain h({.url = "ws://peer.test/", .offline = {.messages = 1000}});
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(h.send("x"));
  int released = 0;
  h.adapter().busy = [&](context&, std::string_view in) {
    if (in != "sending") return;
    h.elapse(100ms);
    if (++released > 1) return;
    h.client().stop();
    h.client().stop();
  };
  h.connect();
  h.advance(0s);
  EXPECT_TRUE(h.end());
  EXPECT_LE(released, 2);
}

TEST(Stop, WhatWasSubmittedAndSentBeforeItGoesOut) {
  plain h;
  h.connect();
  EXPECT_TRUE(h.client().submit([&](sluggish&, context& c) {
    h.elapse(20ms);
    (void)c.send("a");
  }));
  EXPECT_TRUE(h.client().send("b"));
  h.client().stop();
  EXPECT_THAT(h.sent(), ::testing::ElementsAre("a", "b"));
  EXPECT_TRUE(h.end());
}

// --- each loop that runs hooks

constexpr duration bound = deadlines{}.close;

// Lets time pass until the end: how long that was from `asked` on.
template <class Kit>
duration until_end(Kit& h, const time_point& asked) {
  for (int i = 0; i < 3000 && !h.end(); ++i) h.advance(10ms);
  EXPECT_TRUE(h.end());
  return h.now() - asked;
}

// `fill` makes a loop of many hooks of the kind `in`, each of which takes `each`. The client is
// stopped in the first of them, once or twice, or `before` they begin.
struct busy_loop {
  std::string_view in;
  std::function<void(plain&)> fill;
  options with = {.url = "ws://peer.test/"};
};
duration stop_in(const busy_loop& l, duration each, int stops) {
  plain h(l.with);
  time_point asked = never;
  h.adapter().busy = [&](context&, std::string_view in) {
    if (in != l.in) return;
    if (asked == never) {
      asked = h.now();
      for (int i = 0; i < stops; ++i) h.client().stop();
    }
    h.elapse(each);
  };
  l.fill(h);
  EXPECT_NE(asked, never) << "no hook ran: " << l.in;
  return until_end(h, asked);
}

void expect_bound(const busy_loop& l) {
  for (const duration each : {20ms, 100ms, 2000ms}) {
    EXPECT_LE(stop_in(l, each, 1), bound + each + 10ms) << l.in << " " << each.count();
    EXPECT_LE(stop_in(l, each, 2), each + 10ms) << l.in << " " << each.count();
  }
}

TEST(StopLoops, TheMailboxOfTasks) {
  for (const int stops : {1, 2}) {
    for (const bool linked : {true, false}) {
      for (const duration each : {20ms, 100ms, 2000ms}) {
        plain h;
        if (linked) h.connect();
        time_point asked = never;
        for (int i = 0; i < 1000; ++i) {
          EXPECT_TRUE(h.client().submit([&](sluggish&, context&) {
            if (asked == never) {
              asked = h.now();
              for (int k = 0; k < stops; ++k) h.client().stop();
            }
            h.elapse(each);
          }));
        }
        h.settle();
        if (!linked) h.connect();
        EXPECT_LE(until_end(h, asked), (stops == 1 ? bound : 0s) + each + 10ms);
      }
    }
  }
}

// Batch after batch, each with a bound of its own, was three times as long.
TEST(StopLoops, TasksThatComeAfterwardsAndASleepingPeer) {
  plain h;
  h.connect();
  h.peer_sleeps();
  const auto task = [&](sluggish&, context&) { h.elapse(2s); };
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(h.client().submit(task));
  const time_point asked = h.now();
  h.client().stop();
  h.advance(1ms);
  for (int i = 0; i < 100; ++i) (void)h.client().submit(task);
  EXPECT_LE(until_end(h, asked), bound + 2s + 10ms);
}

// The Close begins late, and the peer answers it, but does not end TCP.
TEST(StopLoops, ALingeringLink) {
  plain h;
  h.connect();
  EXPECT_TRUE(h.client().submit([&](sluggish&, context&) { h.elapse(4900ms); }));
  const time_point asked = h.now();
  h.client().stop();
  h.peer_sleeps();
  ASSERT_EQ(h.now() - asked, 4900ms);
  h.peer_closes();
  EXPECT_LE(until_end(h, asked), bound + 10ms);
}

TEST(StopLoops, MessagesOfTheMailbox) {
  expect_bound({"sending", [](plain& h) {
                  h.connect();
                  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
                  h.settle();
                }});
}

TEST(StopLoops, MessagesOfOneHook) {
  expect_bound({"sending", [](plain& h) {
                  h.connect();
                  h.run([](sluggish&, context& c) {
                    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(c.send("x"));
                  });
                }});
}

TEST(StopLoops, MessagesThatWaitedForALogin) {
  expect_bound({"sending", [](plain& h) {
                  h.adapter().login = true;
                  h.connect();
                  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
                  h.settle();
                  h.run([](sluggish&, context& c) { c.set_ready(); });
                }});
}

TEST(StopLoops, MessagesThatWereHeld) {
  for (const int stops : {1, 2}) {
    plain h;
    h.connect();
    time_point asked = never;
    h.adapter().hold_until = h.now() + 1s;
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
    h.settle();
    h.adapter().busy = [&](context&, std::string_view in) {
      if (in != "sending") return;
      if (asked == never) {
        asked = h.now();
        for (int i = 0; i < stops; ++i) h.client().stop();
      }
      h.elapse(100ms);
    };
    h.advance(1s);
    ASSERT_NE(asked, never);
    EXPECT_LE(until_end(h, asked), (stops == 1 ? bound : 0s) + 100ms + 10ms);
  }
}

TEST(StopLoops, MessagesThatWaitedForALink) {
  expect_bound({"sending",
                [](plain& h) {
                  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
                  h.connect();
                  h.settle();
                },
                {.url = "ws://peer.test/", .offline = {.messages = 1000}}});
}

TEST(StopLoops, EndsOfMessagesThatWereWritten) {
  expect_bound({"settled", [](plain& h) {
                  h.connect();
                  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
                  h.settle();
                }});
}

TEST(StopLoops, EndsOfMessagesOfALinkThatDied) {
  expect_bound({"settled", [](plain& h) {
                  h.connect();
                  h.block_writes();
                  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
                  h.settle();
                  h.drop();
                }});
}

TEST(StopLoops, EndsOfMessagesThatWaitedTooLongForALink) {
  expect_bound({"settled",
                [](plain& h) {
                  h.stall_next(phase::connecting);
                  h.connect();
                  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
                  h.advance(1s);
                },
                {.url = "ws://peer.test/", .offline = {.messages = 1000, .age = 1s}}});
}

// They have not even begun to be told when the time is over: what is quick is told.
TEST(StopLoops, EndsAtTheDeadlineAreToldOfQuickHooksAndCountedOfSlowOnes) {
  for (const duration each : {0ms, 20ms, 100ms}) {
    plain h;
    h.connect();
    h.block_writes();
    int told = 0;
    bool stopped = false;
    h.adapter().busy = [&](context&, std::string_view in) {
      if (in == "settled") ++told, h.elapse(each);
      if (in == "stopped") stopped = true;
    };
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
    h.settle();
    const time_point asked = h.now();
    h.client().stop();
    EXPECT_LE(until_end(h, asked), bound + each + 10ms);
    EXPECT_TRUE(stopped);
    EXPECT_EQ(told, each == 0ms ? 1000 : 1);
    const auto warned = [](std::string_view words) { return Contains(HasSubstr(words)); };
    if (each == 0ms) {
      EXPECT_THAT(h.log(), ::testing::Not(warned("no time to tell")));
    } else {
      EXPECT_THAT(h.log(), warned("no time to tell of 999 ends"));
    }
  }
}

TEST(StopLoops, EndsOfWhatWaitedForALinkWhenTheClientStops) {
  expect_bound({"settled",
                [](plain& h) {
                  h.stall_next(phase::connecting);
                  h.connect();
                  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
                  h.client().stop();
                  h.settle();
                },
                {.url = "ws://peer.test/", .offline = {.messages = 1000}}});
}

// Hooks that no message comes with: frames, and what plug-ins raise.
struct watcher : adapter<watcher, on::frame, on::subscription> {
  std::function<void()> busy = [] {};
  void on_frame(context&, const frame_info& f) {
    if (!f.outbound) busy();
  }
  void on_subscription(context&, const subscription_event&) { busy(); }
};

TEST(StopLoops, FramesAndSubscriptions) {
  for (const int stops : {1, 2}) {
    for (const bool frames : {true, false}) {
      testkit::harness<watcher> h;
      h.connect();
      time_point asked = never;
      h.adapter().busy = [&] {
        if (asked == never) {
          asked = h.now();
          for (int i = 0; i < stops; ++i) h.client().stop();
        }
        h.elapse(100ms);
      };
      if (frames) {
        bytes pings;
        for (int i = 0; i < 1000; ++i) {
          for (const int b : {0x89, 0}) pings.push_back(static_cast<std::byte>(b));
        }
        h.peer_writes(pings);
      } else {
        h.run([](watcher&, context& c) {
          for (int i = 0; i < 1000; ++i) {
            c.subscription(std::to_string(i), subscription_event::kind::subscribe);
          }
        });
      }
      ASSERT_NE(asked, never);
      EXPECT_LE(until_end(h, asked), (stops == 1 ? bound : 0s) + 100ms + 10ms) << frames;
    }
  }
}

}  // namespace stop_test

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
using hawser::test::flood;
using hawser::test::plain;
using hawser::test::sluggish;
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

TEST(stop, is_held_up_by_one_hook_at_most) {
  const duration bound = deadlines{}.close;
  for (const duration each : {20ms, 100ms, 2000ms}) {
    const ending e = stop_in_a_flood(each, 20'000, 1);
    EXPECT_LE(e.took, bound + each + 10ms);
    EXPECT_GE(e.heard, bound / each) << "until then it drains";
  }
}

TEST(stop, twice_is_held_up_by_the_hook_that_runs) {
  for (const duration each : {20ms, 100ms, 2000ms}) {
    const ending e = stop_in_a_flood(each, 20'000, 2);
    EXPECT_LE(e.took, each + 10ms);
    EXPECT_EQ(e.heard, 1);
  }
}

TEST(stop, quick_hooks_hear_what_has_come) {
  const ending e = stop_in_a_flood(1ms, 1000, 1);
  EXPECT_LE(e.took, 1s + 10ms);
  EXPECT_EQ(e.heard, 1000);
}

TEST(stop, a_closing_handshake_has_its_deadline_too) {
  const ending e = stop_in_a_flood(100ms, 20'000, 0, true);
  EXPECT_LE(e.took, deadlines{}.close + 100ms + 10ms);
}

TEST(stop, a_flood_that_goes_on_does_not_hold_it_up) {
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

TEST(stop, tasks_that_wait_do_not_hold_it_up) {
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

TEST(stop, what_waited_for_the_link_does_not_hold_it_up) {
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

TEST(stop, what_was_submitted_and_sent_before_it_goes_out) {
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

TEST(stop_loops, the_mailbox_of_tasks) {
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
TEST(stop_loops, tasks_that_come_afterwards_and_a_sleeping_peer) {
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
TEST(stop_loops, a_lingering_link) {
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

TEST(stop_loops, messages_of_the_mailbox) {
  expect_bound({"sending", [](plain& h) {
                  h.connect();
                  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
                  h.settle();
                }});
}

TEST(stop_loops, messages_of_one_hook) {
  expect_bound({"sending", [](plain& h) {
                  h.connect();
                  h.run([](sluggish&, context& c) {
                    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(c.send("x"));
                  });
                }});
}

TEST(stop_loops, messages_that_waited_for_a_login) {
  expect_bound({"sending", [](plain& h) {
                  h.adapter().login = true;
                  h.connect();
                  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
                  h.settle();
                  h.run([](sluggish&, context& c) { c.set_ready(); });
                }});
}

TEST(stop_loops, messages_that_were_held) {
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

TEST(stop_loops, messages_that_waited_for_a_link) {
  expect_bound({"sending",
                [](plain& h) {
                  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
                  h.connect();
                  h.settle();
                },
                {.url = "ws://peer.test/", .offline = {.messages = 1000}}});
}

TEST(stop_loops, ends_of_messages_that_were_written) {
  expect_bound({"settled", [](plain& h) {
                  h.connect();
                  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
                  h.settle();
                }});
}

TEST(stop_loops, ends_of_messages_of_a_link_that_died) {
  expect_bound({"settled", [](plain& h) {
                  h.connect();
                  h.block_writes();
                  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(h.client().send("x"));
                  h.settle();
                  h.drop();
                }});
}

TEST(stop_loops, ends_of_messages_that_waited_too_long_for_a_link) {
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
TEST(stop_loops, ends_at_the_deadline_are_told_of_quick_hooks_and_counted_of_slow_ones) {
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

TEST(stop_loops, ends_of_what_waited_for_a_link_when_the_client_stops) {
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

TEST(stop_loops, frames_and_subscriptions) {
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

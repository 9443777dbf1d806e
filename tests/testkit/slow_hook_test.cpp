// Hooks that take their time: they are told of, and stop() is not held up by more than one.
#include <hawser/behaviors/heartbeat.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/behaviors/trace.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// Calls `busy` in every hook, with its name.
struct sluggish : adapter<sluggish, on::connecting, on::open, on::ready, on::message, on::sending,
                          on::settled, on::wake, on::drop, on::error, on::stopped> {
  std::function<void(context&, std::string_view)> busy = [](context&, std::string_view) {};
  int heard = 0;

  admission on_connecting(context& c, handshake&) {
    busy(c, "connecting");
    return admission::go();
  }
  void on_open(context& c, const open_info&) {
    busy(c, "open");
    c.wake_at(c.now() + 1s);
  }
  void on_ready(context& c, const ready_info&) { busy(c, "ready"); }
  verdict on_message(context& c, const inbound& m) {
    ++heard;
    busy(c, "message");
    busy(c, m.text());
    return handled;
  }
  permit on_sending(context& c, const outbound&) {
    busy(c, "sending");
    return permit::pass();
  }
  void on_settled(context& c, const settled_info&) { busy(c, "settled"); }
  void on_wake(context& c, const wake_info&) { busy(c, "wake"); }
  void on_drop(context& c, const drop_info&) { busy(c, "drop"); }
  reaction on_error(context& c, const failure&) {
    busy(c, "error");
    return reaction::pass();
  }
  void on_stopped(context& c, const stop_info&) { busy(c, "stopped"); }
};
using plain = testkit::harness<sluggish>;

// So many messages that come at once.
bytes flood(int n, char text = 'x') {
  bytes all;
  for (int i = 0; i < n; ++i) {
    for (const int b : {0x81, 1, static_cast<int>(text)}) all.push_back(static_cast<std::byte>(b));
  }
  return all;
}

std::size_t warnings(const testkit::world& w) {
  std::size_t n = 0;
  for (const std::string& line : w.log()) n += line.starts_with("slow hook: ");
  return n;
}

TEST(SlowHook, IsWarnedOfWithoutATraceAtOnce) {
  for (const auto& [took, words] :
       {std::pair<duration, const char*>{20ms, "20 ms"}, {100ms, "100 ms"}, {2s, "2.0 s"}}) {
    plain h;
    h.connect();
    EXPECT_TRUE(h.peer_sends("quick"));
    EXPECT_EQ(warnings(h), 0u);
    h.adapter().busy = [&, d = took](context&, std::string_view in) {
      if (in == "message") h.elapse(d);
    };
    EXPECT_TRUE(h.peer_sends("x"));
    EXPECT_EQ(warnings(h), 1u);
    EXPECT_THAT(h.log(), Contains(AllOf(HasSubstr("slow hook: message of "),
                                        HasSubstr(std::string("sluggish took ") + words))));
  }
}

TEST(SlowHook, UpToTheLimitIsNotSlow) {
  plain h;
  h.adapter().busy = [&](context&, std::string_view) { h.elapse(10ms); };
  h.connect();
  EXPECT_TRUE(h.peer_sends("x"));  // Its hook calls it twice.
  EXPECT_EQ(warnings(h), 1u);
  options o{.url = "ws://peer.test/", .slow_hook = 20ms};
  plain patient(o);
  patient.adapter().busy = [&](context&, std::string_view) { patient.elapse(10ms); };
  patient.connect();
  EXPECT_TRUE(patient.peer_sends("x"));
  EXPECT_EQ(warnings(patient), 0u);
}

TEST(SlowHook, CanBeTurnedOff) {
  options o{.url = "ws://peer.test/", .slow_hook = 0s};
  plain h(o);
  h.adapter().busy = [&](context&, std::string_view) { h.elapse(1min); };
  h.connect();
  EXPECT_TRUE(h.peer_sends("x"));
  h.run([&](sluggish&, context&) { h.elapse(1min); });
  EXPECT_EQ(warnings(h), 0u);
}

TEST(SlowHook, IsToldOncePerMinuteWithACount) {
  plain h;
  h.connect();
  h.adapter().busy = [&](context&, std::string_view in) {
    if (in == "message") h.elapse(20ms);
    if (in == "long") h.elapse(3s);
  };
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(h.peer_sends(i == 50 ? "long" : "x"));
  EXPECT_EQ(warnings(h), 1u);
  h.advance(1min);
  EXPECT_TRUE(h.peer_sends("x"));
  EXPECT_EQ(warnings(h), 2u);
  EXPECT_THAT(h.log(), Contains(HasSubstr("99 more since the last warning, the longest 3.0 s")));
}

TEST(SlowHook, IsFoundAmongManyThatAreQuick) {
  plain h;
  h.connect();
  EXPECT_TRUE(h.peer_writes(flood(1000)));
  h.adapter().busy = [&](context&, std::string_view in) {
    if (in == "message" && h.adapter().heard == 1500) h.elapse(2s);
  };
  EXPECT_TRUE(h.peer_writes(flood(1000)));
  EXPECT_EQ(h.adapter().heard, 2000);
  EXPECT_EQ(warnings(h), 1u);
  EXPECT_THAT(h.log(), Contains(HasSubstr("sluggish (1000 in a row) took 2.0 s")));
  // From now on each is timed.
  h.advance(40s);
  h.adapter().busy = [&](context&, std::string_view in) {
    if (in == "message") h.elapse(20ms);
  };
  EXPECT_TRUE(h.peer_writes(flood(10)));
  h.advance(30s);
  EXPECT_TRUE(h.peer_writes(flood(10)));
  EXPECT_THAT(h.log(), Contains(HasSubstr("sluggish took 20 ms link=1; 10 more")));
}

TEST(SlowHook, EveryHookIsWatchedAndTold) {
  for (const std::string_view slow : {"connecting", "open", "ready", "message", "sending",
                                      "settled", "wake", "drop", "error", "stopped"}) {
    plain h;
    h.adapter().busy = [&](context& c, std::string_view in) {
      if (in == slow) h.elapse(20ms);
      if (in == "send") (void)c.send("answer");
    };
    h.connect();
    EXPECT_TRUE(h.peer_sends("send"));
    h.advance(2s);
    EXPECT_TRUE(h.peer_closes());
    EXPECT_EQ(warnings(h), 1u) << slow;
    const auto told = [&](const std::string& line) {
      return line.find("slow hook: ") == 0 && line.find("sluggish took 20 ms") != line.npos;
    };
    EXPECT_EQ(std::count_if(h.log().begin(), h.log().end(), told), 1) << slow;
    // What comes with every message is timed with it, and told as the message's.
    const bool of_a_batch = slow == "sending" || slow == "settled";
    EXPECT_THAT(
        h.log(),
        Contains(HasSubstr("slow hook: " + std::string(of_a_batch ? "message" : slow) + " of ")));
  }
}

TEST(SlowHook, TasksAndTheEndsOfOffloadedWorkAreWatched) {
  plain h;
  h.run([&](sluggish&, context&) { h.elapse(20ms); });
  EXPECT_THAT(h.log(), Contains(HasSubstr("slow hook: task of submit() or offload() took 20 ms")));
  h.connect();
  h.advance(1min);
  h.run([&](sluggish&, context&) { h.elapse(30ms); });
  EXPECT_EQ(warnings(h), 2u);
}

// A second plug-in: who was slow is known once each is timed.
struct busybody : behavior<busybody, on::message> {
  std::function<void()> busy = [] {};
  verdict on_message(context&, const inbound&) {
    busy();
    return verdict::pass;
  }
};

TEST(SlowHook, ThePluginIsNamed) {
  testkit::harness<sluggish, heartbeat, busybody, reconnect> h;
  h.get<busybody>().busy = [&] { h.elapse(50ms); };
  h.connect();
  EXPECT_TRUE(h.peer_sends("x"));
  EXPECT_THAT(h.log(), Contains(AllOf(HasSubstr("slow hook: message of "), HasSubstr("busybody"))));
  h.advance(59s);
  EXPECT_TRUE(h.peer_sends("x"));
  h.advance(2s);
  EXPECT_TRUE(h.peer_sends("x"));
  EXPECT_THAT(h.log(), Contains(AllOf(HasSubstr("busybody took 50 ms link=1; 1 more"),
                                      Not(HasSubstr("sluggish")))));
}

// The trace has its own words and its own limit.
TEST(SlowHook, ATraceThatWatchesTellsAlone) {
  testkit::harness<sluggish, trace> h;
  h.adapter().busy = [&](context&, std::string_view in) {
    if (in == "message" || in == "open") h.elapse(50ms);
  };
  h.connect();
  EXPECT_TRUE(h.peer_sends("x"));
  EXPECT_TRUE(h.peer_sends("x"));
  EXPECT_EQ(warnings(h), 3u);
}

TEST(SlowHook, ExplainAndDiagnosticsSayWhatRuns) {
  plain h;
  h.connect();
  std::string early;
  std::string words;
  std::string json;
  client_diagnostics told;
  h.adapter().busy = [&](context&, std::string_view in) {
    if (in != "message") return;
    h.elapse(9ms);
    early = to_words(h.client().explain());
    h.elapse(2100ms);
    words = to_words(h.client().explain());
    json = to_json(h.client().explain());
    told = h.client().diagnostics();
  };
  EXPECT_TRUE(h.peer_sends("x"));
  EXPECT_THAT(early, Not(HasSubstr("runs since")));
  EXPECT_THAT(words, AllOf(HasSubstr("hook message of "), HasSubstr("sluggish runs since 2.1 s")));
  EXPECT_THAT(json, AllOf(HasSubstr(R"("running":{"hook":"message","plugin":)"),
                          HasSubstr(R"("ms":2109})")));
  EXPECT_THAT(told.warnings, Contains(HasSubstr("sluggish runs since 2.1 s")));
  EXPECT_FALSE(h.client().explain().running) << "it has returned";
  h.run([&](sluggish&, context&) {
    h.elapse(1s);
    words = to_words(h.client().explain());
  });
  EXPECT_THAT(words, HasSubstr("hook task runs since 1.0 s"));
}

// --- stop() --------------------------------------------------------------------------------------

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

}  // namespace

// Hooks that take their time are told of.
#include <hawser/behaviors/heartbeat.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/behaviors/trace.hpp>
#include <hawser/testkit.hpp>

#include "support/sluggish.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace slow_hook_test {

using namespace hawser;
using hawser::test::flood;
using hawser::test::plain;
using hawser::test::sluggish;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::size_t warnings(const testkit::world& w) {
  std::size_t n = 0;
  for (const std::string& line : w.log()) n += line.starts_with("slow hook: ");
  return n;
}

TEST(slow_hook, is_warned_of_without_a_trace_at_once) {
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

TEST(slow_hook, up_to_the_limit_is_not_slow) {
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

TEST(slow_hook, can_be_turned_off) {
  options o{.url = "ws://peer.test/", .slow_hook = 0s};
  plain h(o);
  h.adapter().busy = [&](context&, std::string_view) { h.elapse(1min); };
  h.connect();
  EXPECT_TRUE(h.peer_sends("x"));
  h.run([&](sluggish&, context&) { h.elapse(1min); });
  EXPECT_EQ(warnings(h), 0u);
}

TEST(slow_hook, is_told_once_per_minute_with_a_count) {
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

TEST(slow_hook, is_found_among_many_that_are_quick) {
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

TEST(slow_hook, every_hook_is_watched_and_told) {
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

TEST(slow_hook, tasks_and_the_ends_of_offloaded_work_are_watched) {
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

TEST(slow_hook, the_plugin_is_named) {
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
TEST(slow_hook, a_trace_that_watches_tells_alone) {
  testkit::harness<sluggish, trace> h;
  h.adapter().busy = [&](context&, std::string_view in) {
    if (in == "message" || in == "open") h.elapse(50ms);
  };
  h.connect();
  EXPECT_TRUE(h.peer_sends("x"));
  EXPECT_TRUE(h.peer_sends("x"));
  EXPECT_EQ(warnings(h), 3u);
}

TEST(slow_hook, explain_and_diagnostics_say_what_runs) {
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

// What is timed by itself is nobody else's time, whatever stands beside it in one mailbox batch.
TEST(slow_hook, of_a_mailbox_batch_each_is_judged_by_itself) {
  using list = std::vector<std::string_view>;
  for (const list& order :
       {list{"task", "send"}, list{"task", "task", "send"}, list{"send", "task"},
        list{"send", "task", "send"}, list{"task", "send", "task", "send", "task"}}) {
    plain h;
    h.connect();
    for (const std::string_view what : order) {
      const bool taken =
          what == "send"
              ? h.client().send("x").has_value()
              : h.client().submit([&](sluggish&, context&) { h.elapse(9ms); }).has_value();
      EXPECT_TRUE(taken);
    }
    h.settle();
    EXPECT_EQ(warnings(h), 0u) << order.size();
  }
}

TEST(slow_hook, a_task_before_a_send_is_told_alone) {
  plain h;
  h.connect();
  EXPECT_TRUE(h.client().submit([&](sluggish&, context&) { h.elapse(2s); }));
  EXPECT_TRUE(h.client().send("x"));
  h.settle();
  EXPECT_EQ(warnings(h), 1u);
  EXPECT_THAT(h.log(), Contains(HasSubstr("slow hook: task of submit() or offload() took 2.0 s")));
}

TEST(slow_hook, a_send_before_a_task_is_seen_and_told_alone) {
  plain h;
  h.connect();
  h.adapter().busy = [&](context&, std::string_view in) {
    if (in == "sending") h.elapse(20ms);
  };
  EXPECT_TRUE(h.client().send("x"));
  EXPECT_TRUE(h.client().submit([&](sluggish&, context&) { h.elapse(9ms); }));
  h.settle();
  EXPECT_EQ(warnings(h), 1u);
  EXPECT_THAT(h.log(), Contains(AllOf(HasSubstr("slow hook: sending"), HasSubstr("20 ms"))));
}

// A slow hook without a link, in the middle of a batch of a link.
struct renewer : adapter<renewer, on::message, on::authenticate, on::renewed> {
  std::function<void()> busy = [] {};
  verdict on_message(context& c, const inbound&) {
    c.reauthenticate();
    return handled;
  }
  grant on_authenticate(context&, auth_request&) {
    busy();
    return grant::ready();
  }
  void on_renewed(context&, const credentials&) {}
};

TEST(slow_hook, on_authenticate_of_an_open_link_is_told_alone) {
  testkit::harness<renewer> h;
  h.connect();
  h.adapter().busy = [&] { h.elapse(20ms); };
  EXPECT_TRUE(h.peer_sends("x"));
  EXPECT_EQ(warnings(h), 1u);
  EXPECT_THAT(h.log(), Contains(HasSubstr("slow hook: authenticate")));
}

// No hook of them is slow, but together they take their time.
TEST(slow_hook, explain_of_a_fast_batch_names_none) {
  for (const duration limit : {duration(10ms), duration(0s)}) {
    plain h({.url = "ws://peer.test/", .slow_hook = limit});
    h.connect();
    EXPECT_TRUE(h.peer_sends("x"));
    int said = 0;
    h.adapter().busy = [&](context&, std::string_view in) {
      if (in != "message") return;
      h.elapse(1ms);
      said += h.client().explain().running.has_value();
    };
    EXPECT_TRUE(h.peer_writes(flood(1000)));
    EXPECT_TRUE(h.peer_writes(flood(1000)));
    EXPECT_EQ(said, 0);
    EXPECT_THAT(h.client().diagnostics(0s).warnings, ::testing::IsEmpty());
  }
}

TEST(slow_hook, explain_names_one_in_the_middle_of_a_batch_when_it_is_asked_again) {
  plain h;
  h.connect();
  std::optional<running_hook> first;
  std::optional<running_hook> again;
  std::optional<running_hook> next;
  h.adapter().busy = [&](context&, std::string_view in) {
    if (in != "message") return;
    if (h.adapter().heard == 501) next = h.client().explain().running;
    h.elapse(h.adapter().heard == 500 ? 0ms : 1ms);
    if (h.adapter().heard != 500) return;
    first = h.client().explain().running;
    h.elapse(2s);
    again = h.client().explain().running;
  };
  EXPECT_TRUE(h.peer_writes(flood(1000)));
  EXPECT_FALSE(first);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->hook, "message");
  EXPECT_EQ(again->since, 2s);
  EXPECT_FALSE(next) << "it has just begun";
  EXPECT_EQ(warnings(h), 1u) << "and it is told";
  std::optional<running_hook>
      stuck;  // Nobody has asked before, but so many quick ones are quicker.
  h.adapter().busy = [&](context&, std::string_view in) {
    if (in != "message" || h.adapter().heard != 1100) return;
    h.elapse(2s);
    stuck = h.client().explain().running;
  };
  h.advance(10min);
  EXPECT_TRUE(h.peer_writes(flood(1000)));
  EXPECT_TRUE(stuck);
}

}  // namespace slow_hook_test

// The trace that is switched and filtered while the link lives, and what it tells of the hooks.
#include <hawser/adapter.hpp>
#include <hawser/behaviors/trace.hpp>

#include "support/bench_link.hpp"
#include "support/words.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace switch_test {

using namespace std::chrono_literals;
namespace on = hawser::on;
using hawser::context;

hawser::time_point time_now;
struct : hawser::monotonic_clock {
  hawser::time_point now() const noexcept override { return time_now; }
} const clock_of_hooks;

struct filter : hawser::behavior<filter, on::message, on::frame> {
  hawser::verdict on_message(context&, const hawser::inbound& m) {
    time_now += takes;
    if (m.text() == "throw") throw std::runtime_error("it broke");
    return m.text() == "mine" ? hawser::handled : hawser::verdict::pass;
  }
  void on_frame(context&, const hawser::frame_info&) { time_now += takes; }
  hawser::duration takes = 1500ns;
};

struct ticker : hawser::adapter<ticker, on::message, on::open> {
  void on_open(context&, const hawser::open_info&) { time_now += 12345us; }
  hawser::verdict on_message(context&, const hawser::inbound& m) {
    time_now += 20us;
    return m.text() == "nobody's" ? hawser::verdict::pass : hawser::handled;
  }
};

}  // namespace switch_test

namespace trace_switch_test {

using namespace switch_test;
using hawser::log_level;
using hawser::opcode;
using hawser::trace;
using list = std::vector<std::string>;

const list routes = {"routing table: connecting: trace",
                     "routing table: open: trace -> switch_test::ticker",
                     "routing table: drop: trace",
                     "routing table: ready: trace",
                     "routing table: frame: trace -> switch_test::filter",
                     "routing table: message: switch_test::filter -> switch_test::ticker",
                     "routing table: error: trace",
                     "routing table: stopped: trace",
                     "routing table: subscription: trace"};

struct fixture : hawser::test::bench_link<trace, filter, ticker> {
  explicit fixture(log_level threshold = log_level::warn, trace::options o = {})
      : bench_link(trace(std::move(o)), filter{}, ticker{}), lines(threshold) {
    sink = &lines;
    link.number = 2;
    plugins.time_hooks_by(&clock_of_hooks);
  }
  void set(std::string_view spec) {
    EXPECT_EQ(words_of(plugins.get<trace>().control()->set(spec)), "");
  }
  // Sets it, and forgets the routing table that this brings.
  void set_and_skip_routes(std::string_view spec) {
    set(spec);
    message("x");
    said();
  }
  void message(std::string_view text) {
    at([&](context& c) {
      plugins.message(c, {link.number, opcode::text, hawser::as_bytes(text)});
    });
  }
  void frame() {
    at([&](context& c) { plugins.frame(c, {}); });
  }
  list said() {
    lines.levels.clear();
    return std::exchange(lines.lines, {});
  }
  hawser::test::line_sink lines;
};

const char* const frame_line = "< binary 0 bytes link=2 crc=00000000";
const char* const message_line =
    "message link=2 asked switch_test::filter 1.5us, switch_test::ticker 20.0us; stopped by "
    "switch_test::ticker";

TEST(trace_switch, tells_who_was_asked_for_how_long_and_who_stopped_the_event) {
  fixture f(log_level::trace);
  f.frame();
  EXPECT_EQ(f.said(), list{frame_line});
  f.message("x");
  EXPECT_EQ(f.lines.levels, std::vector{log_level::trace});
  EXPECT_EQ(f.said(), list{message_line});
  f.message("mine");
  EXPECT_EQ(f.said(), list{"message link=2 asked switch_test::filter 1.5us; stopped by "
                           "switch_test::filter"});
  f.message("nobody's");
  EXPECT_EQ(f.said(),
            list{"message link=2 asked switch_test::filter 1.5us, switch_test::ticker 20.0us"});
  f.message("throw");
  EXPECT_EQ(f.said(), list{"message link=2 asked switch_test::filter 1.5us threw"});
}

TEST(trace_switch, without_a_clock_only_the_times_are_missing) {
  fixture f(log_level::trace);
  f.plugins.time_hooks_by(nullptr);
  f.frame();
  f.message("x");
  EXPECT_EQ(f.said().back(),
            "message link=2 asked switch_test::filter, switch_test::ticker; stopped by "
            "switch_test::ticker");
}

TEST(trace_switch, automatic_follows_the_log) {
  for (const auto threshold :
       {log_level::debug, log_level::info, log_level::error, log_level::off}) {
    fixture f(threshold);
    f.frame();
    f.message("x");
    EXPECT_EQ(f.said(), list{});
  }
}

TEST(trace_switch, on_tells_whatever_the_log_wants) {
  fixture f(log_level::error);
  f.set("on");
  f.frame();
  list all = f.said();
  EXPECT_EQ(all.at(0), frame_line);
  EXPECT_EQ(list(all.begin() + 1, all.end()), routes) << "once, with the first event";
  f.message("x");
  EXPECT_EQ(f.said(), list{message_line});
  f.set("off");
  f.frame();
  f.message("x");
  EXPECT_EQ(f.said(), list{});
  f.set("auto");
  f.frame();
  f.message("x");
  EXPECT_EQ(f.said(), list{});
  f.set("on hooks=message");
  f.message("x");
  EXPECT_EQ(f.said().size(), routes.size() + 1) << "the table again: it is turned on anew";
}

TEST(trace_switch, a_log_that_is_off_stays_silent) {
  fixture f(log_level::off);
  f.set("on");
  f.open();
  f.frame();
  f.message("x");
  EXPECT_EQ(f.said(), list{});
  f.sink = nullptr;
  f.frame();
  f.message("x");
}

TEST(trace_switch, off_silences_what_the_log_wants) {
  fixture f(log_level::trace);
  f.set("off");
  f.open();
  f.frame();
  f.message("x");
  f.drop();
  EXPECT_EQ(f.said(), list{});
}

TEST(trace_switch, the_level_says_how_much) {
  fixture f;
  f.set("on level=info");
  f.open();
  list all = f.said();
  EXPECT_EQ(all.at(0), "open link=3");
  EXPECT_EQ(all.back(), "slow hook: open of switch_test::ticker took 12.3ms link=3");
  f.message("x");
  f.frame();
  EXPECT_EQ(f.said(), list{});
  f.set("on level=warn");
  f.open();
  EXPECT_EQ(f.lines.levels, std::vector{log_level::warn});
  EXPECT_EQ(f.said(), list{"slow hook: open of switch_test::ticker took 12.3ms link=4"});
}

TEST(trace_switch, a_hook_that_is_slower_than_the_threshold_is_warned_of) {
  fixture f(log_level::trace);
  f.set_and_skip_routes("on slow=20us level=warn");
  f.message("x");
  EXPECT_EQ(f.said(), list{}) << "just in time";
  f.plugins.get<filter>().takes = 20001ns;
  f.message("x");
  f.frame();
  EXPECT_EQ(f.lines.levels, (std::vector{log_level::warn, log_level::warn}));
  EXPECT_EQ(f.said(), (list{"slow hook: message of switch_test::filter took 20.0us link=2",
                            "slow hook: frame of switch_test::filter took 20.0us link=2"}));
  f.plugins.get<filter>().takes = 61789ms;
  f.message("x");
  EXPECT_EQ(f.said(), list{"slow hook: message of switch_test::filter took 61.7s link=2"});
}

TEST(trace_switch, filters_by_hook) {
  fixture f;
  f.set_and_skip_routes("on hooks=message");
  f.open();
  f.frame();
  f.message("x");
  EXPECT_EQ(f.said().size(), 1u);
  f.set("on hooks=frame");
  f.frame();
  f.message("x");
  f.open();
  EXPECT_EQ(f.said().at(0), "< binary 0 bytes link=3 crc=00000000");
  f.frame();
  f.message("x");
  EXPECT_EQ(f.said(), list{"< binary 0 bytes link=4 crc=00000000"});
}

TEST(trace_switch, filters_by_plug_in) {
  fixture f;
  f.set_and_skip_routes("on plugins=ticker");
  f.frame();
  f.message("x");
  EXPECT_EQ(f.said(), list{"message link=2 asked switch_test::ticker 20.0us; stopped by "
                           "switch_test::ticker"});
  f.message("mine");
  EXPECT_EQ(f.said(), list{}) << "it was not asked";
  f.set_and_skip_routes("on plugins=trace");
  f.frame();
  f.message("x");
  EXPECT_EQ(f.said(), list{frame_line});
}

TEST(trace_switch, filters_by_link) {
  fixture f;
  f.set_and_skip_routes("on link=2");
  f.frame();
  EXPECT_EQ(f.said(), list{frame_line});
  f.link.number = 3;
  f.frame();
  f.message("x");
  f.open();
  EXPECT_EQ(f.said(), list{});
}

TEST(trace_switch, filters_count_while_the_log_decides_too) {
  fixture f(log_level::trace);
  f.set("auto hooks=frame link=2");
  f.frame();
  f.message("x");
  EXPECT_EQ(f.said(), list{frame_line});
}

TEST(trace_switch, a_log_that_changes_its_mind_is_followed_whatever_the_filter) {
  fixture f(log_level::info);
  f.set("auto hooks=message");
  f.message("x");
  EXPECT_EQ(f.said(), list{});
  hawser::test::line_sink verbose(log_level::trace);
  f.sink = &verbose;
  f.frame();
  f.message("x");
  EXPECT_EQ(verbose.lines, list{message_line});
}

TEST(trace_switch, payloads_are_turned_on_and_off) {
  fixture f(log_level::trace, {.payloads = 3});
  const auto payload = [&] {
    f.at([&](context& c) {
      f.plugins.frame(c, {.op = opcode::text, .size = 5, .payload = hawser::as_bytes("hello")});
    });
    const std::string line = f.said().at(0);
    return line.substr(line.find("crc=") + 12);
  };
  EXPECT_EQ(payload(), " \"hel\"...");
  f.set("auto payloads=5");
  EXPECT_EQ(payload(), " \"hello\"");
  f.set("auto payloads=0");
  EXPECT_EQ(payload(), "");
  f.set("auto");
  EXPECT_EQ(payload(), " \"hel\"...");
}

TEST(trace_switch, one_control_may_switch_several_traces) {
  const auto both = std::make_shared<hawser::trace_control>();
  fixture a(log_level::error, {.control = both});
  fixture b(log_level::error, {.control = both});
  EXPECT_TRUE(both->toggle());
  a.frame();
  b.frame();
  EXPECT_EQ(a.said().at(0), frame_line);
  EXPECT_EQ(b.said().at(0), frame_line);
}

TEST(trace_switch, the_trace_may_have_a_log_of_its_own) {
  const auto own = std::make_shared<hawser::test::line_sink>(log_level::trace);
  fixture f(log_level::trace, {.log = own});
  f.frame();
  f.message("x");
  EXPECT_EQ(f.said(), list{});
  EXPECT_EQ(own->lines, (list{frame_line, message_line}));
}

TEST(trace_switch, is_switched_from_another_thread_while_events_come) {
  fixture f(log_level::error);
  const auto control = f.plugins.get<trace>().control();
  std::thread switcher([&] {
    for (int i = 0; i < 1000; ++i) {
      ASSERT_TRUE(control->set(i % 2 == 0 ? "on link=2 plugins=trace,filter" : "off"));
    }
    ASSERT_TRUE(control->set("on"));
  });
  std::size_t told = 0;
  while (told < routes.size() + 1 || control->str() != "on") {
    f.frame();
    f.message("x");
    told += f.said().size();
  }
  switcher.join();
  f.message("x");
  EXPECT_EQ(f.said().back(), message_line);
}

}  // namespace trace_switch_test

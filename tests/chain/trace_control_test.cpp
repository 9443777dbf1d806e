#include <hawser/trace_control.hpp>

#include "support/words.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace trace_control_test {

using namespace std::chrono_literals;
using hawser::errc;
using hawser::hook;
using hawser::log_level;
using hawser::trace_control;
using hawser::trace_settings;
using state = hawser::trace_settings::state;

// What is set by a text; the test fails if it is refused.
trace_settings read(std::string_view spec) {
  const auto s = hawser::parse_trace_settings(spec);
  EXPECT_EQ(words_of(s), "") << spec;
  return s ? *s : trace_settings{};
}

TEST(trace_settings, are_read_from_text) {
  EXPECT_EQ(read("off").is, state::off);
  EXPECT_EQ(read("auto").is, state::automatic);
  const trace_settings on = read(" on ");
  EXPECT_EQ(on.is, state::on);
  EXPECT_EQ(on.level, log_level::trace);
  EXPECT_EQ(on.hooks, hawser::every_hook);
  EXPECT_EQ(on.plugins, std::vector<std::string>{});
  EXPECT_EQ(on.link, 0u);
  EXPECT_EQ(on.payloads, std::nullopt);
  EXPECT_EQ(on.slow, 10ms);
  const trace_settings all = read(
      "on  level=info hooks=message,sending plugins=reconnect,a::b link=3 payloads=64 slow=500us");
  EXPECT_EQ(all.level, log_level::info);
  EXPECT_EQ(all.hooks, bit(hook::message) | bit(hook::sending));
  EXPECT_EQ(all.plugins, (std::vector<std::string>{"reconnect", "a::b"}));
  EXPECT_EQ(all.link, 3u);
  EXPECT_EQ(all.payloads, 64u);
  EXPECT_EQ(all.slow, 500us);
  EXPECT_EQ(read("auto slow=2s payloads=0").slow, 2s);
  EXPECT_EQ(read("auto slow=2s payloads=0").payloads, 0u);
}

TEST(trace_settings, come_back_as_the_text_that_set_them) {
  for (const char* spec :
       {"on", "off", "auto", "on level=warn", "on level=debug", "auto hooks=frame",
        "on level=info hooks=message,sending plugins=reconnect,a::b link=3 payloads=64 slow=500us",
        "auto payloads=0 slow=1s"}) {
    EXPECT_EQ(read(spec).str(), spec);
  }
  EXPECT_EQ(read("on level=trace slow=10ms").str(), "on") << "what is by default is not said";
  EXPECT_EQ(read("on hooks=sending,message slow=1000us").str(),
            "on hooks=message,sending slow=1ms");
}

TEST(trace_settings, every_hook_of_the_table_has_a_name) {
  for (unsigned i = 0; i < 32; ++i) {
    if ((hawser::every_hook & (hawser::hook_mask{1} << i)) == 0) continue;
    const auto h = static_cast<hook>(i);
    EXPECT_EQ(read("on hooks=" + std::string(to_string(h))).hooks, bit(h));
  }
  EXPECT_EQ(to_string(hook::message), "message");
}

TEST(trace_settings, that_are_wrong_are_refused_by_the_word) {
  const std::string number = "expected the number of a link, from 1";
  const std::string time = "expected a duration from 1us to 1000000s, such as 500us, 10ms or 1s";
  const std::pair<std::string, std::string> cases[] = {
      {"", "trace: say on, off or auto"},
      {"  ", "trace: say on, off or auto"},
      {"yes", "trace: 'yes': expected on, off or auto"},
      {"hooks=frame on", "trace: 'hooks=frame': expected on, off or auto"},
      {"off link=3", "trace: 'link=3': nothing follows `off`"},
      {"on frame", "trace: 'frame': expected name=value"},
      {"on hoks=message",
       "trace: 'hoks=message': there is no such setting; there are hooks, plugins, link, payloads, "
       "slow, level"},
      {"on hooks=message,mesage", "trace: 'hooks=message,mesage': there is no hook 'mesage'"},
      {"on hooks=", "trace: 'hooks=': there is no hook ''"},
      {"on hooks=message,", "trace: 'hooks=message,': there is no hook ''"},
      {"on plugins=a,,b", "trace: 'plugins=a,,b': a name is empty"},
      {"on link=3 link=4", "trace: 'link=4': it is said twice"},
      {"on link=0", "trace: 'link=0': " + number},
      {"on link=-1", "trace: 'link=-1': " + number},
      {"on link=9999999999999999999", "trace: 'link=9999999999999999999': " + number},
      {"on payloads=64k", "trace: 'payloads=64k': expected a number of bytes"},
      {"on payloads=", "trace: 'payloads=': expected a number of bytes"},
      {"on slow=0ms", "trace: 'slow=0ms': " + time},
      {"on slow=5", "trace: 'slow=5': " + time},
      {"on slow=ms", "trace: 'slow=ms': " + time},
      {"on slow=1000001s", "trace: 'slow=1000001s': " + time},
      {"on level=loud", "trace: 'level=loud': expected warn, info, debug or trace"},
      {"auto level=info", "trace: 'level=info': it is for `on`; otherwise the log decides"},
      {"on a\nb=1",
       "trace: 'a\\x0ab=1': there is no such setting; there are hooks, plugins, link, payloads, "
       "slow, level"},
  };
  for (const auto& [spec, told] : cases) {
    EXPECT_EQ(words_of(hawser::parse_trace_settings(spec)), told);
  }
}

TEST(trace_settings, are_bounded) {
  std::string names = "on plugins=p";
  for (int i = 1; i < 16; ++i) names += ",p";
  EXPECT_EQ(read(names).plugins.size(), 16u);
  EXPECT_EQ(words_of(hawser::parse_trace_settings(names + ",p")),
            "trace: '" + names.substr(3) + ",p': more than 16 names");
  const std::string spaces(4094, ' ');
  EXPECT_TRUE(hawser::parse_trace_settings("on" + spaces));
  EXPECT_EQ(words_of(hawser::parse_trace_settings("on " + spaces)),
            "trace: longer than 4096 bytes");
}

TEST(trace_settings, name_plug_ins_with_and_without_namespace_and_arguments) {
  const trace_settings some = read("on plugins=ticker,a::b");
  for (const char* name :
       {"ticker", "feed::ticker", "x::ticker<a::b, 3>", "a::b", "(anonymous namespace)::ticker"}) {
    EXPECT_TRUE(some.names(name)) << name;
  }
  for (const char* name : {"tick", "tickers", "b", "c::b", "x<ticker>", "ticker::x"}) {
    EXPECT_FALSE(some.names(name)) << name;
  }
  EXPECT_TRUE(read("on").names("anything"));
}

TEST(trace_control, is_automatic_at_first) {
  const trace_control c;
  EXPECT_EQ(c.str(), "auto");
  EXPECT_EQ(c.watched(), hawser::every_hook | trace_control::automatic_bit);
}

TEST(trace_control, watches_what_the_settings_say) {
  trace_control c;
  EXPECT_TRUE(c.set("on hooks=frame"));
  EXPECT_EQ(c.watched(), bit(hook::frame));
  EXPECT_TRUE(c.set("auto hooks=frame"));
  EXPECT_EQ(c.watched(), bit(hook::frame) | trace_control::automatic_bit);
  EXPECT_TRUE(c.set("off"));
  EXPECT_EQ(c.watched(), 0u);
}

TEST(trace_control, a_wrong_text_changes_nothing) {
  trace_control c(read("on link=3"));
  const auto r = c.set("on link=3 x=1");
  EXPECT_EQ(r.error().code, errc::invalid_option);
  EXPECT_NE(words_of(r), "");
  EXPECT_EQ(c.str(), "on link=3");
}

TEST(trace_control, toggles_and_keeps_its_filters) {
  trace_control c(read("auto link=3"));
  EXPECT_TRUE(c.toggle());
  EXPECT_EQ(c.str(), "on link=3");
  EXPECT_FALSE(c.toggle());
  EXPECT_EQ(c.str(), "auto link=3");
  c.set(read("off"));
  EXPECT_TRUE(c.toggle());
  EXPECT_EQ(c.str(), "on");
}

// Read on one thread and set on two: what is read is always one of what was set.
TEST(trace_control, may_be_set_from_any_thread) {
  trace_control c;
  std::atomic<bool> over = false;
  std::thread reader([&] {
    while (!over) {
      const std::string s = c.str();
      ASSERT_TRUE(s == "auto" || s == "on link=3" || s == "on payloads=64") << s;
      (void)c.watched();
    }
  });
  const auto write = [&](const char* spec) {
    for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(c.set(spec));
  };
  std::thread one(write, "on link=3");
  std::thread other(write, "on payloads=64");
  one.join();
  other.join();
  over = true;
  reader.join();
  EXPECT_NE(c.str(), "auto");
}

}  // namespace trace_control_test

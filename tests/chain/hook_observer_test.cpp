#include <hawser/adapter.hpp>
#include <hawser/behavior.hpp>
#include <hawser/chain.hpp>

#include "support/bench_link.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace hook_observer_test {

using namespace std::chrono_literals;
namespace on = hawser::on;
using hawser::context;
using hawser::hook;
using hawser::hook_step;
using outcome = hawser::hook_step::outcome;

// The time that hooks take: each moves it.
hawser::time_point time_now;
struct : hawser::monotonic_clock {
  hawser::time_point now() const noexcept override { return time_now; }
} const clock_of_hooks;

struct front : hawser::behavior<front, on::open, on::message, on::wake> {
  void on_open(context& c, const hawser::open_info&) {
    time_now += 5us;
    c.wake_at(c.now() + 1s);
  }
  hawser::verdict on_message(context&, const hawser::inbound&) {
    time_now += 2us;
    if (throws) throw std::runtime_error("it broke");
    return answer;
  }
  void on_wake(context&, const hawser::wake_info&) {}
  hawser::verdict answer = hawser::verdict::pass;
  bool throws = false;
};

struct watcher : hawser::behavior<watcher, on::open, on::drop>, hawser::hook_observer {
  struct walk {
    hook which;
    std::vector<hook_step> steps;
  };
  void on_open(context&, const hawser::open_info&) { time_now += 1h; }
  void on_drop(context&, const hawser::drop_info&) {}
  bool watches(const context&, hook h) const noexcept override {
    ++asked;
    return (mask & hawser::bit(h)) != 0;
  }
  void walked(context&, const hawser::event_sink& plugins, hook h,
              std::span<const hook_step> steps) override {
    EXPECT_NE(plugins.routing_table(), "");
    if (throws) throw std::logic_error("cannot tell");
    walks.push_back({h, {steps.begin(), steps.end()}});
  }
  hawser::hook_mask mask = ~hawser::hook_mask{0};
  std::vector<walk> walks;
  bool throws = false;
  mutable int asked = 0;
};

struct back : hawser::adapter<back, on::open, on::message, on::wake> {
  void on_open(context& c, const hawser::open_info&) { c.wake_at(c.now() + 2s); }
  hawser::verdict on_message(context&, const hawser::inbound&) {
    time_now += 3us;
    return hawser::handled;
  }
  void on_wake(context&, const hawser::wake_info&) { time_now += 7us; }
};

}  // namespace hook_observer_test

namespace hook_observer_test {

using namespace hook_observer_test;
using hawser::errc;

struct fixture : hawser::test::bench_link<front, watcher, back> {
  explicit fixture(bool clock = true) : bench_link(front{}, watcher{}, back{}) {
    if (clock) plugins.time_hooks_by(&clock_of_hooks);
  }
  watcher& eye() { return plugins.get<watcher>(); }
  hawser::verdict message() {
    return at([&](context& c) { return plugins.message(c, {}); });
  }
  // "front 2us passed; back 3us stopped"
  std::string last() {
    if (eye().walks.empty()) return "none";
    std::string text;
    for (const hook_step& s : eye().walks.back().steps) {
      if (!text.empty()) text += "; ";
      text += s.plugin.substr(s.plugin.rfind(':') + 1);
      if (s.took) text += ' ' + std::to_string(s.took->count() / 1000) + "us";
      text += s.what == outcome::passed    ? " passed"
              : s.what == outcome::stopped ? " stopped"
                                           : " threw";
    }
    return text;
  }
};

TEST(hook_observer, is_told_who_was_asked_for_how_long_and_who_stopped_the_event) {
  fixture f;
  EXPECT_EQ(f.message(), hawser::handled);
  EXPECT_EQ(f.last(), "front 2us passed; back 3us stopped");
  EXPECT_EQ(f.eye().walks.back().which, hook::message);
  f.plugins.get<front>().answer = hawser::handled;
  EXPECT_EQ(f.message(), hawser::handled);
  EXPECT_EQ(f.last(), "front 2us stopped");
}

TEST(hook_observer, is_not_told_of_its_own_hooks_and_their_time) {
  fixture f;
  f.open();
  EXPECT_EQ(f.last(), "front 5us passed; back 0us passed");
  EXPECT_EQ(f.eye().walks.back().which, hook::open);
  f.drop();
  EXPECT_EQ(f.eye().walks.back().which, hook::drop);
  EXPECT_EQ(f.last(), "");
}

TEST(hook_observer, is_told_only_of_those_whose_time_to_wake_has_come) {
  fixture f;
  f.open();
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(f.last(), "front 0us passed");
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(f.last(), "back 7us passed");
}

TEST(hook_observer, is_told_who_threw) {
  fixture f;
  f.plugins.get<front>().throws = true;
  f.message();
  EXPECT_EQ(f.last(), "front 2us threw");
  ASSERT_EQ(f.done.list().size(), 1u);
  EXPECT_EQ(f.failed_with(), "hook_observer_test::front::on_message: it broke");
}

TEST(hook_observer, without_a_clock_nothing_is_timed) {
  fixture f(false);
  f.message();
  EXPECT_EQ(f.last(), "front passed; back stopped");
}

TEST(hook_observer, sees_what_it_watches_only) {
  fixture f;
  f.eye().mask = bit(hook::open);
  EXPECT_EQ(f.message(), hawser::handled);
  EXPECT_EQ(f.last(), "none");
  f.open();
  EXPECT_EQ(f.eye().walks.size(), 1u);
}

TEST(hook_observer, is_not_asked_about_hooks_that_nobody_listed) {
  fixture f;
  f.at([&](context& c) { (void)f.plugins.sending(c, {}); });
  EXPECT_EQ(f.eye().asked, 0);
}

TEST(hook_observer, that_throws_ends_the_link_and_is_named) {
  fixture f;
  f.eye().throws = true;
  EXPECT_EQ(f.message(), hawser::handled) << "the answer stays";
  ASSERT_EQ(f.done.list().size(), 1u);
  EXPECT_EQ(f.recorded<hawser::effects::fail>().error, errc::hook_threw);
  EXPECT_EQ(f.failed_with(), "hook_observer_test::watcher::walked: cannot tell");
}

// The names are constants: no unit scans for one when it runs, whatever it is optimized for.
constexpr const char* named = hawser::detail::plugin_name<front>.data();
static_assert(hawser::detail::plugin_name<front> == "hook_observer_test::front");
static_assert(hawser::detail::plugin_name<hawser::context> == "context");
static_assert(named == hawser::detail::plugin_name<front>.data());

TEST(hook_observer, names_ours_without_their_namespace) {
  EXPECT_EQ(hawser::detail::plugin_name<hawser::context>, "context");
  EXPECT_EQ(hawser::detail::plugin_name<front>, "hook_observer_test::front");
}

}  // namespace hook_observer_test

// The misuse of clients and contexts. Built twice: with assertions, and without them
// (misuse_tests).
#include <hawser/client.hpp>

#include "support/acceptor_host.hpp"
#include "support/line_log.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

namespace hawser::test {
namespace misuse_test {

using namespace std::chrono_literals;

struct quiet : adapter<quiet, on::open, on::message> {
  std::function<void(context&)> opened = [](context&) {};
  void on_open(context& c, const open_info&) { opened(c); }
  verdict on_message(context&, const inbound&) { return handled; }
};

// Of a context that a hook gave away while it runs: another thread must not use it.
TEST(misuse_death_test, a_context_is_of_its_thread) {
  effects fx;
  const link_state link{.open = true};
  context c(fx, link, {});
  const auto elsewhere = [&](auto use) { std::thread([&] { use(c); }).join(); };
#ifdef NDEBUG
  elsewhere([](context& x) {
    EXPECT_EQ(x.send("x").error(), errc::outside_hook);
    EXPECT_EQ(x.ping({}).error(), errc::outside_hook);
    x.close();
    x.fail(errc::hook_threw, "x");
    x.stop();
    x.acked(1);
    x.wake_at(never);
    x.subscription("x", subscription_event::kind::subscribe);
    x.offload("x", [] {});
  });
  EXPECT_TRUE(fx.empty());
  EXPECT_TRUE(c.send("x")) << "on its own thread it is as before";
#else
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(elsewhere([](context& x) { (void)x.send("x"); }), "a hawser::context was kept");
  EXPECT_DEATH(elsewhere([](context& x) { x.close(); }), "a hawser::context was kept");
  EXPECT_DEATH(elsewhere([](context& x) { x.wake_at(never); }), "a hawser::context was kept");
#endif
}

TEST(misuse_death_test, a_context_that_was_kept_is_not_valid) {
  effects fx;
  const link_state link{.open = true};
  std::optional<context> kept;  // Its memory stays ours: what is looked at is only stale.
  kept.emplace(fx, link, time_point{});
  context* const late = &*kept;
  EXPECT_TRUE(late->valid());
  kept.reset();
  EXPECT_FALSE(late->valid());
#ifdef NDEBUG
  EXPECT_EQ(late->send("x").error(), errc::outside_hook);
#else
  EXPECT_DEATH((void)late->send("x"), "a hawser::context was kept");
#endif
}

TEST(misuse_death_test, a_client_that_runs_is_not_destroyed) {
  acceptor_host server;
  const auto log = std::make_shared<line_log>();
  const auto destroy = [&] {
    auto c = std::make_unique<client<quiet>>(options{.url = server.url(), .log = log});
    std::thread runs([&] { (void)c->run(); });
    (void)c->wait_ready(1min);
    c.reset();
    runs.join();
  };
#ifdef NDEBUG
  destroy();
  EXPECT_EQ(log->count("destroyed while another thread is in its run()"), 1u) << log->all();
#else
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(destroy(), "a hawser::client is destroyed while a thread is in its run");
#endif
}

// Without assertions, too: nothing can be saved.
TEST(misuse_death_test, a_client_is_not_destroyed_by_its_own_hook) {
  acceptor_host server;
  const auto destroy = [&] {
    std::optional<client<quiet>> c;
    quiet a;
    a.opened = [&](context&) { c.reset(); };
    c.emplace(options{.url = server.url(), .log = std::make_shared<line_log>()}, a);
    (void)c->run();
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
#ifdef NDEBUG
  EXPECT_DEATH(destroy(), "terminate called");
#else
  EXPECT_DEATH(destroy(), "a hawser::client is destroyed while a thread is in its run");
#endif
}

TEST(misuse_death_test, a_wake_of_a_plug_in_that_is_not_woken_has_no_effect) {
  effects fx;
  const link_state link{.open = true};
  line_log lines;
  context c(fx, link, {}, &lines);
  c.enter(nullptr);
#ifdef NDEBUG
  c.wake_at(time_point(1s));
  EXPECT_EQ(c.wake_time(), never);
  EXPECT_EQ(lines.count("wake_at by a plug-in that does not list on::wake"), 1u) << lines.all();
#else
  EXPECT_DEATH(c.wake_at(time_point(1s)), "on::wake");
#endif
}

}  // namespace misuse_test
}  // namespace hawser::test

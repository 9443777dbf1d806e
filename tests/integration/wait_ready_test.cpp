// Threads that wait for a client, and the misuse of clients and contexts by threads.
#include <hawser/asio.hpp>
#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"
#include "support/line_log.hpp"
#include "support/program_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <future>
#include <optional>
#include <thread>

namespace hawser::testing {
namespace {

using namespace std::chrono_literals;

struct quiet : adapter<quiet, on::open, on::message> {
  bool login = false;
  std::function<void(context&)> heard = [](context&) {};
  void on_open(context& c, const open_info&) {
    if (!login) return;
    c.begin_login();
    (void)c.send("login");
  }
  verdict on_message(context& c, const inbound&) {
    c.set_ready();
    heard(c);
    return handled;
  }
};

TEST(WaitReady, AThreadGoesOnOnceTheLoginIsThrough) {
  acceptor_host server;
  quiet a;
  a.login = true;
  client<quiet> c{{.url = server.url()}, a};
  error_code ended;
  std::promise<result<void>> early;
  std::thread waits([&] { early.set_value(c.wait_ready(patience)); });  // Before run(), too.
  std::thread runs([&] { ended = c.run(); });
  EXPECT_TRUE(early.get_future().get());
  EXPECT_TRUE(c.wait_ready(0s));
  EXPECT_TRUE(c.send("x"));
  c.stop();
  runs.join();
  waits.join();
  EXPECT_EQ(c.wait_ready(patience).error(), errc::stopped);
}

TEST(WaitReady, ItsBoundHoldsAndTheEndIsTold) {
  client<quiet> never_run{{.url = nobody}};
  EXPECT_EQ(never_run.wait_ready(1ms).error(), errc::ready_timeout);
  client<quiet> c{{.url = nobody}};
  std::promise<result<void>> told;
  std::thread waits([&] { told.set_value(c.wait_ready(patience)); });
  const error_code ended = c.run();
  EXPECT_EQ(told.get_future().get().error(), ended);
  waits.join();
}

TEST(WaitReady, AsyncReadyCompletesOnTheExecutor) {
  acceptor_host server;
  boost::asio::io_context context(1);
  client<quiet> c(make_loop(context), {.url = server.url()}, quiet{});
  std::vector<std::string> told;
  async_ready(c, boost::asio::bind_executor(context, [&](error_code ec) {
                told.push_back("ready " + ec.message());
                c.stop();
              }));
  async_run(c, boost::asio::bind_executor(
                   context, [&](error_code ec) { told.push_back("ended " + ec.message()); }));
  context.run();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0], "ready " + error_code().message());
  context.restart();
  std::optional<error_code> late;
  async_ready(c, boost::asio::bind_executor(context, [&](error_code ec) { late = ec; }));
  context.run();
  EXPECT_EQ(late, make_error_code(errc::stopped));
}

TEST(WaitReady, AsyncReadyIsCancelledAndEndsWithItsClient) {
  boost::asio::io_context context(1);
  std::optional<error_code> cancelled;
  std::optional<error_code> gone;
  boost::asio::cancellation_signal signal;
  {
    client<quiet> c(make_loop(context), {.url = nobody}, quiet{});
    async_ready(c, boost::asio::bind_cancellation_slot(
                       signal.slot(), boost::asio::bind_executor(
                                          context, [&](error_code ec) { cancelled = ec; })));
    async_ready(c, boost::asio::bind_executor(context, [&](error_code ec) { gone = ec; }));
    signal.emit(boost::asio::cancellation_type::terminal);
    context.poll();
    EXPECT_EQ(cancelled, make_error_code(boost::asio::error::operation_aborted));
    EXPECT_FALSE(gone);
  }
  signal.emit(boost::asio::cancellation_type::terminal);  // Its operation is over.
  context.run();
  EXPECT_EQ(gone, make_error_code(errc::stopped));
}

// --- misuse --------------------------------------------------------------------------------------

// Of a context that a hook gave away while it runs: another thread must not use it.
TEST(MisuseDeathTest, AContextIsOfItsThread) {
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

TEST(MisuseDeathTest, AContextThatWasKeptIsNotValid) {
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

TEST(MisuseDeathTest, AClientThatRunsIsNotDestroyed) {
  acceptor_host server;
  const auto log = std::make_shared<line_log>();
  const auto destroy = [&] {
    auto c = std::make_unique<client<quiet>>(options{.url = server.url(), .log = log});
    std::thread runs([&] { (void)c->run(); });
    (void)c->wait_ready(patience);
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

}  // namespace
}  // namespace hawser::testing

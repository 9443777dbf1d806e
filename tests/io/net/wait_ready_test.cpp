// Threads that wait for a client.
#include <hawser/asio.hpp>
#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"
#include "support/program_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <future>
#include <optional>
#include <thread>

namespace hawser::test {
namespace wait_ready_test {

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

TEST(wait_ready, a_thread_goes_on_once_the_login_is_through) {
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

TEST(wait_ready, its_bound_holds_and_the_end_is_told) {
  client<quiet> never_run{{.url = nobody}};
  EXPECT_EQ(never_run.wait_ready(1ms).error(), errc::ready_timeout);
  client<quiet> c{{.url = nobody}};
  std::promise<result<void>> told;
  std::thread waits([&] { told.set_value(c.wait_ready(patience)); });
  const error_code ended = c.run();
  EXPECT_EQ(told.get_future().get().error(), ended);
  waits.join();
}

TEST(wait_ready, async_ready_completes_on_the_executor) {
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

TEST(wait_ready, async_ready_is_cancelled_and_ends_with_its_client) {
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

// run() of a client that cannot be is the strand on which it ends.
TEST(wait_ready, what_waits_for_a_client_of_bad_options_is_told_of_its_end_by_run) {
  struct told : adapter<told, on::settled> {
    std::vector<settled_info>* all = nullptr;
    void on_settled(context& c, const settled_info& s) {
      EXPECT_TRUE(c.valid());
      all->push_back(s);
    }
  };
  std::vector<settled_info> all;
  told a;
  a.all = &all;
  client<told> c{{.url = "nonsense", .offline = {.messages = 2}}, a};
  EXPECT_TRUE(c.send("x"));
  bool ran = false;
  EXPECT_TRUE(c.submit([&](told&, context&) { ran = true; }));
  EXPECT_EQ(c.run(), make_error_code(errc::invalid_url));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].delivery, delivery::never_sent);
  EXPECT_FALSE(ran);
  EXPECT_EQ(c.send("x").error(), errc::stopped);
  EXPECT_EQ(c.run(), make_error_code(errc::already_running));
}

}  // namespace wait_ready_test
}  // namespace hawser::test

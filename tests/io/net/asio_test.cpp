// Calls, messages and whole clients on an executor of the user's.
#include <hawser/asio.hpp>
#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <charconv>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace hawser::test {
namespace asio_test {

using namespace std::chrono_literals;
namespace asio = boost::asio;

// "<id> <text>" there, the same back; what begins with "mute" is not answered.
struct asker : adapter<asker, on::message>, caller<asker, std::string, std::string> {
  result<send_id> on_call(context& c, call_id id, const std::string& text) {
    return c.send(text.starts_with("mute") ? "" : std::to_string(id) + " " + text);
  }
  verdict on_message(context& c, const inbound& m) {
    call_id id = 0;
    const auto text = m.text();
    const auto r = std::from_chars(text.data(), text.data() + text.size(), id);
    if (id != 0) reply(c, id, std::string(r.ptr + 1, text.data() + text.size()));
    return handled;
  }
};

// Whatever happens, the context's run ends.
void run_for(asio::io_context& on, duration limit) {
  EXPECT_NO_THROW(on.run_for(limit));
  EXPECT_TRUE(on.stopped()) << "it did not end in time";
}

TEST(asio, a_client_runs_on_the_context_of_its_user) {
  acceptor_host server;
  asio::io_context mine;
  client<asker> c{make_loop(mine), {.url = server.url()}, asker{}};
  std::string got;
  error_code ended = errc::hook_threw;
  asio::co_spawn(
      mine,
      [&]() -> asio::awaitable<void> {
        for (int i = 0; i < 100; ++i) {
          got = co_await async_call(c, std::to_string(i), {.deadline = 10s}, asio::use_awaitable);
          EXPECT_EQ(got, std::to_string(i));
        }
        c.stop();
      },
      asio::detached);
  async_run(c, asio::bind_executor(mine, [&](error_code ec) { ended = ec; }));
  run_for(mine, 10s);
  EXPECT_EQ(got, "99");
  EXPECT_FALSE(ended);
}

TEST(asio, what_cannot_run_completes_too) {
  asio::io_context mine;
  client<asker> c{make_loop(mine), {.url = "no url"}, asker{}};
  std::vector<error_code> told;
  async_run(c, asio::bind_executor(mine, [&](error_code ec) { told.push_back(ec); }));
  EXPECT_TRUE(told.empty());  // Never within the initiating function.
  run_for(mine, 10s);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0], errc::invalid_url);
}

TEST(asio, a_handler_is_called_where_its_executor_runs) {
  acceptor_host server;
  client<asker> c{{.url = server.url()}};
  std::thread strand([&] { (void)c.run(); });
  asio::io_context mine;
  std::thread::id where;
  std::string got;
  async_call(c, "hello", {}, asio::bind_executor(mine, [&](error_code ec, std::string r) {
               EXPECT_FALSE(ec) << ec.message();
               where = std::this_thread::get_id();
               got = r;
             }));
  run_for(mine, 10s);  // The operation keeps it working.
  EXPECT_EQ(got, "hello");
  EXPECT_EQ(where, std::this_thread::get_id());
  auto future = async_call(c, "again", {}, asio::use_future);
  ASSERT_EQ(future.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(future.get(), "again");
  c.stop();
  strand.join();
  error_code after;
  async_call(c, "late", {},
             asio::bind_executor(mine, [&](error_code ec, std::string) { after = ec; }));
  mine.restart();
  run_for(mine, 10s);
  EXPECT_EQ(after, errc::stopped);
}

TEST(asio, a_cancelled_call_ends_at_once_and_the_stream_goes_on) {
  acceptor_host server;
  client<asker> c{{.url = server.url()}};
  std::thread strand([&] { (void)c.run(); });
  asio::io_context mine;
  asio::cancellation_signal signal;
  error_code told;
  async_call(c, "mute", {},
             asio::bind_cancellation_slot(
                 signal.slot(),
                 asio::bind_executor(mine, [&](error_code ec, std::string) { told = ec; })));
  asio::post(mine, [&] { signal.emit(asio::cancellation_type::terminal); });
  run_for(mine, 10s);
  EXPECT_EQ(told, errc::call_cancelled);
  EXPECT_EQ(async_call(c, "again", {}, asio::use_future).get(), "again");
  c.stop();
  strand.join();
}

// Sends so many messages as soon as the link is open.
struct burst : adapter<burst, on::open> {
  explicit burst(int n) : count(n) {}
  int count;
  void on_open(context& c, const open_info&) {
    for (int i = 0; i < count; ++i) (void)c.send(std::to_string(i));
    (void)c.close();
  }
};

io::sink_factory bursts(int n) {
  return [n](io::peer_handle) { return std::make_unique<chain<burst>>(burst(n)); };
}

TEST(asio, a_coroutine_takes_what_waits_without_a_trip_through_its_loop) {
  acceptor_host server(bursts(100));
  asio::io_context mine;
  inbox in;
  client<inbox> c{make_loop(mine), {.url = server.url()}, in};
  std::vector<std::string> got;
  int trips = 0;
  error_code end;
  const auto take = [&](error_code) {  // All has come.
    asio::co_spawn(
        mine,
        [&]() -> asio::awaitable<void> {
          asio::post(mine, [&] { ++trips; });
          for (int i = 0; i < 50; ++i) {
            got.emplace_back((co_await in.async_receive(asio::use_awaitable)).text());
          }
          for (int i = 0; i < 50; ++i) {
            auto [ec, m] = co_await in.async_receive(asio::as_tuple(asio::use_awaitable));
            EXPECT_FALSE(ec);
            got.emplace_back(m.text());
          }
          EXPECT_EQ(trips, 0);
          auto [ec, m] = co_await in.async_receive(asio::as_tuple(asio::use_awaitable));
          end = ec;
          EXPECT_EQ(trips, 1);
        },
        asio::detached);
  };
  async_run(c, asio::bind_executor(mine, take));
  run_for(mine, 10s);
  ASSERT_EQ(got.size(), 100u);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], std::to_string(i));
  EXPECT_EQ(end, errc::closed);
}

TEST(asio, a_coroutine_waits_for_what_is_still_to_come) {
  acceptor_host server;
  asio::io_context mine;
  inbox in;
  client<inbox> c{make_loop(mine), {.url = server.url()}, in};
  std::vector<std::string> got;
  asio::co_spawn(
      mine,
      [&]() -> asio::awaitable<void> {
        while (!c.send("0")) {
          asio::steady_timer pause(mine, 1ms);
          co_await pause.async_wait(asio::use_awaitable);
        }
        for (int i = 1; i <= 20; ++i) {
          got.emplace_back((co_await in.async_receive(asio::use_awaitable)).text());
          (void)c.send(std::to_string(i));
        }
        EXPECT_FALSE(in.try_receive());
        c.stop();
      },
      asio::detached);
  async_run(c, asio::detached);
  run_for(mine, 10s);
  ASSERT_EQ(got.size(), 20u);
  EXPECT_EQ(got.back(), "19");
}

TEST(asio, an_inbox_that_nobody_empties_ends_the_link) {
  for (const bool by_bytes : {false, true}) {
    acceptor_host server(bursts(20));
    client<inbox> c{{.url = server.url()},
                    by_bytes ? inbox({.bytes = 10}) : inbox({.messages = 10})};
    EXPECT_EQ(c.run(), errc::mailbox_full) << c.last_detail();
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(c.get<inbox>().try_receive()->text(), std::to_string(i));
    }
    EXPECT_FALSE(c.get<inbox>().try_receive());
  }
  client<inbox> wrong{{.url = "ws://127.0.0.1:9"}, inbox({.messages = 0})};
  EXPECT_EQ(wrong.run(), errc::invalid_option);
}

TEST(asio, one_waits_at_a_time_and_may_be_cancelled) {
  asio::io_context mine;
  inbox in;
  asio::cancellation_signal signal;
  std::vector<error_code> told;
  auto tell =
      asio::bind_executor(mine, [&](error_code ec, const hawser::message&) { told.push_back(ec); });
  in.async_receive(asio::bind_cancellation_slot(signal.slot(), tell));
  in.async_receive(tell);
  asio::post(mine, [&] { signal.emit(asio::cancellation_type::partial); });
  run_for(mine, 10s);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0], errc::already_running);
  EXPECT_EQ(told[1], asio::error::operation_aborted);
}

}  // namespace asio_test
}  // namespace hawser::test

// What headers/run.py compiles: a client on the user's io_context, awaited.
#include <hawser/asio.hpp>
#include <hawser/hawser.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <iostream>

namespace asio = boost::asio;

struct rpc : hawser::adapter<rpc, hawser::on::message>,
             hawser::caller<rpc, std::string, std::string> {
  hawser::result<hawser::send_id> on_call(hawser::context& c, hawser::call_id,
                                          const std::string& text) {
    return c.send(text);
  }
  hawser::verdict on_message(hawser::context& c, const hawser::inbound& m) {
    (void)feed.on_message(c, m);
    reply(c, 1, std::string(m.text()));
    return hawser::handled;
  }
  hawser::inbox feed = {};
};

int main() {
  asio::io_context mine;
  hawser::inbox feed;
  hawser::client<rpc, hawser::heartbeat> client{
      hawser::make_loop(mine), {.url = "wss://example.net/rpc"}, rpc{.feed = feed}, {}};
  asio::co_spawn(
      mine,
      [&]() -> asio::awaitable<void> {
        std::cout << co_await hawser::async_call(client, "hello", {}, asio::use_awaitable) << '\n';
        std::cout << (co_await feed.async_receive(asio::use_awaitable)).text() << '\n';
        client.stop();
      },
      asio::detached);
  hawser::async_run(client, asio::detached);
  mine.run();
}

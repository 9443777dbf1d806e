#include "contenders.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <memory>
#include <stdexcept>
#include <vector>

namespace bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using plain = beast::tcp_stream;
using secure = beast::ssl_stream<beast::tcp_stream>;

template <class Lower>
struct beast_link {
  template <class... Tls>
  explicit beast_link(asio::io_context& context, Tls&... tls) : stream(context, tls...) {}

  // One message there and back, then a read that waits.
  void open(const target& to) {
    beast::get_lowest_layer(stream).connect({asio::ip::address_v4::loopback(), to.port});
    if constexpr (std::is_same_v<Lower, secure>) {
      stream.next_layer().handshake(asio::ssl::stream_base::client);
    }
    beast::get_lowest_layer(stream).expires_never();
    stream.set_option(websocket::stream_base::timeout::suggested(beast::role_type::client));
    stream.handshake("127.0.0.1", "/");
    stream.write(asio::buffer(std::string_view("hello")));
    stream.read(buffer);
    buffer.consume(buffer.size());
    stream.async_read(buffer, [](beast::error_code, std::size_t) {});
  }

  websocket::stream<Lower> stream;
  beast::flat_buffer buffer;
};

template <class Lower, class... Tls>
void hold(const target& to, std::size_t count, const std::function<void()>& idle, Tls&... tls) {
  asio::io_context context;
  std::vector<std::unique_ptr<beast_link<Lower>>> links;
  for (std::size_t i = 0; i < count; ++i) {
    links.push_back(std::make_unique<beast_link<Lower>>(context, tls...));
    links.back()->open(to);
  }
  context.poll();
  idle();
}

}  // namespace

void hold_beast(const target& to, std::size_t count, const std::function<void()>& idle) {
  if (!to.ca_file) return hold<plain>(to, count, idle);
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.set_verify_mode(asio::ssl::verify_peer);
  tls.load_verify_file(*to.ca_file);
  hold<secure>(to, count, idle, tls);
}

}  // namespace bench

#include "contenders.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <deque>
#include <stdexcept>
#include <string>

namespace bench {
namespace {

namespace beast = boost::beast;
namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using tcp = asio::ip::tcp;
using plain = beast::tcp_stream;
using secure = beast::ssl_stream<beast::tcp_stream>;

// One asynchronous read and one asynchronous write at a time, the writes from a queue. Nagle's
// algorithm is left on, as the examples leave it: off, Beast is slower against a server that
// sleeps.
template <class Lower>
class beast_client {
 public:
  template <class... Tls>
  beast_client(asio::io_context& context, meter& m, Tls&... tls)
      : stream_(asio::make_strand(context), tls...), meter_(m) {}

  void start(std::uint16_t port) {
    beast::get_lowest_layer(stream_).async_connect(
        tcp::endpoint(asio::ip::address_v4::loopback(), port), [this](beast::error_code ec) {
          if constexpr (std::is_same_v<Lower, secure>) {
            if (ec) return end(ec);
            stream_.next_layer().async_handshake(asio::ssl::stream_base::client,
                                                 [this](beast::error_code e) { connected(e); });
          } else {
            connected(ec);
          }
        });
  }
  const beast::error_code& error() const noexcept { return error_; }

 private:
  void connected(beast::error_code ec) {
    if (ec) return end(ec);
    beast::get_lowest_layer(stream_).expires_never();  // The stream has timeouts of its own.
    stream_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::client));
    stream_.async_handshake("127.0.0.1", "/", [this](beast::error_code e) { upgraded(e); });
  }

  void upgraded(beast::error_code ec) {
    if (ec) return end(ec);
    stream_.text(true);
    for (std::size_t i = 0; i < in_flight; ++i) send(std::string(message_size, 'x'));
    read();
  }

  void read() {
    stream_.async_read(buffer_, [this](beast::error_code ec, std::size_t n) { arrived(ec, n); });
  }

  void arrived(beast::error_code ec, std::size_t size) {
    if (ec || size != message_size) return end(ec ? ec : websocket::error::bad_size);
    if (!meter_.arrived(1)) return end({});
    send(beast::buffers_to_string(buffer_.data()));
    buffer_.consume(size);
    read();
  }

  void send(std::string text) {
    queue_.push_back(std::move(text));
    if (queue_.size() == 1) write();
  }

  void write() {
    stream_.async_write(asio::buffer(queue_.front()),
                        [this](beast::error_code ec, std::size_t) { written(ec); });
  }

  void written(beast::error_code ec) {
    if (ec) return end(ec);
    queue_.pop_front();
    if (!queue_.empty()) write();
  }

  void end(beast::error_code ec) {
    if (!meter_.done()) error_ = ec;
    beast::get_lowest_layer(stream_).close();
  }

  websocket::stream<Lower> stream_;
  beast::flat_buffer buffer_;
  std::deque<std::string> queue_;
  meter& meter_;
  beast::error_code error_;
};

}  // namespace

void run_beast(const target& to, meter& m) {
  asio::io_context context;
  const auto run = [&](auto& client) {
    client.start(to.port);
    context.run();
    if (!m.done()) throw std::runtime_error("beast: " + client.error().message());
  };
  if (!to.ca_file) {
    beast_client<plain> client(context, m);
    return run(client);
  }
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.set_verify_mode(asio::ssl::verify_peer);
  tls.load_verify_file(*to.ca_file);
  beast_client<secure> client(context, m, tls);
  run(client);
}

}  // namespace bench

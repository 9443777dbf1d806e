#include "beast_oracle.hpp"

#include "support/frames.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <functional>
#include <stdexcept>

namespace hawser::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

// A stream that reads from one string and writes to another.
class tape {
 public:
  using executor_type = asio::io_context::executor_type;

  explicit tape(asio::io_context& context) : context_(&context) {}

  executor_type get_executor() noexcept { return context_->get_executor(); }

  template <class Buffers>
  std::size_t read_some(const Buffers& to, beast::error_code& ec) {
    if (at_ == in.size() && answer) in += answer(out);
    const std::size_t n = asio::buffer_copy(to, asio::buffer(in.data() + at_, in.size() - at_));
    at_ += n;
    ec = n == 0 ? beast::error_code(asio::error::eof) : beast::error_code();
    return n;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& from, beast::error_code& ec) {
    ec = {};
    out += beast::buffers_to_string(from);
    return asio::buffer_size(from);
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& to) {
    beast::error_code ec;
    const std::size_t n = read_some(to, ec);
    if (ec) throw beast::system_error(ec);
    return n;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& from) {
    beast::error_code ec;
    return write_some(from, ec);
  }

  std::string in;
  std::string out;
  std::function<std::string(const std::string&)>
      answer;  // to what was written, when `in` is used up

 private:
  asio::io_context* context_;
  std::size_t at_ = 0;
};

void teardown(beast::role_type, tape&, beast::error_code& ec) { ec = {}; }
[[maybe_unused]] void beast_close_socket(tape&) {}

using stream = websocket::stream<tape, false>;

void check(beast::error_code ec, const char* what) {
  if (ec) throw std::runtime_error(what + (": " + ec.message()));
}

std::string accept(asio::io_context& context, const std::string& request) {
  stream server{tape(context)};
  server.next_layer().in = request;
  beast::error_code ec;
  server.accept(ec);
  check(ec, "accept");
  return server.next_layer().out;
}

void shake_hands(stream& ws, role self, asio::io_context& context) {
  tape& t = ws.next_layer();
  beast::error_code ec;
  if (self == role::client) {
    t.answer = [&](const std::string& request) { return accept(context, request); };
    ws.handshake("example.net", "/", ec);
    t.answer = nullptr;
  } else {
    t.in =
        "GET / HTTP/1.1\r\nHost: example.net\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    ws.accept(ec);
  }
  check(ec, "handshake");
  t.out.clear();
}

void read_all(stream& ws, transcript& seen) {
  beast::flat_buffer buffer;
  beast::error_code ec;
  while (true) {
    ws.read(buffer, ec);
    if (ec) break;
    seen.events.push_back((ws.got_text() ? "text:" : "binary:") +
                          beast::buffers_to_string(buffer.data()));
    buffer.clear();
  }
  if (ec == asio::error::eof) return;
  seen.how = ec == websocket::error::closed ? transcript::end::closed : transcript::end::failed;
  if (seen.how != transcript::end::closed) return;
  seen.code = ws.reason().code == websocket::close_code::none ? 1005u : ws.reason().code;
  seen.reason = std::string(ws.reason().reason.data(), ws.reason().reason.size());
}

}  // namespace

transcript beast_reads(role self, std::string_view wire, std::size_t max_message) {
  asio::io_context context;
  stream ws{tape(context)};
  shake_hands(ws, self, context);
  ws.next_layer().in += wire;
  ws.read_message_max(max_message);
  transcript seen;
  ws.control_callback([&](websocket::frame_type kind, beast::string_view payload) {
    if (kind == websocket::frame_type::close) return;
    seen.events.push_back((kind == websocket::frame_type::ping ? "ping:" : "pong:") +
                          std::string(payload.data(), payload.size()));
  });
  read_all(ws, seen);
  for (const wire_frame& f : decode(ws.next_layer().out)) {
    if (f.op == 10) seen.pongs.push_back(f.payload);
    if (f.op != 8) continue;
    seen.answer = 1005;
    if (f.payload.size() >= 2) {
      seen.answer = static_cast<unsigned char>(f.payload[0]) * 256u +
                    static_cast<unsigned char>(f.payload[1]);
    }
  }
  return seen;
}

}  // namespace hawser::test

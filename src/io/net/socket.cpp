#include "io/net/socket.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace hawser::io {
namespace {

using asio::ip::tcp;

class socket_transport final : public transport {
 public:
  explicit socket_transport(stream_socket socket) : socket_(socket.get_executor()) {
    error_code ignored;  // A socket that refuses an option still carries bytes.
    // Connecting left the socket registered for writability for good, so that every wait for bytes
    // would end at once for a socket that can be written. A new registration is for reading only.
    const auto protocol = socket.local_endpoint(ignored).protocol();
    const int descriptor = socket.release(ignored);
    error_code refused;
    socket_.assign(protocol, descriptor, refused);
    if (refused) ::close(descriptor);  // Every call fails from here on, and says so.
    socket_.non_blocking(true, ignored);
    if (protocol.family() == AF_UNIX) return;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    using idle = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
    using interval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
    socket_.set_option(idle(30), ignored);
    socket_.set_option(interval(10), ignored);
  }

  io_result handshake() override { return {io_result::kind::done, 0, {}}; }

  io_result read(std::span<std::byte> into) override {
    error_code ec;
    const std::size_t n = socket_.read_some(asio::buffer(into.data(), into.size()), ec);
    if (ec == asio::error::eof) return {io_result::kind::ended, 0, {}};
    return outcome(n, ec);
  }

  io_result write(std::span<const bytes_view> from) override {
    std::array<asio::const_buffer, 16> buffers;
    const std::size_t count = std::min(from.size(), buffers.size());
    for (std::size_t i = 0; i < count; ++i) buffers[i] = {from[i].data(), from[i].size()};
    error_code ec;
    const std::size_t n =
        count == 1
            ? socket_.write_some(asio::const_buffer(buffers[0]), ec)
            : socket_.write_some(std::span<const asio::const_buffer>(buffers.data(), count), ec);
    return outcome(n, ec);
  }

  void wait_readable(io_waiter& w) override {
    socket_.async_wait(stream_socket::wait_read,
                       [keep = w.shared_from_this()](const error_code&) { keep->readable(); });
  }
  void wait_writable(io_waiter& w) override {
    socket_.async_wait(stream_socket::wait_write,
                       [keep = w.shared_from_this()](const error_code&) { keep->writable(); });
  }

  void shutdown() noexcept override {
    error_code ignored;
    socket_.shutdown(stream_socket::shutdown_send, ignored);
  }
  void close() noexcept override {
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  static io_result outcome(std::size_t n, const error_code& ec) {
    if (!ec) return {io_result::kind::done, n, {}};
    if (ec == asio::error::would_block || ec == asio::error::try_again ||
        ec == asio::error::interrupted) {
      return {io_result::kind::blocked, 0, {}};
    }
    return {io_result::kind::failed, 0, ec};
  }

  stream_socket socket_;
};

}  // namespace

void resolve(const std::shared_ptr<loop::impl>& on, const std::string& host, std::uint16_t port,
             std::function<void(error_code, endpoints)> done) {
  error_code not_numeric;
  const auto address = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) {
    asio::post(on->context, [done = std::move(done), e = tcp::endpoint(address, port)] {
      done({}, {endpoint(e)});
    });
    return;
  }
  auto work = [weak = std::weak_ptr(on), look_up = on->resolve, host, port, done] {
    error_code ec;
    endpoints found;
    for (const auto& e : look_up(host, port, ec)) found.emplace_back(e);
    const auto loop = weak.lock();
    if (!loop) return;
    asio::post(loop->context, [done, ec, found = std::move(found)] { done(ec, found); });
  };
  try {
    std::thread(std::move(work)).detach();
  } catch (const std::system_error& e) {  // No more threads: as transient as any other failure.
    asio::post(on->context, [done = std::move(done), ec = error_code(e.code())] { done(ec, {}); });
  }
}

std::optional<endpoint> unix_endpoint(const std::string& path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) return std::nullopt;
  return endpoint(asio::local::stream_protocol::endpoint(path));
}

std::string to_string(const endpoint& e) {
  const sockaddr* a = e.data();
  if (a->sa_family == AF_UNIX) return reinterpret_cast<const sockaddr_un*>(a)->sun_path;
  tcp::endpoint t;
  std::memcpy(t.data(), a, std::min(e.size(), t.capacity()));
  const std::string host = t.address().to_string();
  return (t.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(t.port());
}

std::unique_ptr<transport> make_socket_transport(stream_socket socket) {
  return std::make_unique<socket_transport>(std::move(socket));
}

}  // namespace hawser::io

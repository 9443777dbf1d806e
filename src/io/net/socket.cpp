#include "io/net/socket.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
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

tcp::endpoint tcp_endpoint(const endpoint& e) {
  tcp::endpoint t;
  std::memcpy(t.data(), e.data(), std::min(e.size(), t.capacity()));
  return t;
}

}  // namespace

asio::ip::address numeric_address(const std::string& text, error_code& ec) {
  const auto percent = text.find('%');
  auto address = asio::ip::make_address(text.substr(0, percent), ec);
  if (ec || percent == std::string::npos) return address;
  if (!address.is_v6()) {
    ec = asio::error::invalid_argument;
    return address;
  }
  const std::string zone = text.substr(percent + 1);
  std::uint32_t number = 0;
  const auto read = std::from_chars(zone.data(), zone.data() + zone.size(), number);
  std::array<char, IF_NAMESIZE> name;
  if (read.ec != std::errc{} || read.ptr != zone.data() + zone.size() ||
      ::if_indextoname(number, name.data()) == nullptr) {
    number = ::if_nametoindex(zone.c_str());
  }
  if (number == 0) ec = error_code(ENODEV, boost::system::system_category());
  auto zoned = address.to_v6();
  zoned.scope_id(number);
  return zoned;
}

std::optional<endpoint> unix_endpoint(const std::string& path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) return std::nullopt;
  return endpoint(asio::local::stream_protocol::endpoint(path));
}

std::string to_string(const endpoint& e) {
  const sockaddr* a = e.data();
  if (a->sa_family == AF_UNIX) {
    const std::string path = e.size() > offsetof(sockaddr_un, sun_path)
                                 ? reinterpret_cast<const sockaddr_un*>(a)->sun_path
                                 : "";
    return path.empty() ? "unix" : path;
  }
  const tcp::endpoint t = tcp_endpoint(e);
  const std::string host = t.address().to_string();
  return (t.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(t.port());
}

std::string address_group(const endpoint& e) {
  if (e.data()->sa_family == AF_UNIX) return {};
  auto address = tcp_endpoint(e).address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  if (address.is_loopback()) return {};
  if (address.is_v4() || address.to_v6().is_link_local()) return address.to_string();
  auto network = address.to_v6().to_bytes();
  std::fill(network.begin() + 8, network.end(), std::uint8_t{0});
  return asio::ip::address_v6(network).to_string();
}

std::unique_ptr<transport> make_socket_transport(stream_socket socket) {
  return std::make_unique<socket_transport>(std::move(socket));
}

}  // namespace hawser::io

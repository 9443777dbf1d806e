// A listening socket of the system.
#include "io/system/listener.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace hawser::io {
namespace {

// An endpoint is made of anything that looks like one: what a result holds is said.
result<endpoint, error_info> address_of(const listen_at& where) {
  using address = result<endpoint, error_info>;
  const auto refuse = [](const std::string& what, const char* why) {
    return address(boost::system::in_place_error, invalid_option("listen " + what + ": " + why));
  };
  if (where.unix_socket) {
    const auto at = unix_endpoint(*where.unix_socket);
    return at ? address(boost::system::in_place_value, *at)
              : refuse(*where.unix_socket, "longer than a socket's path can be");
  }
  error_code ec;
  const auto host = numeric_address(where.host, ec);
  if (!ec) return address(boost::system::in_place_value, asio::ip::tcp::endpoint(host, where.port));
  return refuse(where.host, ec.value() == ENODEV ? "no network interface of this name"
                                                 : "not a numeric address");
}

}  // namespace

error_code system_listener::bind(const endpoint& at) {
  error_code ec;
  socket_.open(at.protocol(), ec);
  if (!ec) socket_.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) socket_.bind(at, ec);
  struct stat s {};
  if (ec == asio::error::address_in_use && path_ && ::lstat(path_->c_str(), &s) == 0 &&
      S_ISSOCK(s.st_mode)) {
    // The socket of an owner who died still lies there: nobody answers at it.
    stream_socket probe(socket_.get_executor());
    error_code refused;
    probe.connect(at, refused);
    if (refused != asio::error::connection_refused || ::unlink(path_->c_str()) != 0) return ec;
    socket_.bind(at, ec);
  }
  owns_path_ = !ec && path_;
  return ec;
}

// Why it cannot be bound. A path is not an address in use: something else lies there.
std::string system_listener::reason(const error_code& ec) const {
  if (!path_ || ec != asio::error::address_in_use) return ec.message();
  struct stat s {};
  const bool served = ::lstat(path_->c_str(), &s) == 0 && S_ISSOCK(s.st_mode);
  return served ? "another program listens there" : "a file that is no socket is there";
}

result<std::uint16_t, error_info> system_listener::listen(const listen_at& where) {
  const auto at = address_of(where);
  if (!at) return at.error();
  path_ = where.unix_socket;
  error_code ec = bind(*at);
  if (!ec) socket_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) {
    const std::string why = "listen " + to_string(*at) + ": " + reason(ec);
    close();
    return error_info{errc::listen_failed, why};
  }
  if (path_) return std::uint16_t{0};
  asio::ip::tcp::endpoint bound;
  const endpoint local = socket_.local_endpoint();
  std::memcpy(bound.data(), local.data(), std::min(local.size(), bound.capacity()));
  return bound.port();
}

void system_listener::accept(std::function<void(error_code, accepted)> done) {
  const auto on = loop_.lock();
  if (!on) return;
  socket_.async_accept(
      on->context.get_executor(), [this, weak = std::weak_ptr(alive_), done = std::move(done)](
                                      const error_code& ec, stream_socket socket) mutable {
        if (weak.expired() || !socket_.is_open()) return;
        if (ec) return done(ec, {});
        error_code left;
        const endpoint from = socket.remote_endpoint(left);
        if (left) return accept(std::move(done));  // The socket closes itself.
        done({}, {make_socket_transport(std::move(socket)), to_string(from), address_group(from)});
      });
}

void system_listener::close() noexcept {
  if (std::exchange(owns_path_, false)) ::unlink(path_->c_str());
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace hawser::io

// What a loop is made of, and the timer that its users share the manner of.
#pragma once

#include <hawser/core/buffer_pool.hpp>
#include <hawser/io/loop.hpp>
#include <hawser/time.hpp>

#include "io/loop/random.hpp"
#include "io/loop/simulation.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hawser::io {

namespace asio = boost::asio;
using executor = asio::io_context::executor_type;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
using tcp_acceptor = asio::basic_socket_acceptor<asio::ip::tcp, executor>;
/// TCP or a unix-domain socket.
using stream_socket = asio::basic_stream_socket<asio::generic::stream_protocol, executor>;
using stream_acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, executor>;

/// The one place where the link reads a clock.
inline time_point clock_now() {
  if (const simulation* s = simulation::here()) return s->now();
  return std::chrono::steady_clock::now();
}

/// Likewise, of the date: what peers say as one is held against it.
inline std::chrono::system_clock::time_point wall_now() {
  if (const simulation* s = simulation::here()) return s->wall();
  return std::chrono::system_clock::now();
}

struct loop::impl {
  using resolver = std::vector<asio::ip::tcp::endpoint>(const std::string& host, std::uint16_t port,
                                                        boost::system::error_code& ec);
  std::shared_ptr<buffer_pool> buffers = std::make_shared<buffer_pool>();
  std::shared_ptr<entropy> random = std::make_shared<system_entropy>();  ///< for mask keys
  std::unique_ptr<asio::io_context> own;  ///< empty: the context is the user's
  asio::io_context& context;
  std::function<resolver> resolve;  ///< getaddrinfo; may block, on a thread of its own

  impl() : own(std::make_unique<asio::io_context>(1)), context(*own) {}
  explicit impl(asio::io_context& users) : context(users) {}
};

/// The one timer of a client or peer. It is only ever moved earlier: when it fires before its time
/// has come its owner sets it again, so that a deadline which moves with every byte costs nothing.
class coarse_timer {
 public:
  explicit coarse_timer(asio::io_context& context) : timer_(context) {}
  coarse_timer(const coarse_timer&) = delete;
  coarse_timer& operator=(const coarse_timer&) = delete;
  ~coarse_timer() {
    if (simulation* s = simulation::here()) s->cancel(this);
  }

  /// Calls `f(now)` at `t` or before. `f` must keep its owner alive.
  template <class F>
  void wake_by(time_point t, F f) {
    if (t >= armed_) return;
    armed_ = t;
    if (simulation* s = simulation::here()) {
      return s->wake_by(this, t, [this, f = std::move(f)]() mutable {
        armed_ = never;
        f(clock_now());
      });
    }
    timer_.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(t));
    timer_.async_wait([this, f = std::move(f)](const boost::system::error_code& ec) mutable {
      if (ec) return;  // Moved, or the owner is gone: `this` may be gone with it.
      armed_ = never;
      f(clock_now());
    });
  }
  void cancel() {
    armed_ = never;
    if (simulation* s = simulation::here()) s->cancel(this);
    timer_.cancel();
  }

 private:
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, executor>
      timer_;
  time_point armed_ = never;
};

}  // namespace hawser::io

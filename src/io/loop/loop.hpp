// What a loop is made of, and the timer that its users share the manner of.
#pragma once

#include <hawser/core/buffer_pool.hpp>
#include <hawser/io/environment.hpp>
#include <hawser/io/loop.hpp>
#include <hawser/time.hpp>

#include "io/loop/random.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <utility>

namespace hawser::io {

namespace asio = boost::asio;
using executor = asio::io_context::executor_type;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
using tcp_acceptor = asio::basic_socket_acceptor<asio::ip::tcp, executor>;
/// TCP or a unix-domain socket.
using stream_socket = asio::basic_stream_socket<asio::generic::stream_protocol, executor>;
using stream_acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, executor>;

struct loop::impl {
  // First, since it outlives what the context still holds at the end.
  std::shared_ptr<hawser::io::environment> environment;
  std::shared_ptr<buffer_pool> buffers = std::make_shared<buffer_pool>();
  std::shared_ptr<entropy> random = std::make_shared<entropy_pool>(environment);  ///< for masks
  std::unique_ptr<asio::io_context> own;  ///< empty: the context is the user's
  asio::io_context& context;

  explicit impl(std::shared_ptr<hawser::io::environment> around)
      : environment(std::move(around)), own(std::make_unique<asio::io_context>(1)), context(*own) {}
  impl(std::shared_ptr<hawser::io::environment> around, asio::io_context& users)
      : environment(std::move(around)), context(users) {}
};

/// The one timer of a client or peer. It is only ever moved earlier: when it fires before its time
/// has come its owner sets it again, so that a deadline which moves with every byte costs nothing.
class coarse_timer {
 public:
  explicit coarse_timer(loop::impl& on) : timer_(on.environment->make_timer(on)) {}
  coarse_timer(const coarse_timer&) = delete;
  coarse_timer& operator=(const coarse_timer&) = delete;

  /// Calls `f(now)` at `t` or before, if the owner of this timer is there still.
  template <class Owner, class F>
  void wake_by(time_point t, Owner& owner, F f) {
    if (t >= armed_) return;
    armed_ = t;
    timer_->set(t, [this, weak = owner.weak_from_this(), f = std::move(f)](time_point now) {
      const auto keep = weak.lock();
      if (!keep) return;  // And `this` is gone with it.
      armed_ = never;
      f(now);
    });
  }
  void cancel() {
    armed_ = never;
    timer_->cancel();
  }

 private:
  std::unique_ptr<timer> timer_;
  time_point armed_ = never;
};

}  // namespace hawser::io

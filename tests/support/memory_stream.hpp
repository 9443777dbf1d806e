// A connection in memory, whose bytes take their time: both of its ends.
#pragma once

#include <hawser/io/transport.hpp>

#include "support/virtual_environment.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace hawser::test {

/// From one end to the other.
inline constexpr duration way = std::chrono::milliseconds(1);

/// One end of a connection: what came to it, and who waits at it.
class memory_stream final : public std::enable_shared_from_this<memory_stream> {
 public:
  memory_stream(virtual_environment& of, boost::asio::io_context& context)
      : env_(of), context_(context) {}

  static std::pair<std::shared_ptr<memory_stream>, std::shared_ptr<memory_stream>> pair(
      virtual_environment& of, boost::asio::io_context& one, boost::asio::io_context& other) {
    const auto a = std::make_shared<memory_stream>(of, one);
    const auto b = std::make_shared<memory_stream>(of, other);
    a->peer_ = b;
    b->peer_ = a;
    return {a, b};
  }

  io::io_result read(std::span<std::byte> into) {
    if (reset_) return {io::io_result::kind::failed, 0, boost::asio::error::connection_reset};
    const std::size_t n = std::min(into.size(), inbox_.size());
    if (n == 0) return ended_ ? io::io_result{io::io_result::kind::ended, 0, {}} : io::io_result{};
    std::copy_n(inbox_.begin(), n, into.begin());
    inbox_.erase(inbox_.begin(), inbox_.begin() + static_cast<std::ptrdiff_t>(n));
    if (const auto p = peer_.lock()) {
      p->unread_ -= n;
      p->wake(p->writer_, &io::io_waiter::writable);
    }
    return {io::io_result::kind::done, n, {}};
  }
  io::io_result write(std::span<const bytes_view> from) {
    if (reset_) return {io::io_result::kind::failed, 0, boost::asio::error::connection_reset};
    bytes taken;
    for (const bytes_view part : from) {
      const std::size_t fits = std::min(part.size(), room - unread_ - taken.size());
      taken.insert(taken.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(fits));
    }
    if (taken.empty()) return {};
    const std::size_t n = taken.size();
    unread_ += n;
    env_.at(env_.now() + way, [to = peer_, taken = std::move(taken)] {
      if (const auto p = to.lock()) p->take(taken);
    });
    return {io::io_result::kind::done, n, {}};
  }
  void wait_readable(io::io_waiter& w) {
    reader_ = w.shared_from_this();
    if (reset_ || ended_ || !inbox_.empty()) wake(reader_, &io::io_waiter::readable);
  }
  void wait_writable(io::io_waiter& w) {
    writer_ = w.shared_from_this();
    if (reset_ || unread_ < room) wake(writer_, &io::io_waiter::writable);
  }
  /// Our side is over; what was written still arrives.
  void shutdown() {
    env_.at(env_.now() + way, [to = peer_] {
      if (const auto p = to.lock()) p->end();
    });
  }
  void end() {
    ended_ = true;
    wake(reader_, &io::io_waiter::readable);
  }
  void reset() {
    reset_ = true;
    wake(reader_, &io::io_waiter::readable);
    wake(writer_, &io::io_waiter::writable);
  }

 private:
  static constexpr std::size_t room = 256 * 1024;  // what is on the way, and not read

  void take(const bytes& more) {
    if (ended_ || reset_) return;
    inbox_.insert(inbox_.end(), more.begin(), more.end());
    wake(reader_, &io::io_waiter::readable);
  }
  void wake(std::shared_ptr<io::io_waiter>& who, void (io::io_waiter::*how)()) {
    if (auto w = std::exchange(who, nullptr)) {
      boost::asio::post(context_, [w = std::move(w), how] { (w.get()->*how)(); });
    }
  }

  virtual_environment& env_;
  boost::asio::io_context& context_;
  std::weak_ptr<memory_stream> peer_;
  bytes inbox_;
  std::size_t unread_ = 0;  // by the peer, of what was written here
  bool ended_ = false;      // by the peer
  bool reset_ = false;
  std::shared_ptr<io::io_waiter> reader_;
  std::shared_ptr<io::io_waiter> writer_;
};

/// Its socket.
class memory_transport final : public io::transport {
 public:
  explicit memory_transport(std::shared_ptr<memory_stream> s) : stream_(std::move(s)) {}
  ~memory_transport() override { close(); }

  io::io_result handshake() override { return {io::io_result::kind::done, 0, {}}; }
  io::io_result read(std::span<std::byte> into) override { return stream_->read(into); }
  io::io_result write(std::span<const bytes_view> from) override { return stream_->write(from); }
  void wait_readable(io::io_waiter& w) override { stream_->wait_readable(w); }
  void wait_writable(io::io_waiter& w) override { stream_->wait_writable(w); }
  void shutdown() noexcept override { stream_->shutdown(); }
  void close() noexcept override {
    if (std::exchange(closed_, true)) return;
    stream_->shutdown();
    stream_->reset();
  }

 private:
  std::shared_ptr<memory_stream> stream_;
  bool closed_ = false;
};

}  // namespace hawser::test

// One link of a world: memory instead of a socket, and the scripted peer at its other end.
#pragma once

#include <hawser/core/ws/session.hpp>
#include <hawser/io/transport.hpp>
#include <hawser/testkit/world.hpp>

#include "io/loop/loop.hpp"
#include "io/net/server_upgrade.hpp"

#include <functional>
#include <optional>

namespace hawser::testkit {

/// What becomes of one attempt. `at` is idle if it succeeds.
struct attempt_plan {
  phase at = phase::idle;
  bool stalls = false;  // in the upgrade: once `body` is written, as it is
  duration delay = {};  // then it succeeds
  error_code why = {};
  int status = 0;
  std::vector<header> headers = {};
  std::string body = {};
};

/// What a link tells its world.
class link_owner {
 public:
  virtual ~link_owner() = default;
  virtual bool strikes(std::string_view step) = 0;
  virtual std::string choose(const handshake& request) = 0;
  virtual void requested(const handshake& request) = 0;
  /// The upgrade is answered with 101: the number of the link.
  virtual std::uint64_t opened() = 0;
  virtual void got(received_frame frame) = 0;
  /// Calls `f` on the loop once so much time has passed.
  virtual void after(duration d, std::function<void()> f) = 0;
};

/// Both ends of one connection. The client's end is a transport that holds it; nothing is called
/// back at once, but posted, as a socket would.
class link final : public std::enable_shared_from_this<link> {
 public:
  link(link_owner& owner, io::loop::impl& on, attempt_plan plan, bool secure)
      : owner_(owner), context_(on.context), plan_(std::move(plan)), secure_(secure) {}

  // The client's end.
  io::io_result handshake();
  io::io_result read(std::span<std::byte> into);
  io::io_result write(std::span<const bytes_view> from);
  void wait_readable(io::io_waiter& w);
  void wait_writable(io::io_waiter& w);
  void close() noexcept;

  // The peer's.
  std::uint64_t number() const noexcept { return number_; }
  bool open() const noexcept { return number_ != 0 && !over_; }
  bool send(opcode op, bytes_view payload);
  void ping(std::string_view payload);
  void close(close_code code, std::string_view reason);
  void write_raw(bytes_view raw) { deliver(raw); }
  void end(error_code why);
  void sleep(bool on);
  void block(bool on);

 private:
  struct no_masks final : entropy {
    void fill(std::span<std::byte> out) override { std::fill(out.begin(), out.end(), std::byte{}); }
  };

  void take(bytes_view from_client);
  bool delayed(phase at, void (link::*go_on)());
  void answer_upgrade();
  void take_frames(bytes_view bytes);
  void take_event(const read_event& e);
  void flush();
  void deliver(bytes_view to_client);
  void wake_reader();
  void wake_writer();

  link_owner& owner_;
  boost::asio::io_context& context_;
  attempt_plan plan_;
  bool secure_;
  bool secured_ = false;
  bool asleep_ = false;
  bool blocked_ = false;
  bool over_ = false;  // nothing more comes to the client than what is in inbox_
  std::uint64_t number_ = 0;
  error_code why_;  // empty: an orderly end
  bytes inbox_;     // to the client
  std::size_t read_ = 0;
  bytes kept_;  // to the peer, while it sleeps
  std::shared_ptr<io::io_waiter> reader_;
  std::shared_ptr<io::io_waiter> writer_;
  no_masks masks_;
  io::server_upgrade upgrade_{limits{}};
  std::optional<session> session_;
};

/// The client's end as the engine wants it.
std::unique_ptr<io::transport> make_transport(std::shared_ptr<link> l);

}  // namespace hawser::testkit

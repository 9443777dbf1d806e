// The server's role: accepts links and gives each one a chain of plug-ins of its own.
#pragma once

#include <hawser/event_sink.hpp>
#include <hawser/io/loop.hpp>
#include <hawser/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace hawser::io {

class peer;

/// Reaches one accepted link from any thread; does nothing once the link is gone.
class peer_handle {
 public:
  peer_handle() = default;
  explicit peer_handle(std::weak_ptr<peer> p, std::weak_ptr<loop::impl> on)
      : peer_(std::move(p)), loop_(std::move(on)) {}
  /// Runs `task` on the loop, if the link is still open then.
  void submit(std::function<void(context&)> task) const;
  /// Of the other side: "192.0.2.1:4711", or "unix"; empty once the link is gone.
  std::string address() const;
  /// Who it is, put before the lines of its log; whatever it says. On the loop's thread.
  void name(std::string_view name) const;

 private:
  std::weak_ptr<peer> peer_;
  std::weak_ptr<loop::impl> loop_;
};

struct acceptor_options {
  std::string host = "127.0.0.1";  ///< a numeric address, an IPv6 one possibly with a zone: "%eth0"
  std::uint16_t port = 0;          ///< 0: any free one
  /// Given: listen on this path instead; a socket that nobody serves is replaced.
  std::optional<std::string> unix_socket = {};
  tls_server_options tls = {};
  /// Beyond it the oldest link that is not upgraded yet goes for a new one; without such a link the
  /// new one is answered with 503, or over TLS closed.
  std::size_t connections = 10'000;
  /// Links that are not upgraded yet: beyond it the oldest one of the address that has most goes.
  std::size_t pending = 2'000;
  /// The same for one address (IPv6: one /64), but not on loopback nor on a unix-domain socket; a
  /// proxy is one address. 0: no bound.
  std::size_t pending_per_address = 1'000;
  hawser::limits limits = {};
  hawser::deadlines deadlines = {};  ///< `upgrade` counts from the accept
  std::shared_ptr<log_sink> log = {};
};

/// Says what is wrong with them (errc::invalid_option).
result<void, error_info> validate(const acceptor_options& o);

/// Makes the plug-ins of a new link.
using sink_factory = std::function<std::unique_ptr<event_sink>(peer_handle)>;

/// Listens, upgrades, and carries the accepted links with the same codec and data path as a client.
/// Of the hooks, connecting (with what the request said; its Host is that of an absolute target;
/// refuse(ec) answers 403 for errc::origin_refused, 401 for another auth error, 503 for a limit,
/// else 400), open, drop, wake, frame, message and sending are called. Everything
/// runs on the loop's thread.
class acceptor {
 public:
  acceptor(std::shared_ptr<loop> on, acceptor_options o, sink_factory make_sink);
  /// On the loop's thread, or when it does not run. Aborts every link.
  ~acceptor();

  /// Binds and begins to accept; the port that was bound. errc::invalid_option,
  /// errc::listen_failed or tls_errc::unusable_files, with the reason. Before the loop runs, or on
  /// its thread.
  result<std::uint16_t, error_info> listen();
  /// Accepts no more, closes every link with 1001 within deadlines::close, then calls `done` on the
  /// loop. From any thread, once.
  void stop(std::function<void()> done);

 private:
  class impl;
  std::shared_ptr<loop> loop_;
  std::shared_ptr<impl> impl_;
};

}  // namespace hawser::io

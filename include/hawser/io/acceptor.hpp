// The server's role: accepts links and gives each one a chain of plug-ins of its own.
#pragma once

#include <hawser/event_sink.hpp>
#include <hawser/io/loop.hpp>
#include <hawser/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
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

 private:
  std::weak_ptr<peer> peer_;
  std::weak_ptr<loop::impl> loop_;
};

struct acceptor_options {
  std::string host = "127.0.0.1";  ///< a numeric address
  std::uint16_t port = 0;          ///< 0: any free one
  std::string unix_socket =
      {};  ///< set: listen on this path instead; a socket that nobody serves is replaced
  tls_server_options tls = {};
  std::size_t connections = 10'000;  ///< more are closed at once
  hawser::limits limits = {};
  hawser::deadlines deadlines = {};  ///< `upgrade` counts from the accept
  std::shared_ptr<log_sink> log = {};
};

/// Makes the plug-ins of a new link.
using sink_factory = std::function<std::unique_ptr<event_sink>(peer_handle)>;

/// Listens, upgrades, and carries the accepted links with the same codec and data path as a client.
/// Of the hooks, connecting (with what the request said; refuse(ec) answers 401 for an auth error,
/// 503 for a limit, else 400), open, drop, wake, frame, message and sending are called. Everything
/// runs on the loop's thread.
class acceptor {
 public:
  acceptor(std::shared_ptr<loop> on, acceptor_options o, sink_factory make_sink);
  /// On the loop's thread, or when it does not run. Aborts every link.
  ~acceptor();

  /// Binds and begins to accept; the port that was bound. errc::listen_failed, with the reason in
  /// `complaint`. Before the loop runs, or on its thread.
  result<std::uint16_t> listen(std::string& complaint);
  /// Accepts no more, closes every link with 1001 within deadlines::close, then calls `done` on the
  /// loop. From any thread, once.
  void stop(std::function<void()> done);

 private:
  class impl;
  std::shared_ptr<loop> loop_;
  std::shared_ptr<impl> impl_;
};

}  // namespace hawser::io

// The shell of a client: turns readiness and time into events, and effects into bytes.
#pragma once

#include <hawser/diagnostics.hpp>
#include <hawser/event_sink.hpp>
#include <hawser/health.hpp>
#include <hawser/io/loop.hpp>
#include <hawser/io/ready_gate.hpp>
#include <hawser/options.hpp>

#include <functional>
#include <memory>

namespace hawser::io {

/// What snapshot() tells.
struct client_snapshot {
  phase at = phase::idle;
  std::uint64_t link = 0;      ///< number of the current or last link
  std::uint64_t attempts = 0;  ///< dials begun
  std::uint64_t links = 0;     ///< links that opened
  std::uint64_t received = 0;  ///< messages
  std::uint64_t sent = 0;      ///< messages given to the session
  std::uint64_t refused = 0;   ///< sends that found no room, no link, or a hook that refused
  std::uint64_t recycled = 0;  ///< successors that took over
  duration longest_hold{};     ///< that writes were held for one of them
  error_code last_error;       ///< of the last attempt or link that failed
};

class client_monitor;

/// Drives one event_sink over as many links as it takes. client<> wraps it; nobody else needs it.
/// Every hook runs on the loop's thread.
class engine {
 public:
  /// `sink` must outlive the engine. Without a loop the engine has one of its own.
  engine(options o, event_sink& sink, std::shared_ptr<loop> shared);
  /// Aborts what is under way. Not while run() is running: that fails an assertion. Without
  /// assertions it is logged; the client is stopped, and run() has returned when the destructor
  /// does. In a hook of its own, on the thread that would have to return, it ends the program
  /// (std::terminate). With a shared loop: on the loop's thread or when the loop does not run.
  ~engine();

  /// Dials and blocks until the end: empty after stop() or a clean 1000 that nobody wanted to
  /// follow; else the error nobody wanted to retry, or what validate() says. Only without a shared
  /// loop; once (errc::already_running).
  error_code run();
  /// Dials on the shared loop; `ended` is called on it, once.
  result<void> start(std::function<void(error_code)> ended);

  // From any thread.
  void stop();
  result<send_id> send(opcode op, lane l, buffer&& payload);
  /// `bounded`: not beyond limits::mailbox.
  result<void> submit(std::function<void(context&)> task, bool bounded = true);
  result<void> offload(effects::job work);
  /// Whether the calling thread runs the loop.
  bool runs_here() const noexcept;
  /// By the clock of its environment.
  time_point time() const noexcept;
  client_snapshot snapshot() const;
  explanation explain() const;
  client_diagnostics diagnostics(duration bound) const;
  health_check make_health_check(duration bound) const;
  /// errc::would_block: on the loop's thread, which would wait for itself.
  result<void> wait_ready(duration bound) const;
  ready_gate gate() const;
  /// Why validate() refused, in words; the detail of the last failure.
  std::string last_detail() const;

 private:
  class impl;
  // Of run(), which may return when the engine is gone.
  struct run_state;
  void leave_run();

  std::shared_ptr<run_state> run_;
  std::shared_ptr<client_monitor> monitor_;
  bool own_loop_;
  bool started_ = false;
  std::shared_ptr<loop> loop_;  // outlives impl_, whose handlers it holds
  std::shared_ptr<impl> impl_;
};

}  // namespace hawser::io

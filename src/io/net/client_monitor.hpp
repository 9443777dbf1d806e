// Where other threads ask how a client is, and the list of all such monitors of the process.
#pragma once

#include <hawser/diagnostics.hpp>
#include <hawser/health.hpp>

#include "io/loop/loop.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace hawser::io {

/// Outlives its client, and then only says so: whoever holds one keeps nothing of the client alive.
/// What is asked is built on the strand; whoever asks waits at most as long as he says, and gets
/// what was said last otherwise. Several that ask at once share one answer, so that a client whose
/// thread is stuck has one question waiting, not many. Thread-safe.
class client_monitor {
 public:
  /// `refresh` brings up to date what can be told from any thread. It is not called after retire().
  client_monitor(std::weak_ptr<loop::impl> on, std::string name,
                 std::function<void(client_diagnostics&)> refresh)
      : loop_(std::move(on)), name_(std::move(name)), refresh_(std::move(refresh)) {}

  /// The client runs: `answer` is called on its loop and ends in publish().
  void open(std::function<void()> answer);
  /// The answer.
  void publish(client_diagnostics d);
  /// The client does not run any more; this is told from now on.
  void close(client_diagnostics d);
  /// The client is gone.
  void retire();

  struct question {
    std::uint64_t number = 0;  ///< 0: nobody will answer
  };
  /// Does not wait. On the client's own thread, which cannot wait for itself, it is answered at
  /// once.
  question ask();
  /// The answer, or what was said last. False: the client is gone.
  bool take(question q, time_point until, client_diagnostics& to);

 private:
  std::weak_ptr<loop::impl> loop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> answer_;  // empty: the client does not run
  const std::string name_;
  std::function<void(client_diagnostics&)> refresh_;  // empty: the client is gone
  std::unique_ptr<client_diagnostics> last_;          // nobody asked: nullptr, many clients idle
  std::uint64_t answered_ = 0;
  bool posted_ = false;
};

/// Adds a monitor to those that diagnose_all() visits.
void enlist(const std::shared_ptr<client_monitor>& monitor);

/// Good: the link is open and ready, nothing to warn of, and the client answers.
health_answer check_health(client_monitor& monitor, duration bound);

/// Asks one of them; false: the client is gone.
bool consult(client_monitor& monitor, duration bound, client_diagnostics& to);

}  // namespace hawser::io

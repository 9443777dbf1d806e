// Where other threads wait until a client is ready.
#pragma once

#include <hawser/error.hpp>
#include <hawser/time.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace hawser::io {

/// Whoever waits is told once: nothing, once the link is ready; else how the client ended. Copies
/// are the same gate, which may outlive its client. Thread-safe.
class ready_gate {
 public:
  using waiter = std::function<void(error_code)>;

  ready_gate();

  // The client's.

  void set(bool ready);
  /// The client has ended; it stays so.
  void end(error_code why);

  // Anybody's.

  /// Blocks. errc::ready_timeout: the bound has passed.
  result<void> wait(duration bound);
  /// Calls `w` once, at once or on the thread that changes something; never with a lock. A number
  /// for cancel(); 0: it was called.
  std::uint64_t add(waiter w);
  /// Calls that waiter with `why`, unless it was called.
  void cancel(std::uint64_t number, error_code why);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace hawser::io

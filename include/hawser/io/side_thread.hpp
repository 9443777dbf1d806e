// A thread for calls of the system that may never come back.
#pragma once

#include <functional>
#include <memory>

namespace hawser::io {

/// Runs a body on a thread of its own, which takes no signals of the process. The thread can be
/// left while it is in a call that does not return: a write to a terminal that is stopped, a read
/// of what somebody else has read first.
class side_thread {
  struct state;

 public:
  /// The thread as its body sees it.
  class self {
   public:
    /// Runs `call`, which touches nothing that belongs to the owner of the thread. False: the owner
    /// has left meanwhile; the body then returns, and touches nothing of the owner's either.
    bool may_block(const std::function<void()>& call) const;

   private:
    friend side_thread;
    explicit self(std::shared_ptr<state> s) noexcept : state_(std::move(s)) {}
    std::shared_ptr<state> state_;
  };

  /// Starts it. Throws std::system_error.
  explicit side_thread(std::function<void(const self&)> body);
  /// Waits until the body has returned or is in may_block(), where it is left. Whatever else the
  /// body waits for must be called off before.
  ~side_thread();
  side_thread(const side_thread&) = delete;
  side_thread& operator=(const side_thread&) = delete;

  /// Whether a thread that was left is still in its call. Thread-safe.
  static bool any_left() noexcept;

 private:
  std::shared_ptr<state> state_;
};

}  // namespace hawser::io

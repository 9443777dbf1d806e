// How far the socket takes what is written.
#pragma once

#include <hawser/error.hpp>
#include <hawser/time.hpp>

#include <utility>

namespace hawser::io {

/// What a write has come to, and until when it has to go on: a pure machine. Not thread-safe.
class write_progress {
 public:
  enum class state : std::uint8_t {
    free,
    blocked,  ///< the socket is full: writable() is awaited
    failed,   ///< nothing more can be written; what is to be read remains
    shut,     ///< the last byte is out, and our side of TCP ended
  };

  bool free() const noexcept { return state_ == state::free; }
  bool failed() const noexcept { return state_ == state::failed; }
  /// Why it failed.
  const error_code& error() const noexcept { return error_; }
  time_point deadline() const noexcept { return deadline_; }

  /// The peer has to take something until then.
  void block(time_point until) noexcept {
    state_ = state::blocked;
    deadline_ = until;
  }
  /// The socket takes bytes again: how many will show.
  void unblock() noexcept {
    if (state_ == state::blocked) state_ = state::free;
  }
  /// Reading ends the link, until then: the peer's Close, or the alert that says why, may lie
  /// unread.
  void fail(const error_code& ec, time_point until) noexcept {
    state_ = state::failed;
    error_ = ec;
    deadline_ = until;
  }
  /// All is written.
  void drain() noexcept { deadline_ = never; }
  void shut() noexcept { state_ = state::shut; }
  void release() noexcept { deadline_ = never; }

 private:
  state state_ = state::free;
  error_code error_;
  time_point deadline_ = never;
};

}  // namespace hawser::io

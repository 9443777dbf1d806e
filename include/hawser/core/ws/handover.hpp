// Moving a client from a link to its successor without a gap: make before break. A pure machine.
#pragma once

#include <hawser/time.hpp>

#include <cstdint>

namespace hawser {

/// Sequences a recycling. The successor is opened and logged in while its predecessor works on;
/// then writes are held at a message boundary, what the predecessor still has to write and the
/// replies that it still owes are awaited within a bound, it is closed and read to its Close, and
/// what was held is released on the successor, whose own messages were left unread until then. So
/// nothing is lost, repeated or reordered if the peer moves its sender at a message boundary, too.
/// Each input returns the one thing to do next. Not thread-safe.
class handover {
 public:
  enum class state : std::uint8_t {
    idle,      ///< one link, or none
    opening,   ///< the successor is being dialed or logs in; the predecessor is the client's
    draining,  ///< the successor is the client's; the predecessor writes and waits for replies
    closing,   ///< the predecessor's closing handshake runs
  };
  enum class action : std::uint8_t {
    none,
    open,  ///< dial a successor
    hold,  ///< the successor is the client's link: hold what is written and what it says
    close_predecessor,  ///< begin the closing handshake of the predecessor
    release,            ///< the successor carries what was held; read it
    revert,     ///< the predecessor is the client's again, what was held goes out on it, and the
                ///< successor may be dialed once more
    fail_over,  ///< the predecessor is gone: the successor's attempt is the client's own
    abandon,    ///< let go of the successor; the predecessor works on
  };

  /// `bound`: of `draining`.
  explicit handover(duration bound) noexcept : bound_(bound) {}

  action requested() noexcept { return step(state::idle, state::opening, action::open); }
  /// The successor is open and logged in.
  action ready(time_point now) noexcept {
    const action a = step(state::opening, state::draining, action::hold);
    if (a == action::hold) deadline_ = now + bound_;
    return a;
  }
  /// The predecessor owes no reply and has written everything.
  action drained() noexcept {
    const action a = step(state::draining, state::closing, action::close_predecessor);
    if (a == action::close_predecessor) deadline_ = never;
    return a;
  }
  action tick(time_point now) noexcept { return now >= deadline_ ? drained() : action::none; }
  /// In whatever way.
  action predecessor_ended() noexcept {
    const bool opening = state_ == state::opening;
    if (state_ == state::idle) return action::none;
    return end(opening ? action::fail_over : action::release);
  }
  /// After `hold`. When the predecessor closes already, the client has to dial.
  action successor_ended() noexcept {
    deadline_ = never;
    if (state_ == state::closing) state_ = state::idle;
    return step(state::draining, state::opening, action::revert);
  }
  /// The successor cannot be had.
  action given_up() noexcept {
    return state_ == state::opening ? end(action::abandon) : action::none;
  }
  /// The client's link is to be closed: without waiting for replies.
  action stop() noexcept { return state_ == state::opening ? given_up() : drained(); }

  state current() const noexcept { return state_; }
  /// When tick() is wanted.
  time_point deadline() const noexcept { return deadline_; }

 private:
  action step(state from, state to, action a) noexcept {
    if (state_ != from) return action::none;
    state_ = to;
    return a;
  }
  action end(action a) noexcept {
    state_ = state::idle;
    deadline_ = never;
    return a;
  }

  duration bound_;
  state state_ = state::idle;
  time_point deadline_ = never;
};

}  // namespace hawser

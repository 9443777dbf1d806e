// From the first dial to the last end: which step comes next, and until when. A pure machine.
#pragma once

#include <hawser/error.hpp>
#include <hawser/time.hpp>

#include <cstdint>
#include <string_view>

namespace hawser {

/// Where an attempt to get an open link is, or was when it failed.
enum class phase : std::uint8_t {
  idle,            ///< run() was not called
  waiting,         ///< for the time of the next attempt
  authenticating,  ///< credentials are awaited
  resolving,
  connecting,
  securing,   ///< TLS handshake
  upgrading,  ///< HTTP upgrade
  open,
  closing,  ///< our Close is queued or sent
  stopped,
};

constexpr std::string_view to_string(phase p) noexcept {
  switch (p) {
    case phase::idle:
      return "idle";
    case phase::waiting:
      return "waiting";
    case phase::authenticating:
      return "authenticating";
    case phase::resolving:
      return "resolving";
    case phase::connecting:
      return "connecting";
    case phase::securing:
      return "securing";
    case phase::upgrading:
      return "upgrading";
    case phase::open:
      return "open";
    case phase::closing:
      return "closing";
    case phase::stopped:
      return "stopped";
  }
  return "?";
}

/// How long each phase may take.
struct deadlines {
  duration authenticate = std::chrono::seconds(10);
  duration resolve = std::chrono::seconds(10);
  duration connect = std::chrono::seconds(60);
  duration secure = std::chrono::seconds(10);
  duration upgrade = std::chrono::seconds(10);
  /// The body of a refused upgrade, from the end of its header. What has come by then is told.
  duration refusal_body = std::chrono::seconds(1);
  duration write_progress = std::chrono::seconds(30);  ///< a write that moves no byte for so long
  duration close = std::chrono::seconds(5);  ///< the closing handshake; all that stop() waits for
  /// In recycling, what the predecessor still has to write and the replies that its calls still
  /// wait for are awaited. What is not written by then, nor within `close`, is lost with it. (A
  /// peer that answers on the successor makes it last so long: that is not read before.)
  duration handover = std::chrono::seconds(5);
};

/// Sequences the phases of a client's links. Each input returns the one thing to do next. An input
/// that does not belong to the phase (a completion that comes late) returns `none` and changes
/// nothing. The first dial and every later one take the same way. Not thread-safe.
class lifecycle {
 public:
  enum class action : std::uint8_t {
    none,          ///< wait for the next input or deadline()
    admit,         ///< ask on_connecting; answer admitted, wait_until or failed
    authenticate,  ///< ask on_authenticate; answer granted or failed, at once or later
    resolve,       ///< begin; answer done or failed
    connect,
    secure,
    upgrade,
    announce,  ///< the link is open
    close,     ///< begin the closing handshake; answer ended
    react,     ///< abort what the attempt holds, ask on_error with error() and failed_in(); answer
               ///< retry or give_up
    finish,    ///< abort what is left; the client ends with result()
  };

  explicit lifecycle(const deadlines& d) noexcept : deadlines_(d) {}

  action start() noexcept;
  /// Instead of start(): the client ends with this error before it has begun.
  action refuse(error_code ec) noexcept;
  action admitted(time_point now) noexcept;
  action wait_until(time_point t) noexcept;
  action granted(time_point now) noexcept;
  /// The attempt is not made with what is granted: `admit` is asked again at `t`.
  action put_off(time_point t) noexcept;
  /// The phase that runs (resolving, connecting, securing, upgrading) is through.
  action done(time_point now) noexcept;
  /// The upgrade is refused; the body that says why is awaited within its own deadline.
  void refused(time_point now) noexcept;
  /// The attempt failed.
  action failed(error_code ec) noexcept;
  /// A plug-in began the closing handshake.
  void closing(time_point now) noexcept;
  /// A plug-in or the program closes in order while there is no link: the client has failed with
  /// errc::closed, or will have at its start.
  action closed() noexcept;
  /// The open or closing link ended.
  action ended(error_code ec) noexcept;
  action retry(time_point at) noexcept;
  /// The client ends, with error() or, if given, another one.
  action give_up(error_code instead = {}) noexcept;
  /// The client ends without an error: the last link was closed cleanly.
  action give_up_cleanly() noexcept;
  /// Drains an open link within the close deadline, ends at once in every other phase; the second
  /// call ends at once in that one too.
  action stop(time_point now) noexcept;
  /// Time has passed: what the deadline says, if it is due.
  action tick(time_point now) noexcept;

  phase current() const noexcept { return phase_; }
  /// When tick() is wanted; never if no deadline runs.
  time_point deadline() const noexcept { return deadline_; }
  /// Attempts since a link was open, the current one counted.
  unsigned attempt() const noexcept { return attempt_; }
  bool stopping() const noexcept { return stopping_; }
  /// stop() was called again: nothing may linger.
  bool stopped_twice() const noexcept { return stopped_twice_; }
  /// What `react` is about.
  error_code error() const noexcept { return error_; }
  phase failed_in() const noexcept { return failed_in_; }
  /// After finish: empty when stop() led to it, else the error nobody wanted to retry.
  error_code result() const noexcept { return result_; }

 private:
  action enter(phase p, time_point deadline, action a) noexcept;
  action fail(error_code ec) noexcept;
  action finish() noexcept;
  bool dialing() const noexcept {
    return phase_ >= phase::authenticating && phase_ <= phase::upgrading;
  }
  // Whether this question waits for its answer: `waiting` is one phase with two questions.
  bool asked(action a) const noexcept { return phase_ == phase::waiting && asked_ == a; }

  deadlines deadlines_;
  phase phase_ = phase::idle;
  phase failed_in_ = phase::idle;
  action asked_ = action::none;
  bool closed_ = false;  // before the start
  bool stopping_ = false;
  bool stopped_twice_ = false;
  unsigned attempt_ = 0;
  time_point deadline_ = never;
  error_code error_;
  error_code result_;
};

}  // namespace hawser

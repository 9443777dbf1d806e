// What the hooks answer. A deciding hook that answers `pass` (`go`, `ready`) leaves the decision to
// the next plug-in; anything else is final.
#pragma once

#include <hawser/error.hpp>
#include <hawser/time.hpp>

#include <cstdint>

namespace hawser {

/// May this attempt be made?
class admission {
 public:
  enum class kind : std::uint8_t { go, wait, refuse };
  static admission go() noexcept { return {kind::go, {}, {}}; }
  /// Ask again at that time.
  static admission wait_until(time_point t) noexcept { return {kind::wait, t, {}}; }
  static admission refuse(error_code ec) noexcept { return {kind::refuse, {}, ec}; }

  kind what() const noexcept { return what_; }
  time_point until() const noexcept { return until_; }
  error_code error() const noexcept { return error_; }
  bool passes() const noexcept { return what_ == kind::go; }

 private:
  admission(kind k, time_point t, error_code ec) noexcept : what_(k), until_(t), error_(ec) {}
  kind what_;
  time_point until_;
  error_code error_;
};

/// Was the message for this plug-in alone?
enum class verdict : std::uint8_t { pass, handled };

inline constexpr verdict handled = verdict::handled;
constexpr bool passes(verdict v) noexcept { return v == verdict::pass; }

/// May this message be queued?
class permit {
 public:
  enum class kind : std::uint8_t { pass, hold, refuse };
  static permit pass() noexcept { return {kind::pass, {}, {}}; }
  /// Ask again at that time; messages of the same lane wait behind it.
  static permit hold_until(time_point t) noexcept { return {kind::hold, t, {}}; }
  static permit refuse(error_code ec) noexcept { return {kind::refuse, {}, ec}; }

  kind what() const noexcept { return what_; }
  time_point until() const noexcept { return until_; }
  error_code error() const noexcept { return error_; }
  bool passes() const noexcept { return what_ == kind::pass; }

 private:
  permit(kind k, time_point t, error_code ec) noexcept : what_(k), until_(t), error_(ec) {}
  kind what_;
  time_point until_;
  error_code error_;
};

/// Shall the client dial again? If everybody passes, it ends.
class reaction {
 public:
  enum class kind : std::uint8_t { pass, retry, give_up };
  /// Ten years: added to any time that a clock says, it does not overflow.
  static constexpr duration longest = std::chrono::hours(24 * 3653);
  static reaction pass() noexcept { return {kind::pass, {}}; }
  /// A delay below 0 is taken for 0, one above `longest` for that.
  static reaction retry_after(duration d) noexcept {
    return {kind::retry, d < duration::zero() ? duration::zero() : d > longest ? longest : d};
  }
  static reaction give_up() noexcept { return {kind::give_up, {}}; }

  kind what() const noexcept { return what_; }
  duration after() const noexcept { return after_; }
  bool passes() const noexcept { return what_ == kind::pass; }

 private:
  reaction(kind k, duration d) noexcept : what_(k), after_(d) {}
  kind what_;
  duration after_;
};

/// Are the credentials in place?
class grant {
 public:
  enum class kind : std::uint8_t { ready, pending, refuse };
  static grant ready() noexcept { return {kind::ready, {}}; }
  /// The ticket of auth_request::defer will be finished within the auth deadline.
  static grant pending() noexcept { return {kind::pending, {}}; }
  static grant refuse(error_code ec) noexcept { return {kind::refuse, ec}; }

  kind what() const noexcept { return what_; }
  error_code error() const noexcept { return error_; }
  bool passes() const noexcept { return what_ == kind::ready; }

 private:
  grant(kind k, error_code ec) noexcept : what_(k), error_(ec) {}
  kind what_;
  error_code error_;
};

inline bool passes(const admission& a) noexcept { return a.passes(); }
inline bool passes(const permit& p) noexcept { return p.passes(); }
inline bool passes(const reaction& r) noexcept { return r.passes(); }
inline bool passes(const grant& g) noexcept { return g.passes(); }

}  // namespace hawser

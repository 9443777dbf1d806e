// When to try again what the server refuses.
#pragma once

#include <hawser/core/recovery/jitter.hpp>

#include <algorithm>
#include <array>

namespace hawser {

/// What an attempt asked for and with which credentials, as numbers that can only be compared.
struct fingerprint {
  std::uint64_t resource = 0;     ///< endpoint and path
  std::uint64_t credentials = 0;  ///< header fields, query and subprotocols that may carry some

  friend bool operator==(const fingerprint&, const fingerprint&) = default;
};

/// Credentials that must not be shown again before `until`.
struct withheld_credentials {
  std::uint64_t credentials = 0;
  time_point until{};    ///< never shown before; a time that has passed withholds nothing
  time_point recheck{};  ///< whether there are others by now is looked at then

  bool holds(std::uint64_t shown, time_point now) const noexcept {
    return now < until && shown == credentials;
  }
};

/// Remembers what has worked for a client, and paces its attempts at what is refused: `slow`, twice
/// that and so on up to `cap`, each time somewhere in the upper half. Credentials that were refused
/// and never worked are shown again at the pace of `cap` only, so that no account is locked. Pure;
/// not thread-safe.
class refusals {
 public:
  struct pace {
    duration slow = std::chrono::minutes(1);
    duration cap = std::chrono::minutes(15);
  };
  /// Fingerprints that are remembered; the one that worked longest ago is forgotten.
  static constexpr std::size_t most = 8;

  void worked(const fingerprint& f) noexcept {
    const auto end = known_.begin() + static_cast<std::ptrdiff_t>(count_);
    auto at = std::find(known_.begin(), end, f);
    if (at == end)
      at = count_ < most ? known_.begin() + static_cast<std::ptrdiff_t>(count_++) : end - 1;
    *at = f;
    std::rotate(known_.begin(), at, at + 1);
  }
  bool knows(std::uint64_t resource) const noexcept {
    return std::any_of(known_.begin(), known_.begin() + static_cast<std::ptrdiff_t>(count_),
                       [&](const fingerprint& f) { return f.resource == resource; });
  }
  bool knows(const fingerprint& f) const noexcept {
    const auto end = known_.begin() + static_cast<std::ptrdiff_t>(count_);
    return std::find(known_.begin(), end, f) != end;
  }

  /// The delay before the next attempt. `f` was refused; for its credentials, if `auth`.
  duration refused(const fingerprint& f, bool auth, time_point now, const pace& p,
                   jitter& random) noexcept {
    duration ceiling = p.slow;
    for (unsigned n = 0; n < again_ && ceiling < p.cap; ++n) ceiling = std::min(p.cap, ceiling * 2);
    ++again_;
    const duration delay = upper_half(ceiling, random);
    delay_ = delay;
    if (auth && !knows(f)) {
      withheld_ = {f.credentials, now + std::max(delay, upper_half(p.cap, random)), {}};
    }
    return delay;
  }
  /// For an attempt that begins now.
  withheld_credentials withheld(time_point now) const noexcept {
    withheld_credentials w = withheld_;
    w.recheck = std::min(w.until, now + delay_);
    return w;
  }
  /// Refusals since a link proved itself.
  unsigned again() const noexcept { return again_; }
  time_point withheld_until() const noexcept { return withheld_.until; }
  /// A link proved itself: begin at `slow` again.
  void reset() noexcept {
    again_ = 0;
    withheld_ = {};
  }

 private:
  static duration upper_half(duration d, jitter& random) noexcept {
    return d / 2 + random.up_to(d - d / 2);
  }

  std::array<fingerprint, most> known_{};  // the latest first
  std::size_t count_ = 0;
  unsigned again_ = 0;
  duration delay_{};
  withheld_credentials withheld_;
};

}  // namespace hawser

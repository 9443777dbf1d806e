// How much may pass: a rate over time, and a burst that may run ahead of it.
#pragma once

#include <hawser/time.hpp>

#include <algorithm>

namespace hawser {

/// A token bucket, kept as the generic cell rate algorithm (ITU-T I.371, Annex A): one time, at
/// which the bucket would be full again; nothing has to refill it. Begins full. What costs more
/// than the whole bucket passes when it is full, and is paid off behind. Pure: `now` is an
/// argument, of one clock. Not thread-safe.
class token_bucket {
 public:
  /// `rate` tokens a second and room for `burst` (0: a second's worth, one at least). A rate of 0
  /// (the default) has no bound.
  explicit token_bucket(double rate = 0, double burst = 0) noexcept
      : token_(rate > 0 ? 1e9 / rate : 0),
        room_(token_ * (burst > 0 ? burst : std::max(rate, 1.0))) {}

  /// When `cost` tokens may be taken, `now` at the earliest, if nobody takes any before.
  time_point ready(time_point now, double cost) const noexcept {
    const double debt = std::max(0.0, nanoseconds(full_ - now));
    const double over = debt + std::min(cost * token_, room_) - room_;
    // Half a nanosecond is noise: what the sum of many fractions is off by.
    return over < 0.5 ? now : now + ceiling(over);
  }
  /// Takes them, whether they are there or not: what is not there is owed.
  void take(time_point now, double cost) noexcept {
    const double more = cost * token_;
    full_ = std::max(full_, now) + (more < 0.5 ? duration(0) : ceiling(more));
  }
  /// When it is full again, if nobody takes any before.
  time_point full() const noexcept { return full_; }
  /// What is there at `now`; below 0: owed. Without a bound: 0.
  double level(time_point now) const noexcept {
    if (token_ <= 0) return 0;
    return (room_ - std::max(0.0, nanoseconds(full_ - now))) / token_;
  }

 private:
  static double nanoseconds(duration d) noexcept { return static_cast<double>(d.count()); }
  // At most a year: a cost beyond all sense must not overflow a time.
  static duration ceiling(double ns) noexcept {
    constexpr double year = 365.0 * 86'400e9;
    const auto whole = static_cast<std::int64_t>(std::min(ns, year));
    return duration(whole + (static_cast<double>(whole) < ns ? 1 : 0));
  }

  double token_;  // nanoseconds until the next one
  double room_;   // nanoseconds until an empty bucket is full
  time_point full_{};
};

}  // namespace hawser

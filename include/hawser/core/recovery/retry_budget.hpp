// How many retries the clients of one process may make together.
#pragma once

#include <hawser/time.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace hawser {

/// Hands out the times at which retries may be made: a rate that holds over time, and a burst that
/// may run ahead of it. The generic cell rate algorithm (ITU-T I.371, Annex A) in one word: the
/// time at which the next retry would be due if all came evenly.
///
/// Thread-safe and wait-free: a call makes at most one exchange and one addition. A thread that was
/// held up between the two may cost others one exchange, and so let one retry more pass after a
/// pause; the sustained rate holds. Pure: `now` is an argument, of one clock.
class retry_budget {
 public:
  /// `rate` retries a second, from 1 to 1,000,000 (others are taken for the nearest of them), and
  /// `burst` at once, from 1 to 1,000,000.
  explicit retry_budget(unsigned rate = 100, unsigned burst = 100) noexcept
      : interval_(1'000'000'000 / bound(rate)), ahead_(interval_ * (bound(burst) - 1)) {}

  /// Reserves one retry: when it may be made, `now` at the earliest. It is spent even if it is not
  /// made.
  time_point take(time_point now) noexcept {
    const std::int64_t at = now.time_since_epoch().count();
    std::int64_t due = due_.load(std::memory_order_relaxed);
    if (due < at) due_.compare_exchange_strong(due, at, std::memory_order_relaxed);
    const std::int64_t mine = due_.fetch_add(interval_, std::memory_order_relaxed);
    return std::max(now, time_point(duration(mine - ahead_)));
  }

  /// When a retry that is reserved now could be made.
  time_point due(time_point now) const noexcept {
    return std::max(now, time_point(duration(due_.load(std::memory_order_relaxed) - ahead_)));
  }

 private:
  static constexpr std::int64_t bound(unsigned n) noexcept {
    return static_cast<std::int64_t>(std::clamp(n, 1U, 1'000'000U));
  }

  std::int64_t interval_;  // nanoseconds
  std::int64_t ahead_;
  std::atomic<std::int64_t> due_{0};
};

}  // namespace hawser

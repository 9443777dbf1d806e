// The two clocks, as types only: nothing but an environment (hawser/io/environment.hpp) reads them.
#pragma once

#include <chrono>
#include <cstdint>

namespace hawser {

/// Monotonic time, for deadlines and intervals of the link.
using time_point = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;
using duration = std::chrono::nanoseconds;

/// Cut, for what is written in milliseconds.
constexpr std::int64_t whole_ms(duration d) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

/// "Never": a deadline that is not set.
inline constexpr time_point never = time_point::max();

/// Milliseconds since the Unix epoch, for receipts and the timers of governors.
using wall_ms = std::int64_t;

/// Where monotonic time is read: an environment, or a test's variable. Thread-safe.
class monotonic_clock {
 public:
  virtual time_point now() const noexcept = 0;

 protected:
  ~monotonic_clock() = default;
};

}  // namespace hawser

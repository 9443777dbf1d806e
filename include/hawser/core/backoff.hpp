// Exponential backoff with full jitter.
#pragma once

#include <hawser/time.hpp>

#include <cstdint>

namespace hawser {

/// Delays between attempts: uniform in [0, min(cap, base * 2^n)], after "Exponential Backoff And
/// Jitter" (Brooker, AWS Architecture Blog, 2015). Full jitter spreads a fleet that lost its server
/// at one moment over the whole interval. Pure: the seed decides everything.
class backoff {
 public:
  backoff(duration base, duration cap, std::uint64_t seed) noexcept
      : base_(base), cap_(cap), random_(seed) {}

  /// The delay before the next attempt.
  duration next() noexcept {
    duration ceiling = cap_;
    if (failures_ < 62 && base_.count() <= (cap_.count() >> failures_)) {
      ceiling = base_ * (std::int64_t{1} << failures_);
    }
    ++failures_;
    return duration(
        static_cast<std::int64_t>(draw() % (static_cast<std::uint64_t>(ceiling.count()) + 1)));
  }
  /// The link proved itself: begin at base again.
  void reset() noexcept { failures_ = 0; }
  unsigned failures() const noexcept { return failures_; }

 private:
  // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
  std::uint64_t draw() noexcept {
    std::uint64_t z = (random_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  duration base_;
  duration cap_;
  std::uint64_t random_;
  unsigned failures_ = 0;
};

}  // namespace hawser

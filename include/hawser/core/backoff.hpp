// Exponential backoff with full jitter.
#pragma once

#include <hawser/core/jitter.hpp>

namespace hawser {

/// Delays between attempts: uniform in [0, min(cap, base * 2^n)], after "Exponential Backoff And
/// Jitter" (Brooker, AWS Architecture Blog, 2015). Full jitter spreads a fleet that lost its server
/// at one moment over the whole interval. Pure: the seed decides everything.
class backoff {
 public:
  backoff(duration base, duration cap, std::uint64_t seed) noexcept
      : base_(base), cap_(cap), random_(seed) {}

  /// The delay before the next attempt.
  duration next() noexcept { return random_.up_to(grow()); }
  /// The same when the peer asked to be left alone for `least`: uniform from there over `spread` or
  /// what next() would draw from, whichever is longer. Everybody who is told one second must not
  /// come at that second.
  duration next(duration least, duration spread) noexcept {
    return least + random_.up_to(std::max(grow(), spread));
  }
  /// The link proved itself: begin at base again.
  void reset() noexcept { failures_ = 0; }
  unsigned failures() const noexcept { return failures_; }

 private:
  duration grow() noexcept {
    duration ceiling = cap_;
    if (failures_ < 62 && base_.count() <= (cap_.count() >> failures_)) {
      ceiling = base_ * (std::int64_t{1} << failures_);
    }
    ++failures_;
    return ceiling;
  }

  duration base_;
  duration cap_;
  jitter random_;
  unsigned failures_ = 0;
};

}  // namespace hawser

// Exponential backoff with jitter.
#pragma once

#include <hawser/core/recovery/jitter.hpp>

namespace hawser {

/// Delays between attempts, after "Exponential Backoff And Jitter" (Brooker, AWS Architecture Blog,
/// 2015), below a ceiling of min(cap, base * 2^n). The first is uniform from 0 on (full jitter): it
/// spreads a fleet that lost its server at one moment over the whole of `base`. The later ones are
/// uniform in the upper half (equal jitter): the fleet is spread by then, and asks a third less
/// often for the same longest delay. Pure: the seed decides everything.
class backoff {
 public:
  backoff(duration base, duration cap, std::uint64_t seed) noexcept
      : base_(base), cap_(cap), random_(seed) {}

  /// The delay before the next attempt; at most `most`.
  duration next(duration most = duration::max()) noexcept {
    const bool first = failures_ == 0;
    const duration ceiling = std::min(grow(), most);
    const duration least = first ? duration::zero() : ceiling / 2;
    return least + random_.up_to(ceiling - least);
  }
  /// The same when the peer asked to be left alone for `least`: uniform from there over `spread` or
  /// the ceiling, whichever is longer. Everybody who is told one second must not come at that
  /// second.
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

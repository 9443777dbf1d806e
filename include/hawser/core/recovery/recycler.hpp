// When a link is to be replaced by a fresh one.
#pragma once

#include <hawser/core/recovery/jitter.hpp>

#include <algorithm>

namespace hawser {

/// Gives each link an age at which it is due, and asks again while no successor takes over. Ages
/// and pauses are jittered, so that a fleet that was deployed in one minute does not recycle in
/// one. Pure: the seed decides everything. Not thread-safe.
class recycler {
 public:
  struct options {
    duration age = std::chrono::hours(24);
    unsigned jitter_percent = 10;              ///< of age and pause, to both sides
    duration pause = std::chrono::minutes(5);  ///< between attempts
  };

  recycler(const options& o, std::uint64_t seed) noexcept : options_(o), random_(seed) {}

  /// The link that lives from now on: when it is due.
  time_point opened(time_point now) noexcept {
    return due_ = now + random_.around(options_.age, options_.jitter_percent);
  }
  /// An attempt begins, or has failed: when the next one is due.
  time_point attempted(time_point now) noexcept {
    return due_ = now + random_.around(options_.pause, options_.jitter_percent);
  }
  /// There is no link that could be replaced.
  void dropped() noexcept { due_ = never; }
  time_point due() const noexcept { return due_; }

 private:
  options options_;
  jitter random_;
  time_point due_ = never;
};

}  // namespace hawser

// Random delays from a seed.
#pragma once

#include <hawser/time.hpp>

#include <algorithm>
#include <cstdint>

namespace hawser {

/// Draws from SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). Pure: the seed decides everything.
/// Not thread-safe.
class jitter {
 public:
  explicit jitter(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t draw() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, most]; 0 if `most` is below it.
  duration up_to(duration most) noexcept {
    const auto n = static_cast<std::uint64_t>(std::max(most, duration::zero()).count());
    return duration(static_cast<std::int64_t>(draw() % (n + 1)));
  }
  /// Uniform within `percent` (0 to 100) of `d`, on both sides.
  duration around(duration d, unsigned percent) noexcept {
    const duration share = d / 100 * static_cast<std::int64_t>(std::min(percent, 100U));
    return d - share + up_to(2 * share);
  }

 private:
  std::uint64_t state_;
};

}  // namespace hawser

// A hybrid logical clock: wall time that never goes back, after Kulkarni et al., "Logical Physical
// Clocks" (OPODIS 2014), in one number of 64 bits.
#pragma once

#include <hawser/time.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace hawser {

inline constexpr unsigned hlc_counter_bits = 16;

/// The milliseconds since the Unix epoch that an HLC value stands for.
constexpr wall_ms hlc_wall(std::uint64_t hlc) noexcept {
  return static_cast<wall_ms>(hlc >> hlc_counter_bits);
}

/// The smallest HLC value of a millisecond; times outside of 48 bits become the nearest one inside.
constexpr std::uint64_t hlc_at(wall_ms t) noexcept {
  constexpr wall_ms latest = (wall_ms{1} << (64 - hlc_counter_bits)) - 1;
  return static_cast<std::uint64_t>(std::clamp(t, wall_ms{0}, latest)) << hlc_counter_bits;
}

/// How far a remote HLC is ahead of the wall time `now`, in milliseconds; 0 or less: it is not.
constexpr wall_ms hlc_ahead(std::uint64_t remote, wall_ms now) noexcept {
  return hlc_wall(remote) - hlc_wall(hlc_at(now));
}

/// Farther ahead, a remote clock is wrong: it is never merged, and told.
inline constexpr wall_ms max_clock_ahead = 60'000;

/// Numbers events so that later ones get larger numbers, whatever the wall clock does. Pure: the
/// wall time comes in. Not thread-safe.
class hybrid_clock {
 public:
  struct options {
    wall_ms max_ahead = max_clock_ahead;  ///< how far a remote clock may be ahead of ours
  };

  /// `last` is the largest value on disk; 0: none.
  explicit hybrid_clock(std::uint64_t last) noexcept : hybrid_clock(last, options{}) {}
  hybrid_clock(std::uint64_t last, options o) noexcept : last_(last), options_(o) {}

  /// The next value: of `now`, or one above the last. The 65,537th of one millisecond is the first
  /// of the next. (In the year 10889 the clock stands still.)
  std::uint64_t tick(wall_ms now) noexcept {
    constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
    last_ = std::max(hlc_at(now), last_ == largest ? largest : last_ + 1);
    return last_;
  }

  /// Later ticks will be above `remote`. False, and nothing changed, if it is too far ahead of
  /// `now`: one wrong clock must not carry all others away.
  [[nodiscard]] bool observe(std::uint64_t remote, wall_ms now) noexcept {
    if (hlc_ahead(remote, now) > options_.max_ahead) return false;
    last_ = std::max(last_, remote);
    return true;
  }

  std::uint64_t last() const noexcept { return last_; }

 private:
  std::uint64_t last_;
  options options_;
};

}  // namespace hawser

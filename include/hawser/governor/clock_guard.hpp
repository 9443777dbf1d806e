// Tells a wall clock that runs from one that leaps.
#pragma once

#include <hawser/time.hpp>

#include <algorithm>
#include <cassert>
#include <optional>

namespace hawser::governor {

/// Makes the time that governors see from a wall clock that may never have been set and a monotonic
/// clock that may be trusted. Pure: both come in. Not thread-safe.
///
/// A wall clock is not trusted while it shows a time before 2020, or, from the start on until it
/// first is, one before the last time on disk; then time goes on from where it was by the monotonic
/// clock alone. A trusted clock that differs from that by no more than `jump_bound` has drifted and
/// is followed. One that differs by more has leapt: it is followed too, and every armed deadline
/// must move with it, so that what remained still remains. The time before the start is not
/// measured by anything, so a trusted clock is believed there: what fell due while the device was
/// off fires late.
///
/// Where a monotonic clock stops while the device sleeps (CLOCK_MONOTONIC of Linux), give one that
/// does not (CLOCK_BOOTTIME): otherwise every sleep beyond the bound looks like a leap.
class clock_guard {
 public:
  struct reading {
    wall_ms now;    ///< what governors see
    wall_ms shift;  ///< machine::shift() every governor by this first; 0: nothing leapt
    bool trusted;   ///< whether `now` is the wall clock's
  };

  /// `last_on_disk`: the latest wall time that was stored; 0: none. `jump_bound` in ms, above 0.
  clock_guard(wall_ms last_on_disk, wall_ms jump_bound) noexcept
      : anchor_wall_(std::clamp<wall_ms>(last_on_disk, 0, latest)),
        floor_(std::max(anchor_wall_, earliest)),
        bound_(jump_bound) {
    assert(jump_bound > 0);
  }

  reading read(wall_ms wall, time_point monotonic) noexcept {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    const bool first = !anchor_;
    if (first) anchor_ = monotonic;
    // From the anchor, not from the last reading, so that no fraction of a millisecond is lost.
    const wall_ms expected =
        anchor_wall_ + duration_cast<milliseconds>(monotonic - *anchor_).count();
    if (wall < floor_ || wall > latest) return {expected, 0, false};

    const wall_ms leap = wall - expected;
    anchor_ = monotonic;
    anchor_wall_ = wall;
    floor_ = earliest;
    return {wall, first || (leap <= bound_ && leap >= -bound_) ? 0 : leap, true};
  }

 private:
  static constexpr wall_ms earliest = 1'577'836'800'000;     // 2020-01-01T00:00:00Z
  static constexpr wall_ms latest = (wall_ms{1} << 48) - 1;  // what an HLC can hold

  wall_ms anchor_wall_;
  wall_ms floor_;
  wall_ms bound_;
  std::optional<time_point> anchor_;
};

}  // namespace hawser::governor

// The clocks of an edge as its governors see them.
#pragma once

#include <hawser/edge/edge.hpp>
#include <hawser/governor/clock_guard.hpp>

#include <utility>

namespace hawser {

/// One time for all of a group. That the wall clock leapt counts once the group is on disk.
class group_clock {
 public:
  explicit group_clock(edge_clocks c) : clocks_(std::move(c)) {}

  /// `known`: the wall time that is on disk.
  void start(wall_ms known) { guard_ = governor::clock_guard(known, jump_bound); }
  /// Before each group: what undo() goes back to.
  void mark() { before_ = guard_; }
  /// Of this group. By how much the wall clock leapt since the last one; 0: it did not.
  wall_ms read() {
    const auto r = guard_.read(clocks_.wall(), clocks_.monotonic());
    now_ = r.now;
    return r.shift;
  }
  /// The group failed.
  void undo() { guard_ = before_; }
  /// Of the group.
  wall_ms now() const noexcept { return now_; }
  time_point monotonic() const { return clocks_.monotonic(); }
  /// How long it is until then, if a group began now. Only a group may notice a leap: it moves the
  /// deadlines.
  wall_ms until(wall_ms deadline) const {
    governor::clock_guard look = guard_;
    const auto r = look.read(clocks_.wall(), clocks_.monotonic());
    return deadline + r.shift - r.now;
  }

 private:
  /// A wall clock that differs by more from what the monotonic one says has been set.
  static constexpr wall_ms jump_bound = 60'000;

  edge_clocks clocks_;
  governor::clock_guard guard_{0, 1};
  governor::clock_guard before_{0, 1};
  wall_ms now_ = 0;
};

}  // namespace hawser

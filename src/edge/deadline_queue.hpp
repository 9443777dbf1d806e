// Who is due first.
#pragma once

#include <hawser/time.hpp>

#include <optional>
#include <set>
#include <utility>

namespace hawser {

/// A T has an `std::optional<wall_ms> deadline`, which this alone writes; it must be disarmed
/// before it goes.
template <class T>
class deadline_queue {
 public:
  /// nullopt: none.
  void arm(T& t, std::optional<wall_ms> deadline) {
    if (t.deadline) all_.erase({*t.deadline, &t});
    t.deadline = deadline;
    if (deadline) all_.emplace(*deadline, &t);
  }
  void disarm(T& t) { arm(t, std::nullopt); }
  bool empty() const noexcept { return all_.empty(); }
  /// The first; not when empty.
  wall_ms first() const noexcept { return all_.begin()->first; }
  T& front() const noexcept { return *all_.begin()->second; }

 private:
  std::set<std::pair<wall_ms, T*>> all_;
};

}  // namespace hawser

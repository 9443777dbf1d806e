// When memory that a flood took is given back to the system. A pure machine.
#pragma once

#include <hawser/time.hpp>

#include <chrono>
#include <utility>

namespace hawser {

/// To give memory back is to walk the whole heap while everybody waits: it is done at most once in
/// 30 s, for all that came to be owed meanwhile.
class memory_return {
 public:
  static constexpr duration pause = std::chrono::seconds(30);

  /// A flood is over.
  void owe() noexcept { owed_ = true; }
  /// Whether it is to be done now; then it is taken as done.
  bool due(time_point now) noexcept {
    if (!owed_ || now < next_) return false;
    next_ = now + pause;
    return std::exchange(owed_, false);
  }

 private:
  bool owed_ = false;
  time_point next_ = time_point::min();
};

}  // namespace hawser

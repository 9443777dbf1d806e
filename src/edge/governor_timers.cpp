// The timers of the governors: one wait for all of them.
#include "edge/governor_host.hpp"

#include <algorithm>
#include <chrono>

namespace hawser {
namespace {

// No wait is longer, however far the next deadline is.
constexpr std::chrono::milliseconds longest_wait = std::chrono::hours(24);

}  // namespace

void governor_host::disarm(entry& e) {
  if (e.deadline) deadlines_.erase({*e.deadline, &e});
  e.deadline.reset();
}

void governor_host::arm(entry& e) {
  disarm(e);
  e.deadline = e.machine->next_deadline();
  if (e.deadline) deadlines_.emplace(*e.deadline, &e);
}

duration governor_host::due_in() {
  const time_point now = clocks_.monotonic();
  if (!acks_.empty()) return retry_due_ - now;
  if (deadlines_.empty()) return duration::max();
  governor::clock_guard look = guard_;  // Only a group may notice a leap: it moves the deadlines.
  const auto r = look.read(clocks_.wall(), now);
  const wall_ms left = deadlines_.begin()->first + r.shift - r.now;
  return std::max<duration>(
      std::chrono::milliseconds(std::clamp<wall_ms>(left, 0, longest_wait.count())),
      retry_due_ - now);
}

// Timers fire in the order of their deadlines, late rather than never.
void governor_host::due() {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_ && !poison_) {
    entry& e = *deadlines_.begin()->second;
    const auto fired = e.machine->fire(now_);
    if (!fired || fired->steps.empty()) {
      arm(e);
      if (e.deadline && *e.deadline <= now_) disarm(e);  // It has nothing to say: not again.
      continue;
    }
    if (persist(e, fired->steps, {}, governor::cause::timer)) {
      retry_due_ = clocks_.monotonic() + retry_pause;
      return;
    }
  }
}

}  // namespace hawser

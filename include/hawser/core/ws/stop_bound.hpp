// How long the end of a client may take. A pure machine.
#pragma once

#include <hawser/time.hpp>

#include <algorithm>
#include <atomic>

namespace hawser {

/// One deadline for all that is done from the call of stop() on, looked at between any two hooks,
/// whatever loop runs them. Each method but ask() and those that only look is called on one strand.
class stop_bound {
 public:
  /// `drain`: from the first call on. `telling`: what hooks may take beyond it, together, to hear
  /// what became of each message.
  constexpr stop_bound(duration drain, duration telling) noexcept
      : drain_(drain), telling_(telling) {}
  stop_bound(const stop_bound&) = delete;
  stop_bound& operator=(const stop_bound&) = delete;

  /// stop() is called: the second call ends at once. From any thread.
  void ask(time_point now) noexcept {
    time_point before = never;
    if (!deadline_.compare_exchange_strong(before, now + drain_)) {
      deadline_.store(std::min(before, now));
    }
    calls_.fetch_add(1);
  }
  /// From any thread.
  bool asked() const noexcept { return deadline() != never; }
  time_point deadline() const noexcept { return deadline_.load(std::memory_order_relaxed); }
  /// Nothing is begun any more: no hook is called but those that tell of an end.
  bool over(time_point now) const noexcept { return now >= deadline(); }

  /// Whether there is a call that was not carried out; then it is taken as carried out.
  bool take_call() noexcept {
    if (taken_ == calls_.load()) return false;
    ++taken_;
    return true;
  }
  /// When the first call was, or later.
  time_point called() const noexcept { return deadline() - drain_; }

  /// Whether a hook may still be told of one of many ends, in an event that began at `event`.
  /// Counted is what hooks have taken, not how late the event was.
  bool may_tell(time_point event, time_point now) noexcept {
    if (!asked()) return true;
    const time_point began = std::max({event, deadline(), looked_});
    if (now > began) spent_ += now - began;
    looked_ = now;
    return spent_ == duration::zero() || spent_ < telling_;
  }

 private:
  duration drain_;
  duration telling_;
  std::atomic<time_point> deadline_{never};
  std::atomic<unsigned> calls_{0};
  unsigned taken_ = 0;
  time_point looked_ = {};
  duration spent_ = {};
};

}  // namespace hawser

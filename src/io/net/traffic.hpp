// What all links of one client or peer share.
#pragma once

#include <hawser/core/ws/stop_bound.hpp>
#include <hawser/hook.hpp>

#include <atomic>
#include <optional>

namespace hawser::io {

/// Counters, and until when it may go on.
struct traffic {
  /// Written on the strand only, read from anywhere.
  class counter {
   public:
    void operator++() noexcept {
      value_.store(value_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

   private:
    std::atomic<std::uint64_t> value_{0};
  };

  /// Of what is never stopped.
  explicit traffic(const monotonic_clock& c) noexcept
      : traffic(c, duration::zero(), duration::zero()) {}
  /// As stop_bound has them.
  traffic(const monotonic_clock& c, duration drain, duration telling) noexcept
      : clock(c), stop(drain, telling) {}

  const monotonic_clock& clock;

  counter received;
  counter sent;
  counter refused;
  counter untold;  ///< ends that no hook was told of, because stop() had no time for it
  std::atomic<time_point> last_message{never};  ///< when a whole one came; never: none did
  send_id last_send = 0;  ///< the id of the last message that a hook sent; on the strand
  stop_bound stop;

  std::optional<duration> since_last_message(time_point now) const noexcept {
    const time_point last = last_message.load(std::memory_order_relaxed);
    if (last == never) return std::nullopt;
    return now > last ? now - last : duration::zero();
  }

  /// stop() was called, and its time is over: no hook is to be called that does not tell of an end.
  bool out_of_time() const { return stop.asked() && stop.over(clock.now()); }
  /// Whether one of many ends may still be told, in an event that began at `event`; else it is
  /// counted.
  bool may_tell(time_point event) {
    if (!stop.asked() || stop.may_tell(event, clock.now())) return true;
    ++untold;
    return false;
  }
};

}  // namespace hawser::io

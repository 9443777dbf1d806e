// Which hook runs, since when, and whether it is slow: known without a trace.
#pragma once

#include <hawser/core/explain/slow_hooks.hpp>
#include <hawser/hook.hpp>
#include <hawser/hook_observer.hpp>

#include <array>
#include <atomic>
#include <optional>
#include <span>
#include <string_view>

namespace hawser {

/// Watches the strand of one event_sink. The hooks that come with every message are timed together,
/// a batch at a time, until one is slow or somebody asks what runs; the others, and tasks, each by
/// itself. Used on the strand, but for running().
class hook_watch {
 public:
  /// What stands in a mark for work that is no hook: a task of submit(), an end of offload().
  static constexpr std::uint8_t task = 15;
  static_assert(task < slow_hooks::kinds && static_cast<unsigned>(hook::subscription) < task);

  struct mark {
    std::uint8_t kind = 0;   ///< a hawser::hook, or `task`
    std::size_t plugin = 0;  ///< its place in the chain; 0 for a task
    time_point began = {};   ///< or later
  };

  /// Before the first event. `limit` 0: nothing is slow.
  void configure(const monotonic_clock* by, duration limit) noexcept {
    clock_ = by;
    slow_ = slow_hooks(by != nullptr ? limit : duration::zero());
    times_rare_ = slow_.limit() != duration::zero();
  }
  const monotonic_clock* clock() const noexcept { return clock_; }
  duration limit() const noexcept { return slow_.limit(); }

  /// While one lives, hooks of one walk run.
  class walk {
   public:
    walk(hook_watch& w, time_point began) noexcept : watch_(w) { w.begin(began); }
    walk(const walk&) = delete;
    walk& operator=(const walk&) = delete;
    ~walk() { watch_.enter(0); }

   private:
    hook_watch& watch_;
  };
  void begin(time_point t) noexcept {
    began_.store(t.time_since_epoch().count(), std::memory_order_relaxed);
  }
  void enter(std::uint8_t kind, std::size_t plugin) noexcept {
    enter(static_cast<std::uint32_t>((plugin + 1) << 8 | kind));
  }

  /// Whether the hooks of the coming walk are to be timed one by one; else they are counted.
  template <hook H>
  bool times() noexcept {
    if constexpr (!comes_often(H)) {
      if (times_rare_) interrupt();
      return times_rare_;
    }
    auto& n = counts_[static_cast<std::size_t>(H)];
    n.store(n.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return times_often_.load(std::memory_order_relaxed) ||
           is_asked_.load(std::memory_order_relaxed);
  }
  /// Hooks were counted since the last end of a batch.
  bool counted() const noexcept {
    return (count(hook::message) | count(hook::frame) | count(hook::sending) |
            count(hook::settled)) != 0;
  }

  /// What runs now; nullopt: nothing does. From any thread.
  std::optional<mark> current() const noexcept;
  /// What runs now, if it may be that it has for longer than `limit`; from any thread. Since when
  /// is not known of a hook that is one of many in a batch: then each is timed from here on, and
  /// whoever asks again is told.
  std::optional<mark> running(time_point now, duration limit) const noexcept;

  // Not on the data path.

  /// What is timed by itself begins: the hooks that were counted until now had their time.
  void interrupt() noexcept;
  /// The batch that began at `c.now()` is over: tells if one of its hooks was slow.
  void end_batch(context& c, const event_sink& plugins);
  /// Tells of those of these hooks that were slow, unless somebody has `told` it already.
  void judge(context& c, hook h, std::span<const hook_step> steps, bool told);
  /// What is no hook began at `c.now()` and is over.
  void judge_task(context& c);

 private:
  static constexpr bool comes_often(hook h) noexcept {
    return h == hook::message || h == hook::frame || h == hook::sending || h == hook::settled;
  }
  // What was written before it is seen by whoever reads this.
  void enter(std::uint32_t where) noexcept { where_.store(where, std::memory_order_release); }
  std::uint32_t count(hook h) const noexcept {
    return counts_[static_cast<std::size_t>(h)].load(std::memory_order_relaxed);
  }
  std::uint64_t count_all() const noexcept;
  time_point looked() const noexcept { return looked_.load(std::memory_order_relaxed); }
  void count_time(time_point event, time_point until) noexcept;
  void tell(context& c, std::uint8_t kind, std::string_view of, const slow_hooks::report& r);

  std::atomic<std::uint32_t> where_{0};  // the place of a plug-in, from 1, and a kind; 0: nowhere
  std::atomic<time_point::rep> began_{0};
  bool times_rare_ = false;
  std::atomic<bool> times_often_{false};
  mutable std::atomic<bool> is_asked_{false};            // in this batch, what runs, ...
  mutable std::atomic<time_point> asked_{time_point{}};  // ... at this time, and it was not known
  std::array<std::atomic<std::uint32_t>, 16> counts_{};  // of this batch, by hook
  std::atomic<time_point> looked_{time_point{}};         // what was before it is judged, or counted
  duration spent_ = {};                                  // until then, by those that were counted
  const monotonic_clock* clock_ = nullptr;
  slow_hooks slow_;
};

/// "message", or "task".
std::string_view kind_name(std::uint8_t kind) noexcept;

}  // namespace hawser

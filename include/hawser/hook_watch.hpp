// Which hook runs, since when, and whether it is slow: known without a trace.
#pragma once

#include <hawser/core/slow_hooks.hpp>
#include <hawser/hook.hpp>
#include <hawser/hook_observer.hpp>

#include <array>
#include <atomic>
#include <optional>
#include <span>
#include <string_view>

namespace hawser {

/// Watches the strand of one event_sink. The hooks that come with every message are timed together,
/// a batch at a time, until one is slow; the others, and tasks, each by itself. Used on the strand,
/// but for running().
class hook_watch {
 public:
  /// What stands in a mark for work that is no hook: a task of submit(), an end of offload().
  static constexpr std::uint8_t task = 15;
  static_assert(task < slow_hooks::kinds && static_cast<unsigned>(hook::subscription) < task);

  using clock_function = time_point (*)();

  struct mark {
    std::uint8_t kind = 0;   ///< a hawser::hook, or `task`
    std::size_t plugin = 0;  ///< its place in the chain; 0 for a task
    time_point began = {};   ///< of a hook that is not timed by itself: its batch
  };

  /// Before the first event. `limit` 0: nothing is slow.
  void configure(clock_function by, duration limit) noexcept {
    clock_ = by;
    slow_ = slow_hooks(by != nullptr ? limit : duration::zero());
    times_rare_ = slow_.limit() != duration::zero();
  }
  clock_function clock() const noexcept { return clock_; }
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
    if constexpr (!comes_often(H)) return times_rare_;
    ++counts_[static_cast<std::size_t>(H)];
    return times_often_;
  }
  /// Hooks were counted since the last end of a batch.
  bool counted() const noexcept {
    return (counts_[static_cast<std::size_t>(hook::message)] |
            counts_[static_cast<std::size_t>(hook::frame)] |
            counts_[static_cast<std::size_t>(hook::sending)] |
            counts_[static_cast<std::size_t>(hook::settled)]) != 0;
  }

  /// What runs now, from any thread.
  std::optional<mark> running() const noexcept;

  // Not on the data path.

  /// The batch that began at `c.now()` is over: tells if one of its hooks was slow.
  void end_batch(context& c, const event_sink& plugins);
  /// Tells of those of these hooks that were slow, unless somebody has `told` it already.
  void judge(context& c, hook h, std::span<const hook_step> steps, bool told);
  /// What is no hook took so long.
  void judge_task(context& c, duration took);

 private:
  static constexpr bool comes_often(hook h) noexcept {
    return h == hook::message || h == hook::frame || h == hook::sending || h == hook::settled;
  }
  // What was written before it is seen by whoever reads this.
  void enter(std::uint32_t where) noexcept { where_.store(where, std::memory_order_release); }
  void set_apart(const context& c, duration took) noexcept;
  void tell(context& c, std::uint8_t kind, std::string_view of, const slow_hooks::report& r);

  std::atomic<std::uint32_t> where_{0};  // the place of a plug-in, from 1, and a kind; 0: nowhere
  std::atomic<time_point::rep> began_{0};
  bool times_rare_ = false;
  bool times_often_ = false;
  std::array<std::uint32_t, 16> counts_{};  // of this batch, by hook
  time_point looked_ = {};                  // at the clock, at the end of a batch
  time_point apart_of_ = {};                // the batch of ...
  duration apart_ = {};                     // ... what was timed by itself in it
  clock_function clock_ = nullptr;
  slow_hooks slow_;
};

/// "message", or "task".
std::string_view kind_name(std::uint8_t kind) noexcept;

}  // namespace hawser

// The seam between the engine and a user's plug-ins: one virtual call an event.
#pragma once

#include <hawser/context.hpp>
#include <hawser/core/explain/description.hpp>
#include <hawser/hook.hpp>
#include <hawser/hook_watch.hpp>

#include <string>
#include <vector>

namespace hawser {

/// Receives the events of a link, one at a time, on its strand. Implemented by chain<>.
class event_sink {
 public:
  virtual ~event_sink() = default;

#define HAWSER_SINK(NAME, RESULT, ARGUMENT, PASS) virtual RESULT NAME(context& c, ARGUMENT a) = 0;
  HAWSER_HOOKS(HAWSER_SINK)
#undef HAWSER_SINK

  /// The hooks that anyone listed; the others need not be called.
  virtual hook_mask mask() const noexcept = 0;
  /// When the next plug-in wants to wake; hawser::never if none does.
  virtual time_point next_wake() const noexcept = 0;
  /// What is asked and in which order: one line a hook, "message: heartbeat -> ticker".
  virtual std::string routing_table() const = 0;
  /// Checks the options of every plug-in: the first complaint, or nothing.
  virtual result<void, error_info> validate() const = 0;
  /// Calls that were sent on this link and have not ended: a recycling waits for them.
  virtual std::size_t pending_calls(std::uint64_t link) const noexcept {
    (void)link;
    return 0;
  }
  /// The messages that waited to be sent on link `from` are sent on `to`, and the calls with them.
  virtual void move_calls(std::uint64_t from, std::uint64_t to) noexcept {
    (void)from;
    (void)to;
  }
  /// Whether a plug-in tells the log of this failure: hook_observer::tells.
  virtual bool tells(const context& c, const failure& f) const noexcept {
    (void)c, (void)f;
    return false;
  }
  /// What every plug-in says of itself, in order, the adapter last; one that has nothing to say is
  /// there with its name. On the strand.
  virtual void describe(std::vector<description>& to) const = 0;

  /// The name of the plug-in at this place; empty: there is none. From any thread.
  virtual std::string_view plugin_at(std::size_t place) const noexcept {
    (void)place;
    return {};
  }

  bool wants(hook h) const noexcept { return (mask() & bit(h)) != 0; }
  /// The clock by which hooks are timed while somebody watches them, which must outlive the last
  /// event; nullptr, as at first: they are not. One that takes longer than `slow` is warned of; 0:
  /// none is. Before the first event.
  void time_hooks_by(const monotonic_clock* clock, duration slow = {}) noexcept {
    watch_.configure(clock, slow);
  }
  /// What the hooks of a batch wanted is done, and what they sent is written.
  void end_batch(context& c) {
    if (watch_.counted()) watch_.end_batch(c, *this);
  }
  /// Calls `f(c)`, which is no hook but holds up the strand as one does.
  template <class F>
  void run_task(context& c, F&& f) {
    {
      if (watch_.limit() != duration::zero()) watch_.interrupt();
      const hook_watch::walk mark(watch_, c.now());
      watch_.enter(hook_watch::task, 0);
      f(c);
    }
    if (watch_.limit() != duration::zero()) watch_.judge_task(c);
  }
  /// From any thread.
  const hook_watch& watch() const noexcept { return watch_; }

 protected:
  hook_watch watch_;
};

}  // namespace hawser

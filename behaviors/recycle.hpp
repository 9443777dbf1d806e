// Replaces a link that has grown old by a fresh one, before it breaks by itself.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/explain/description.hpp>
#include <hawser/core/recovery/link_pair.hpp>
#include <hawser/core/recovery/recycler.hpp>
#include <hawser/seed.hpp>

#include <optional>

namespace hawser {

struct reconnect;

/// Asks for a successor (context::recycle: make before break) when the link is `age` old, counted
/// from its own open: proxies and servers end links at fixed ages, certificates and routes change,
/// and whoever moves first loses nothing. A successor that did not take over is asked for again
/// after `pause`; meanwhile its predecessor stays. Both are jittered, so that a fleet does not
/// recycle at once. On demand: call context::recycle from any hook or task.
///
/// It is listed before reconnect, which answers the errors of successors that this must see.
struct recycle : behavior<recycle, on::open, on::drop, on::wake, on::error> {
  using listed_before = behaviors<reconnect>;

  struct options {
    duration age = std::chrono::hours(24);     ///< 1 s to 365 days
    unsigned jitter_percent = 10;              ///< of age and pause, to both sides; 0 to 100
    duration pause = std::chrono::minutes(5);  ///< 1 s to 24 h
    std::uint64_t seed = 0;  ///< of the jitter; 0: made of the object and the first link's time
  };

  recycle() : recycle(options{}) {}
  explicit recycle(options o) : options_(o), seed_(o.seed) {}

  result<void, error_info> validate() const {
    const auto good = [](duration d, duration most) {
      return d >= std::chrono::seconds(1) && d <= most;
    };
    if (good(options_.age, std::chrono::hours(24 * 365)) &&
        good(options_.pause, std::chrono::hours(24)) && options_.jitter_percent <= 100) {
      return {};
    }
    return invalid_option(
        "recycle: age must be from 1 s to 365 days, pause from 1 s to 24 h, jitter_percent at most "
        "100");
  }

  void on_open(context& c, const open_info& o) {
    if (!machine_) {
      machine_.emplace(recycler::options{options_.age, options_.jitter_percent, options_.pause},
                       seed_.at(c.now()));
    }
    links_.opened(o.link, o.successor);
    c.wake_at(machine_->opened(c.now()));
  }

  void on_drop(context& c, const drop_info& d) {
    switch (links_.dropped(d.link)) {
      case place::only:
        machine_->dropped();
        return c.cancel_wake();
      case place::successor:  // Its predecessor is still to be replaced.
        return c.wake_at(machine_->attempted(c.now()));
      case place::predecessor:
      case place::none:
        return;
    }
  }

  void on_wake(context& c, const wake_info&) {
    c.wake_at(machine_->attempted(c.now()));
    c.recycle();
  }

  reaction on_error(context& c, const failure& f) {
    if (f.successor && links_.newest().number != 0) c.wake_at(machine_->attempted(c.now()));
    return reaction::pass();
  }

  /// When a successor will be asked for; never: there is no link. On the strand.
  time_point due() const noexcept { return machine_ ? machine_->due() : never; }

  /// When a successor will be asked for, and which one is open.
  void describe(description& d) const {
    if (links_.newest().number != 0) d.add("due", due());
    if (links_.successor() != 0) d.add("successor", links_.successor());
  }

 private:
  using place = link_pair<>::place;

  options options_;
  seed_source seed_;
  std::optional<recycler> machine_;
  link_pair<> links_;
};

}  // namespace hawser

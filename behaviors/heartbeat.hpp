// Notices a dead link and keeps a quiet one: pings, and ends the link when nothing comes back.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/explain/description.hpp>
#include <hawser/core/recovery/heartbeat_machine.hpp>
#include <hawser/core/recovery/idle_interval.hpp>
#include <hawser/core/recovery/link_pair.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace hawser {

/// Pings a link on which nothing arrived for `idle`; ends it with errc::pong_timeout when nothing
/// at all arrives for `pong` after that. So a half-open link is noticed within idle + pong of its
/// last inbound byte (if `ping` is above `idle`: within ping + pong). While the ping waits behind
/// data, `pong` counts from the last byte written. That a write makes no progress is another
/// matter: deadlines::write_progress.
///
/// That is mode::inbound. Some peers count what they hear of us instead (MQTT's keep-alive, and
/// others; docs/behaviors.md has a table). For them:
/// - mode::outbound: a ping when nothing went out for `idle`. Alone it does not notice that the
///   peer is gone while we have something to say;
/// - mode::either: when nothing came or nothing went out for `idle`, whichever is first;
/// - mode::fixed: a ping every `idle`, whatever comes and goes.
/// In these, pings go on while one is unanswered, and `ping` is at most `idle`. What went out is
/// every byte; where the heartbeat is the application's, its messages (text and binary) alone,
/// since such a peer does not see our pings and pongs.
///
/// The ping is the protocol's (RFC 6455 section 5.5.2), or the application's own: then the adapter
/// lists on::heartbeat and sends it there, and whatever arrives answers it. How far it got is not
/// known: `pong` counts from when it was asked for, so where large messages meet slow lines take
/// `both`. Without such an adapter a protocol ping is sent instead, and a warning is logged.
///
/// With `idle_min` below `idle_max`, `idle` is where the interval begins: it adapts to what the way
/// to the peer bears, and lasts over links. idle_interval says how. While a successor opens
/// (recycling), the link that lives is watched, and then the one that took over.
struct heartbeat : behavior<heartbeat, on::open, on::drop, on::wake, on::frame> {
  enum class kind : std::uint8_t { ping, application, both };
  using mode = heartbeat_machine::mode;
  struct options {
    duration idle = std::chrono::seconds(30);  ///< until a ping, as `mode` says; above 0, to 24 h
    duration pong = std::chrono::seconds(10);  ///< until anything answers; above 0, to 24 h
    duration ping = duration::zero();          ///< the least between two pings; 0 to 24 h
    duration idle_min = duration::zero();      ///< the least that idle may become; 0: `idle`
    duration idle_max = duration::zero();      ///< the most, to 24 h; 0: `idle`
    unsigned grow_after = 32;                  ///< answered pings before idle grows; 1 or more
    heartbeat::kind kind = heartbeat::kind::ping;
    heartbeat::mode mode = heartbeat::mode::inbound;
  };

  heartbeat() : heartbeat(options{}) {}
  explicit heartbeat(options o)
      : options_(o),
        interval_({o.idle, least(o), most(o), o.grow_after}),
        machine_({o.idle, o.pong, o.ping, o.mode}) {}

  result<void, error_info> validate() const {
    const options& o = options_;
    const auto good = [](duration d) {
      return d > duration::zero() && d <= std::chrono::hours(24);
    };
    if (!good(o.idle) || !good(o.pong)) {
      return invalid_option("heartbeat: idle and pong must be above 0 and at most 24 h");
    }
    if (least(o) <= duration::zero() || least(o) > o.idle || most(o) < o.idle || !good(most(o))) {
      return invalid_option(
          "heartbeat: idle must be from idle_min to idle_max, and that at most 24 h");
    }
    if (o.ping < duration::zero() || o.ping > std::chrono::hours(24) || o.grow_after == 0) {
      return invalid_option("heartbeat: ping must be from 0 to 24 h, grow_after at least 1");
    }
    if (o.kind > kind::both || o.mode > mode::fixed) {
      return invalid_option("heartbeat: kind and mode must be one of theirs");
    }
    if (o.mode != mode::inbound && o.ping > least(o)) {
      return invalid_option(
          "heartbeat: ping must be at most idle and idle_min, or the peer hears too little");
    }
    return {};
  }

  void on_open(context& c, const open_info& o) {
    if (options_.kind != kind::ping && !c.wants(hook::heartbeat)) {
      c.log(log_level::warn, "heartbeat: no plug-in lists on::heartbeat; sending pings instead");
    }
    links_.opened(o.link, o.successor, {c.now(), c.now()});
    if (links_.current().number != o.link) return;
    watch(c.now());
    c.wake_at(c.now() + interval_.current());
  }

  void on_drop(context& c, const drop_info& d) {
    const bool was_current = d.link == links_.current().number;
    links_.dropped(d.link);
    if (!was_current) return;
    // One that has not taken over is not read to the end: its silence says nothing yet.
    if (d.by == link_end::peers && !d.clean && !c.link().successor) {
      interval_.died(c.now() - c.link().last_inbound);
    }
    watch(c.now());
    if (links_.current().number == 0) return c.cancel_wake();
    c.wake_at(c.now());
  }

  void on_wake(context& c, const wake_info&) {
    const link_state& l = c.link();
    if (!l.open) return;
    if (links_.took_over(l.number)) watch(c.now());
    if (l.successor) return c.wake_at(c.now() + std::min(options_.pong, interval_.current()));
    const bool by_adapter = options_.kind != kind::ping && c.wants(hook::heartbeat);
    const bool by_ping = options_.kind != kind::application || !by_adapter;
    const bool unsent = by_ping && l.queue != nullptr && l.queue->ping_unsent();
    const watched& link = links_.current().state;
    const time_point heard = by_adapter ? link.said : std::max(link.opened, l.last_outbound);
    const heartbeat_machine::progress seen{l.last_inbound, l.last_outbound, unsent, heard};
    if (machine_.answered(seen)) {
      if (machine_.was_silent()) interval_.answered();
      machine_.set_idle(interval_.current());
    }
    const auto d = machine_.check(c.now(), seen);
    if (d.what == heartbeat_machine::action::dead) {
      interval_.died(c.now() - l.last_inbound);
      return c.fail(errc::pong_timeout, "nothing arrived after a ping");
    }
    if (d.what == heartbeat_machine::action::ping) {
      if (by_ping) (void)c.ping(machine_.current());
      if (by_adapter) c.heartbeat();
    }
    c.wake_at(d.wake);
  }

  void on_frame(context& c, const frame_info& f) {
    if (f.outbound) return note_message(c, f.op);
    if (f.op != opcode::pong || machine_.since() == never) return;
    if (c.link().number != links_.current().number) return;
    if (machine_.answers(f.payload)) round_trip_ = c.now() - machine_.since();
  }

  /// Of the last ping that was answered by its own pong.
  std::optional<duration> round_trip() const noexcept { return round_trip_; }
  /// How long a link may be quiet now before it is pinged.
  duration idle() const noexcept { return interval_.current(); }

  /// How quiet the link may be, how it answers, and whether a ping is out.
  void describe(description& d) const {
    if (links_.current().number != 0 || idle() != options_.idle) d.add("idle", idle());
    if (round_trip_) d.add("round trip", *round_trip_);
    if (machine_.since() != never) d.add("pinged", machine_.since());
  }

 private:
  static duration least(const options& o) noexcept {
    return o.idle_min != duration::zero() ? o.idle_min : o.idle;
  }
  static duration most(const options& o) noexcept {
    return o.idle_max != duration::zero() ? o.idle_max : o.idle;
  }
  struct watched {
    time_point opened = {};
    time_point said = {};  // when the last message went out, or it opened
  };
  // Another link is the current one.
  void watch(time_point now) noexcept {
    machine_.set_idle(interval_.current());
    machine_.opened(now, links_.current().state.opened);
  }
  void note_message(const context& c, opcode op) noexcept {
    if (options_.kind == kind::ping || is_control(op)) return;
    if (watched* on = links_.find(c.link().number)) on->said = c.now();
  }

  options options_;
  idle_interval interval_;
  heartbeat_machine machine_;
  link_pair<watched> links_;
  std::optional<duration> round_trip_;
};

}  // namespace hawser

// Notices a dead link: pings when idle, ends the link when nothing comes back.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/heartbeat_machine.hpp>

#include <optional>

namespace hawser {

/// Pings a link on which nothing arrived for `idle`; ends it with errc::pong_timeout when nothing
/// at all arrives for `pong` after that. So a half-open link is noticed within idle + pong of its
/// last inbound byte. While the ping waits behind data, `pong` counts from the last byte written.
struct heartbeat : behavior<heartbeat, on::open, on::drop, on::wake, on::frame> {
  struct options {
    duration idle = std::chrono::seconds(30);
    duration pong = std::chrono::seconds(10);
  };

  heartbeat() : heartbeat(options{}) {}
  explicit heartbeat(options o) : options_(o), machine_(o.idle, o.pong) {}

  result<void> validate(std::string& complaint) const {
    const auto good = [](duration d) {
      return d > duration::zero() && d <= std::chrono::hours(24);
    };
    if (good(options_.idle) && good(options_.pong)) return {};
    complaint = "heartbeat: idle and pong must be above 0 and at most 24 h";
    return errc::invalid_option;
  }

  void on_open(context& c, const open_info&) { c.wake_at(machine_.opened(c.now()).wake); }
  void on_drop(context& c, const drop_info&) { c.cancel_wake(); }

  void on_wake(context& c, const wake_info&) {
    if (!c.link().open) return;
    const link_state& l = c.link();
    const bool unsent = l.queue != nullptr && l.queue->ping_unsent();
    const auto d = machine_.check(c.now(), {l.last_inbound, l.last_outbound, unsent});
    if (d.what == heartbeat_machine::action::dead) {
      return c.fail(errc::pong_timeout, "nothing arrived after a ping");
    }
    if (d.what == heartbeat_machine::action::ping) (void)c.ping(machine_.current());
    c.wake_at(d.wake);
  }

  void on_frame(context& c, const frame_info& f) {
    if (f.op != opcode::pong || f.outbound || machine_.since() == never) return;
    if (machine_.answers(f.payload)) round_trip_ = c.now() - machine_.since();
  }

  /// Of the last ping that was answered by its own pong.
  std::optional<duration> round_trip() const noexcept { return round_trip_; }

 private:
  options options_;
  heartbeat_machine machine_;
  std::optional<duration> round_trip_;
};

}  // namespace hawser

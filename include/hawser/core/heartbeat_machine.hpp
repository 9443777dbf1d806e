// When to ping, and when a link is dead.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/time.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace hawser {

/// Pings only a link that is idle; any inbound byte counts as life, so a busy link is never pinged
/// and a ping is answered by its pong or by anything else. A ping that waits behind data cannot be
/// answered yet: until it is written, every byte that is counts as life too. Pure: `now` is an
/// argument.
class heartbeat_machine {
 public:
  enum class action : std::uint8_t { none, ping, dead };
  struct decision {
    action what = action::none;
    time_point wake = never;  ///< ask again then
  };
  using payload = std::array<std::byte, 8>;

  /// Between two pings there is at least `between`.
  heartbeat_machine(duration idle, duration pong_deadline, duration between = {}) noexcept
      : idle_(idle), pong_deadline_(pong_deadline), between_(between) {}

  /// Counts from the next check.
  void set_idle(duration idle) noexcept { idle_ = idle; }

  /// A link opened.
  decision opened(time_point now) noexcept {
    pinged_ = never;
    next_ping_ = now;
    return {action::none, now + idle_};
  }
  /// What the link says: when the last byte came, when the last one was written, and whether the
  /// last ping has still to be written.
  struct progress {
    time_point inbound;
    time_point outbound = {};
    bool ping_unsent = false;
  };
  /// Whether a ping is out that something has answered; the next check forgets it.
  bool answered(const progress& p) const noexcept {
    return pinged_ != never && p.inbound >= pinged_;
  }
  /// On `ping`, send current().
  decision check(time_point now, const progress& p) noexcept {
    const time_point last_inbound = p.inbound;
    if (answered(p)) pinged_ = never;
    if (pinged_ != never) {
      // Once more when it has been written: it may have left at any time since the last check.
      if ((p.ping_unsent || waited_) && p.outbound > pinged_) pinged_ = p.outbound;
      waited_ = p.ping_unsent;
      const time_point deadline = pinged_ + pong_deadline_;
      if (now >= deadline) return {action::dead, never};
      return {action::none, std::min(deadline, now + idle_)};
    }
    const time_point due = std::max(last_inbound + idle_, next_ping_);
    if (now < due) return {action::none, due};
    pinged_ = now;
    next_ping_ = now + between_;
    waited_ = false;
    ++count_;
    // Asked again after `idle` at the latest: once the pong is there, idleness counts from it.
    return {action::ping, now + std::min(idle_, pong_deadline_)};
  }
  /// A pong came: whether it answers the ping that is out. Its round trip is then `now` minus the
  /// return value of since().
  bool answers(bytes_view pong) const noexcept {
    const payload p = current();
    return pong.size() == p.size() && std::memcmp(pong.data(), p.data(), p.size()) == 0;
  }
  /// The payload of the last ping: unique on this link, so that a late pong is not taken for a
  /// fresh one.
  payload current() const noexcept {
    payload p;
    std::memcpy(p.data(), &count_, p.size());
    return p;
  }
  /// When the ping that is out was sent, or what is ahead of it last moved; never if none is.
  time_point since() const noexcept { return pinged_; }

 private:
  duration idle_;
  duration pong_deadline_;
  duration between_;
  time_point next_ping_{};  // not before
  time_point pinged_ = never;
  bool waited_ = false;  // at the last check the ping was not written
  std::uint64_t count_ = 0;
};

}  // namespace hawser

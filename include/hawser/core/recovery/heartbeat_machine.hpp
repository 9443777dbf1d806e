// When to ping, and when a link is dead.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/time.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace hawser {

/// Pings at the times that its mode says. Any inbound byte counts as life, so a ping is answered by
/// its pong or by anything else. A ping that waits behind data cannot be answered yet: until it is
/// written, every byte that is counts as life too. Pure: `now` is an argument.
class heartbeat_machine {
 public:
  enum class action : std::uint8_t { none, ping, dead };
  struct decision {
    action what = action::none;
    time_point wake = never;  ///< ask again then
  };
  /// When a ping is due.
  enum class mode : std::uint8_t {
    inbound,   ///< nothing came for `idle`; not while one is out that nothing has answered
    outbound,  ///< nothing went out for `idle`
    either,    ///< whichever of both is first
    fixed,     ///< every `idle`, whatever comes and goes
  };
  using payload = std::array<std::byte, 8>;

  struct options {
    duration idle = std::chrono::seconds(30);
    duration pong = std::chrono::seconds(10);  ///< until anything answers
    duration between = {};                     ///< at least, between two pings
    heartbeat_machine::mode mode = heartbeat_machine::mode::inbound;
  };
  explicit heartbeat_machine(const options& o) noexcept : options_(o) {}

  /// Counts from the next check.
  void set_idle(duration idle) noexcept { options_.idle = idle; }

  /// A link that opened at `since` is watched from now on.
  void opened(time_point now, time_point since) noexcept {
    unanswered_ = pinged_ = never;
    opened_ = since;
    next_ping_ = now;
  }
  /// What the link says: when the last byte came, when the last one was written, and whether the
  /// last ping has still to be written.
  struct progress {
    time_point inbound;
    time_point outbound = {};
    bool ping_unsent = false;
    time_point heard = {};  ///< when the last went out that the peer counts; decides `outbound`
  };
  /// Whether a ping is out that something has answered; the next check forgets it.
  bool answered(const progress& p) const noexcept {
    return unanswered_ != never && p.inbound >= unanswered_;
  }
  /// Whether nothing had come for `idle` when the last ping was sent.
  bool was_silent() const noexcept { return was_silent_; }
  /// On `ping`, send current().
  decision check(time_point now, const progress& p) noexcept {
    if (answered(p)) unanswered_ = never;
    if (unanswered_ != never) {
      // Once more when it has been written: it may have left at any time since the last check.
      if ((p.ping_unsent || waited_) && p.outbound > unanswered_) unanswered_ = p.outbound;
      waited_ = p.ping_unsent;
      if (now >= deadline()) return {action::dead, never};
    }
    const time_point due = next(p);
    // An answer moves what is due, and nobody tells of it.
    const bool waits = unanswered_ != never || p.ping_unsent;
    const time_point look = waits ? now + options_.idle : never;
    if (now < due) return {action::none, std::min({due, deadline(), look})};
    was_silent_ = now - p.inbound >= options_.idle;
    if (unanswered_ == never) {
      unanswered_ = now;
      waited_ = false;
    }
    pinged_ = now;
    next_ping_ = now + options_.between;
    ++count_;
    return {action::ping, std::min(now + options_.idle, deadline())};
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
  /// When the last ping was sent, or what is ahead of it last moved; never if all are answered.
  time_point since() const noexcept {
    return unanswered_ == never ? never : std::max(unanswered_, pinged_);
  }

 private:
  time_point deadline() const noexcept {
    return unanswered_ == never ? never : unanswered_ + options_.pong;
  }
  // When a ping is due; never: not before something has answered the last one.
  time_point next(const progress& p) const noexcept {
    const time_point sent = pinged_ == never ? opened_ : pinged_;
    const time_point in = unanswered_ == never ? p.inbound + options_.idle : never;
    time_point out = never;  // One behind a ping that waits for the line would be heard no sooner.
    if (!p.ping_unsent) out = std::max(sent, p.heard) + options_.idle;
    switch (options_.mode) {
      case mode::inbound:
        return std::max(in, next_ping_);
      case mode::outbound:
        return std::max(out, next_ping_);
      case mode::either:
        return std::max(std::min(in, out), next_ping_);
      case mode::fixed:
        break;
    }
    return p.ping_unsent ? never : std::max(sent + options_.idle, next_ping_);
  }

  options options_;
  time_point opened_{};
  time_point next_ping_{};         // not before
  time_point pinged_ = never;      // the last; never: none on this link
  time_point unanswered_ = never;  // since when nothing has answered; moves while a ping waits
  bool waited_ = false;            // at the last check the ping was not written
  bool was_silent_ = false;
  std::uint64_t count_ = 0;
};

}  // namespace hawser

// Messages that on_sending has put off.
#pragma once

#include <hawser/core/buffer.hpp>
#include <hawser/hook.hpp>
#include <hawser/options.hpp>

#include <array>
#include <list>
#include <utility>

namespace hawser::io {

/// They wait lane by lane, in order: what comes behind a held message waits behind it. Each lane
/// has the bounds of its queue.
class held_messages {
 public:
  explicit held_messages(const limits& l) : bounds_(l.lanes) {}

  bool any(lane l) const noexcept { return !of(l).messages.empty(); }
  std::size_t count() const noexcept {
    std::size_t n = 0;
    for (const auto& held : lanes_) n += held.messages.size();
    return n;
  }
  /// When the first of them is to be asked about again.
  time_point next() const noexcept {
    time_point t = never;
    for (const auto& held : lanes_) {
      if (!held.messages.empty()) t = std::min(t, held.messages.front().until);
    }
    return t;
  }

  /// False: the lane is full.
  bool push(lane l, opcode op, buffer&& payload, time_point until) {
    held_lane& held = lanes_[static_cast<std::size_t>(l)];
    const lane_limits& bound = bounds_[static_cast<std::size_t>(l)];
    const std::size_t size = payload.size();
    if (held.messages.size() >= bound.frames || size > bound.bytes - held.bytes) return false;
    held.bytes += size;
    held.messages.push_back({until, op, std::move(payload)});
    return true;
  }

  /// Asks `ask(op, lane, view)` again about those whose time has come, and gives the ones that are
  /// held no longer to `settle(permit, op, lane, buffer)`.
  template <class Ask, class Settle>
  void release(time_point now, Ask&& ask, Settle&& settle) {
    for (std::size_t i = 0; i < lane_count; ++i) {
      auto& [messages, bytes] = lanes_[i];
      const auto l = static_cast<lane>(i);
      while (!messages.empty() && messages.front().until <= now) {
        message& m = messages.front();
        const permit p = ask(m.op, l, m.payload.view());
        if (p.what() == permit::kind::hold) {
          m.until = p.until();
          break;
        }
        message taken = std::move(m);
        messages.pop_front();
        bytes -= taken.payload.size();
        settle(p, taken.op, l, std::move(taken.payload));
      }
    }
  }
  void clear() { lanes_ = {}; }

 private:
  struct message {
    time_point until;
    opcode op;
    buffer payload;
  };
  struct held_lane {
    std::list<message> messages;  // unlike a deque, nothing while it is empty
    std::size_t bytes = 0;        // of their payloads
  };
  const held_lane& of(lane l) const noexcept { return lanes_[static_cast<std::size_t>(l)]; }

  std::array<lane_limits, lane_count> bounds_;
  std::array<held_lane, lane_count> lanes_;
};

}  // namespace hawser::io

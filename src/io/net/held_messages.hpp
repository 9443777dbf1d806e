// Messages that on_sending has put off.
#pragma once

#include <hawser/core/buffer.hpp>
#include <hawser/hook.hpp>
#include <hawser/options.hpp>

#include <array>
#include <list>
#include <utility>

namespace hawser::io {

/// A message on its way to the session.
struct message {
  send_id id = 0;
  opcode op = opcode::binary;
  hawser::lane lane = lane::bulk;
  buffer payload;
};

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
  std::size_t count(lane l) const noexcept { return of(l).messages.size(); }
  /// Of their payloads.
  std::size_t bytes(lane l) const noexcept { return of(l).bytes; }
  /// When the first of them is to be asked about again.
  time_point next() const noexcept {
    time_point t = never;
    for (const auto& held : lanes_) {
      if (!held.messages.empty()) t = std::min(t, held.messages.front().until);
    }
    return t;
  }

  /// False: the lane is full.
  bool push(message&& m, time_point until) {
    held_lane& held = lanes_[static_cast<std::size_t>(m.lane)];
    const lane_limits& bound = bounds_[static_cast<std::size_t>(m.lane)];
    const std::size_t size = m.payload.size();
    if (held.messages.size() >= bound.frames || size > bound.bytes - held.bytes) return false;
    held.bytes += size;
    held.messages.push_back({until, std::move(m)});
    return true;
  }
  /// Gives all of them to `settle(message)`, whatever they wait for.
  template <class Settle>
  void release_all(Settle&& settle) {
    release(
        never, [](const message&) { return permit::pass(); },
        [&](const permit&, message& m) { settle(m); });
  }

  /// Asks `ask(message)` again about those whose time has come, and gives the ones that are held
  /// no longer to `settle(permit, message)`.
  template <class Ask, class Settle>
  void release(time_point now, Ask&& ask, Settle&& settle) {
    for (auto& [messages, bytes] : lanes_) {
      while (!messages.empty() && messages.front().until <= now) {
        const permit p = ask(std::as_const(messages.front().what));
        if (p.what() == permit::kind::hold) {
          messages.front().until = p.until();
          break;
        }
        message taken = std::move(messages.front().what);
        messages.pop_front();
        bytes -= taken.payload.size();
        settle(p, taken);
      }
    }
  }
  void clear() { lanes_ = {}; }

 private:
  struct entry {
    time_point until;
    message what;
  };
  struct held_lane {
    std::list<entry> messages;  // unlike a deque, nothing while it is empty
    std::size_t bytes = 0;      // of their payloads
  };
  const held_lane& of(lane l) const noexcept { return lanes_[static_cast<std::size_t>(l)]; }

  std::array<lane_limits, lane_count> bounds_;
  std::array<held_lane, lane_count> lanes_;
};

}  // namespace hawser::io

// Messages that on_sending has put off.
#pragma once

#include <hawser/core/ws/offline_queue.hpp>
#include <hawser/hook.hpp>

#include <array>
#include <list>
#include <utility>

namespace hawser::io {

/// A message on its way to the session.
using message = offline_queue::message;

/// They wait lane by lane, in order: what comes behind a held message waits behind it. Whoever puts
/// one in reserves its room in the send queue, whose bound is the lane's only one.
class held_messages {
 public:
  bool any(lane l) const noexcept { return !of(l).empty(); }
  std::size_t count() const noexcept {
    std::size_t n = 0;
    for (const auto& held : lanes_) n += held.size();
    return n;
  }
  /// When the first of them is to be asked about again.
  time_point next() const noexcept {
    time_point t = never;
    for (const auto& held : lanes_) {
      if (!held.empty()) t = std::min(t, held.front().until);
    }
    return t;
  }

  void push(message&& m, time_point until) {
    lanes_[static_cast<std::size_t>(m.lane)].push_back({until, std::move(m)});
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
    for (auto& messages : lanes_) {
      while (!messages.empty() && messages.front().until <= now) {
        const permit p = ask(std::as_const(messages.front().what));
        if (p.what() == permit::kind::hold) {
          messages.front().until = p.until();
          break;
        }
        message taken = std::move(messages.front().what);
        messages.pop_front();
        settle(p, taken);
      }
    }
  }

 private:
  struct entry {
    time_point until;
    message what;
  };
  using held_lane = std::list<entry>;  // unlike a deque, nothing while it is empty
  const held_lane& of(lane l) const noexcept { return lanes_[static_cast<std::size_t>(l)]; }

  std::array<held_lane, lane_count> lanes_;
};

}  // namespace hawser::io

// What other threads give to a client, until its strand takes it.
#pragma once

#include <hawser/effects.hpp>

#include "io/net/held_messages.hpp"

#include <functional>
#include <mutex>
#include <vector>

namespace hawser::io {

/// Messages and tasks in the order they came, and, while there is no link that is ready, the
/// messages that options::offline lets wait for one. What came before a link was ready stands
/// before what comes after, until all of it is on its way. From any thread; take(), put_back() and
/// what is about the link on the strand.
class mailbox {
 public:
  /// linked: a link is open, a message has somewhere to go. ready: and what clients send goes out.
  /// closed, for ever: errc::stopped.
  enum class state : std::uint8_t { unlinked, linked, ready, closed };
  /// Whom the caller has to wake: the reader, to take(); who looks at the clock, for next_expiry().
  enum class wake : std::uint8_t { nobody, reader, clock };
  struct mail {
    explicit mail(message&& m) noexcept : what(std::move(m)) {}
    explicit mail(std::function<void(context&)>&& f) noexcept : task(std::move(f)) {}
    message what;
    std::function<void(context&)> task;  ///< or this
  };
  struct taken {
    send_id id = 0;
    wake whom = wake::nobody;
  };
  struct expired {
    message what;
    bool first = false;  ///< since a link was ready
  };

  /// `bound`: of what waits for take().
  mailbox(std::size_t bound, const offline_options& offline) noexcept
      : bound_(bound), offline_(offline) {}

  /// errc::stopped, not_connected, mailbox_full, offline_full: nothing was taken. `now` matters to
  /// one that keeps(); `stops`: the client ends, no message waits for another link.
  result<taken> send(message&& m, time_point now, bool stops);
  /// `bounded`: errc::mailbox_full.
  result<taken> submit(std::function<void(context&)> task, bool bounded);
  /// All that came, in its order.
  std::vector<mail> take();
  /// What take() gave, from `from` on, comes before what came meanwhile, and wakes nobody.
  void put_back(std::vector<mail>& rest, std::size_t from);
  /// What it held; it takes nothing more.
  std::vector<mail> close();
  void set(state s);
  bool is_linked() const;
  bool is_ready() const;

  /// Whether messages wait for a link. What follows is about them.
  bool keeps() const noexcept { return offline_.enabled(); }
  /// One whose link has gone since it was taken. errc::offline_full.
  result<void> keep(message&& m, time_point now);
  /// Takes the next one of the most urgent lane that `fits` lets go, of those of the ready link.
  template <class Fits>
  std::optional<message> release(Fits&& fits) {
    const std::lock_guard guard(mutex_);
    const auto l = releasable(fits);
    return l ? std::optional(offline_.pop(*l)) : std::nullopt;
  }
  template <class Fits>
  bool has_releasable(Fits&& fits) const {
    const std::lock_guard guard(mutex_);
    return releasable(fits).has_value();
  }
  /// Takes one that has waited too long, or one, whichever.
  std::optional<expired> take_expired(time_point now);
  std::optional<message> take_any();
  time_point next_expiry() const;
  lane_load kept() const;

 private:
  template <class Fits>
  std::optional<lane> releasable(Fits&& fits) const {
    if (state_ != state::ready) return std::nullopt;
    for (std::size_t i = 0; i < lane_count; ++i) {
      const auto l = static_cast<lane>(i);
      const auto* m = offline_.front(l);
      if (m != nullptr && fits(l, m->payload.size())) return l;
    }
    return std::nullopt;
  }
  taken posted();

  const std::size_t bound_;
  mutable std::mutex mutex_;
  state state_ = state::unlinked;
  bool read_ = false;           // somebody was woken to take()
  bool told_expired_ = false;   // since a link was ready
  send_id last_ = ~send_id{0};  // odd from here on: those of hooks are even, neither asks the other
  std::vector<mail> mail_;
  offline_queue offline_;
};

}  // namespace hawser::io

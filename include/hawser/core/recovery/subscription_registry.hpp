// What a client wants to be subscribed to, and how far the current link is with it.
#pragma once

#include <hawser/core/recovery/link_pair.hpp>
#include <hawser/error.hpp>
#include <hawser/time.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser {

/// Topics that are wanted, whatever links come and go. Each link is asked for each of them once:
/// what it does not confirm in time, or refuses, is asked of the next one. A successor is asked
/// once its predecessor has ended. Pure. Not thread-safe.
class subscription_registry {
 public:
  enum class state : std::uint8_t {
    wanted,     ///< the link was not asked yet, or there is none
    pending,    ///< it was asked
    confirmed,  ///< it serves the topic
    failed,     ///< it refused
    expired,    ///< it did not answer in time; it still may
  };
  struct entry {
    std::string topic;
    subscription_registry::state state = state::wanted;
    time_point deadline = never;  ///< of a pending one
    error_code error = {};        ///< of a failed one
  };
  struct options {
    std::size_t most = 1024;                       ///< topics
    std::size_t topic_bytes = 1024;                ///< of each
    duration deadline = std::chrono::seconds(10);  ///< for the confirmation
  };

  explicit subscription_registry(const options& o) : options_(o) {}

  /// True: it is new. errc::too_many_subscriptions; framing_errc::message_too_big: the topic is too
  /// long.
  result<bool> add(std::string_view topic) {
    if (topic.size() > options_.topic_bytes) return framing_errc::message_too_big;
    const auto at = position(topic);
    if (is(at, topic)) return false;
    const auto known = std::find_if(untold_.begin(), untold_.end(),
                                    [&](const entry& e) { return e.topic == topic; });
    if (known != untold_.end()) {
      entries_.insert(at, std::move(*known));
      untold_.erase(known);
      return false;
    }
    if (entries_.size() + untold_.size() >= options_.most) return errc::too_many_subscriptions;
    entries_.insert(at, {std::string(topic)});
    return true;
  }
  /// Whether it was there. If the link was asked for it and cannot be `told` now, it counts until
  /// give_up() names it, or the link is not asked any more; who adds it meanwhile finds it as it
  /// was.
  bool remove(std::string_view topic, bool told = true) {
    const auto at = position(topic);
    if (!is(at, topic)) return false;
    if (!told && at->state != state::wanted) untold_.push_back(std::move(*at));
    entries_.erase(at);
    return true;
  }

  /// This link can be asked; a successor, once its predecessor has ended. Whether it is to be asked
  /// for all of them now: once for each link.
  bool ready(std::uint64_t link, bool successor) noexcept {
    if (!links_.opened(link, successor) || !asks(link)) return false;
    forget();
    return true;
  }
  /// A link is gone. If it was the one that is asked, its successor is, from now on, for all.
  void dropped(std::uint64_t link) noexcept {
    const bool was_asked = asks(link);
    links_.dropped(link);
    if (was_asked) forget();
  }
  /// Whether this link is the one that is asked.
  bool asks(std::uint64_t link) const noexcept {
    return link != 0 && link == links_.current().number;
  }

  // What happens to a topic on a link; that of another link or topic changes nothing.
  void asked(std::uint64_t link, std::string_view topic, time_point now) noexcept {
    entry* e = on(link, topic);
    if (e != nullptr && e->state == state::wanted) set(*e, state::pending, now + options_.deadline);
  }
  void confirmed(std::uint64_t link, std::string_view topic) noexcept {
    if (entry* e = on(link, topic)) set(*e, state::confirmed, never);
  }
  void failed(std::uint64_t link, std::string_view topic, error_code ec) noexcept {
    if (entry* e = on(link, topic)) {
      set(*e, state::failed, never);
      e->error = ec;
    }
  }
  /// Calls `tell(topic)` for each that became late.
  template <class F>
  void expire(time_point now, F&& tell) {
    for (entry& e : entries_) {
      if (e.deadline > now) continue;
      set(e, state::expired, never);
      tell(std::string_view(e.topic));
    }
  }
  /// Calls `tell(topic)` for each that was removed while the link could not be told.
  template <class F>
  void give_up(F&& tell) {
    for (const entry& e : std::exchange(untold_, {})) tell(std::string_view(e.topic));
  }

  time_point next_deadline() const noexcept {
    time_point first = never;
    for (const entry& e : entries_) first = std::min(first, e.deadline);
    return first;
  }
  /// Sorted by topic.
  const std::vector<entry>& entries() const noexcept { return entries_; }
  /// Valid until the next change; nullptr: it is not wanted.
  const entry* find(std::string_view topic) const noexcept {
    const auto at = std::lower_bound(entries_.begin(), entries_.end(), topic, before);
    return at != entries_.end() && at->topic == topic ? &*at : nullptr;
  }

 private:
  using iterator = std::vector<entry>::iterator;
  static bool before(const entry& e, std::string_view topic) noexcept { return e.topic < topic; }
  iterator position(std::string_view topic) noexcept {
    return std::lower_bound(entries_.begin(), entries_.end(), topic, before);
  }
  bool is(iterator at, std::string_view topic) const noexcept {
    return at != entries_.end() && at->topic == topic;
  }
  entry* on(std::uint64_t link, std::string_view topic) noexcept {
    const auto at = position(topic);
    return asks(link) && is(at, topic) ? &*at : nullptr;
  }
  static void set(entry& e, state s, time_point deadline) noexcept {
    e.state = s;
    e.deadline = deadline;
    e.error = {};
  }
  void forget() noexcept {
    untold_.clear();
    for (entry& e : entries_) set(e, state::wanted, never);
  }

  options options_;
  std::vector<entry> entries_;
  std::vector<entry> untold_;  // removed, but the link does not know
  link_pair<> links_;          // that are ready; the current one is asked
};

}  // namespace hawser

// Keeps the subscriptions that are wanted, over all links.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/explain/description.hpp>
#include <hawser/core/recovery/subscription_registry.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace hawser {

/// A registry of what is wanted: every link is asked for all of it once, when it is ready, and for
/// what is added later. The adapter speaks: it lists on::subscription, sends the wire's words when
/// it is told `subscribe` or `unsubscribe`, and raises `confirmed` or `failed`
/// (context::subscription) when the peer answers. What is not confirmed within `deadline` is told
/// as `expired`. Failed and expired topics stay wanted: the next link is asked again, this one is
/// not.
///
/// A successor (recycling) is asked when it has taken over: what is sent on it before waits, and
/// goes out on its predecessor if the successor ends first. Until then the state is the
/// predecessor's, and what is added or removed waits too.
///
/// From a hook or a task: `client.submit([&](auto&, context& c) {
/// client.get<subscriptions>().subscribe(c, "news"); })`. Before run(), without a context.
struct subscriptions : behavior<subscriptions, on::ready, on::drop, on::wake, on::subscription> {
  using state = subscription_registry::state;
  /// `most` topics (errc::too_many_subscriptions) of `topic_bytes` each
  /// (framing_errc::message_too_big); both at least 1 and at most a million. `deadline` above 0, to
  /// 1 h.
  using options = subscription_registry::options;

  subscriptions() : subscriptions(options{}) {}
  explicit subscriptions(options o) : options_(o), registry_(o) {}

  result<void> validate(std::string& complaint) const {
    const auto good = [](std::size_t n) { return n >= 1 && n <= 1'000'000; };
    if (good(options_.most) && good(options_.topic_bytes) && options_.deadline > duration::zero() &&
        options_.deadline <= std::chrono::hours(1)) {
      return {};
    }
    complaint =
        "subscriptions: most and topic_bytes must be from 1 to 1,000,000, deadline above 0 and at "
        "most 1 h";
    return errc::invalid_option;
  }

  /// Before run(). No effect if it is wanted already.
  result<void> subscribe(std::string_view topic) {
    const auto added = registry_.add(topic);
    return added ? result<void>() : result<void>(added.error());
  }
  /// The same while the client runs, on the strand: an open link is asked at once.
  result<void> subscribe(context& c, std::string_view topic) {
    const auto added = registry_.add(topic);
    if (!added) return added.error();
    if (*added && reached(c)) c.subscription(topic, subscription_event::kind::subscribe);
    return {};
  }
  /// No effect if it is not wanted.
  void unsubscribe(context& c, std::string_view topic) {
    if (registry_.remove(topic, reached(c)) && reached(c)) {
      c.subscription(topic, subscription_event::kind::unsubscribe);
    }
  }

  /// Empty: it is not wanted. On the strand.
  std::optional<subscriptions::state> find(std::string_view topic) const noexcept {
    const auto* e = registry_.find(topic);
    return e != nullptr ? std::optional(e->state) : std::nullopt;
  }
  /// All of them, for diagnostics. On the strand.
  const subscription_registry& registry() const noexcept { return registry_; }

  /// How many topics are in which state.
  void describe(description& d) const {
    const auto& all = registry_.entries();
    d.add("topics", all.size());
    const auto count = [&](const char* name, subscriptions::state s) {
      const auto n = std::count_if(all.begin(), all.end(), [s](auto& e) { return e.state == s; });
      if (n != 0) d.add(name, n);
    };
    count("wanted", state::wanted);
    count("pending", state::pending);
    count("confirmed", state::confirmed);
    count("failed", state::failed);
    count("expired", state::expired);
  }

  void on_ready(context& c, const ready_info& r) {
    if (registry_.ready(r.link, r.successor)) ask(c);
  }

  // Whichever link it was: one that goes on, or has taken over, may lack something.
  void on_drop(context& c, const drop_info& d) {
    registry_.dropped(d.link);
    c.wake_at(c.now());
  }

  void on_wake(context& c, const wake_info&) {
    registry_.expire(c.now(), [&](std::string_view topic) {
      c.subscription(topic, subscription_event::kind::expired);
    });
    if (reached(c)) {
      registry_.give_up([&](std::string_view topic) {
        c.subscription(topic, subscription_event::kind::unsubscribe);
      });
      ask(c);
    }
    watch(c);
  }

  void on_subscription(context& c, const subscription_event& s) {
    const std::uint64_t link = c.link().number;
    switch (s.what) {
      case subscription_event::kind::subscribe:
        registry_.asked(link, s.topic, c.now());
        // What was asked before is due before.
        return c.wake_time() == never ? watch(c) : void();
      case subscription_event::kind::confirmed:
        return registry_.confirmed(link, s.topic);
      case subscription_event::kind::failed:
        return registry_.failed(link, s.topic, s.error);
      case subscription_event::kind::unsubscribe:
      case subscription_event::kind::expired:
        return;
    }
  }

 private:
  // Whether what is sent now goes out on the link that is asked.
  bool reached(const context& c) const noexcept {
    const link_state& l = c.link();
    return l.open && l.ready && l.successor_number == 0 && registry_.asks(l.number);
  }
  void ask(context& c) const {
    for (const auto& e : registry_.entries()) {
      if (e.state == state::wanted) c.subscription(e.topic, subscription_event::kind::subscribe);
    }
  }
  void watch(context& c) const noexcept {
    const time_point t = registry_.next_deadline();
    t != never ? c.wake_at(t) : c.cancel_wake();
  }

  options options_;
  subscription_registry registry_;
};

}  // namespace hawser

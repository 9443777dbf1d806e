// Subscriptions without a socket.
#pragma once

#include <hawser/behaviors/subscriptions.hpp>

#include "support/bench_link.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace hawser::test {

inline const char* name(subscription_event::kind k) {
  using kind = subscription_event::kind;
  switch (k) {
    case kind::subscribe:
      return "+";
    case kind::unsubscribe:
      return "-";
    case kind::confirmed:
      return "ok ";
    case kind::failed:
      return "no ";
    case kind::expired:
      return "late ";
  }
  return "?";
}

struct subscription_link : bench_link<subscriptions> {
  explicit subscription_link(subscriptions::options o = {}) : bench_link(subscriptions(o)) {}

  using kind = subscription_event::kind;
  using lines = std::vector<std::string>;

  subscriptions& own() { return plugins.get<subscriptions>(); }
  // Raises what was recorded, as a connection does; what it was.
  lines settle() {
    lines out;
    while (!done.empty()) {
      const effects recorded = std::exchange(done, {});
      for (const auto& e : recorded.list()) {
        const auto* s = std::get_if<effects::subscription>(&e);
        if (s == nullptr) continue;
        out.push_back(name(s->what) + std::string(recorded.text(s->topic)));
        context c(done, link, now);
        plugins.subscription(c, {s->what, recorded.text(s->topic), {}});
      }
    }
    return out;
  }
  lines ready(bool successor = false) {
    link.ready = true;
    at([&](context& c) { plugins.ready(c, {link.number, successor}); });
    return settle();
  }
  lines connect() {
    open();
    return ready();
  }
  lines subscribe(const std::string& topic) {
    EXPECT_TRUE(at([&](context& c) { return own().subscribe(c, topic); }));
    return settle();
  }
  lines unsubscribe(const std::string& topic) {
    at([&](context& c) { own().unsubscribe(c, topic); });
    return settle();
  }
  void tell(kind k, const std::string& topic, error_code ec = {}) {
    at([&](context& c) { plugins.subscription(c, {k, topic, ec}); });
    EXPECT_TRUE(done.empty());
  }
  void lose() {
    drop();
    link.ready = false;
  }
  // Recycling: a successor is ready and writes are held. It is the client's link from now on.
  lines succeed() {
    predecessor = link;
    ++link.number;
    link.successor = true;
    predecessor.successor_number = link.number;
    return ready(true);
  }
  // Runs `f(context)` on the predecessor.
  template <class F>
  void with_predecessor(F&& f) {
    std::swap(link, predecessor);
    at(f);
    std::swap(link, predecessor);
  }
  void tell_predecessor(kind k) {
    with_predecessor([&](context& c) { plugins.subscription(c, {k, "a", {}}); });
  }
  // The predecessor has ended; what the successor is asked then.
  lines take_over() {
    predecessor.open = false;
    with_predecessor([&](context& c) {
      plugins.drop(c, {.link = c.link().number, .error = errc::closed, .replaced = true});
    });
    EXPECT_TRUE(wake());
    lines out = settle();
    link.successor = false;
    return out;
  }
  // The successor has ended; what the predecessor is asked then.
  lines revert() {
    drop();
    link = predecessor;
    link.successor_number = 0;
    EXPECT_TRUE(wake());
    return settle();
  }

  link_state predecessor;
};

}  // namespace hawser::test

// How long a link may stay quiet before it is pinged, learned from the links that died.
#pragma once

#include <hawser/time.hpp>

#include <algorithm>

namespace hawser {

/// Middleboxes forget a connection that is quiet for too long, each after a time of its own: RFC
/// 5382 (REQ-5) wants 2 h 4 min, home gateways were measured from 4 min up (Haetoenen et al., "An
/// Experimental Study of Home Gateway Characteristics", IMC 2010), proxies often take 60 s. So:
/// - a link that died silent after at least half of the interval halves it: the silence may have
///   been the cause (what died sooner had another one, and changes nothing);
/// - after `rounds` pings in a row that were answered it grows by an eighth.
/// Additive increase is too slow from a minimum of seconds, and doubling would cost a link every
/// few rounds: this way one that dies at every attempt to grow dies every few hours. Bounded by
/// `least` and `most`; with both equal it is fixed. Lasts over links. Pure. Not thread-safe.
class idle_interval {
 public:
  struct options {
    duration first = std::chrono::seconds(30);
    duration least = std::chrono::seconds(30);
    duration most = std::chrono::seconds(30);
    unsigned rounds = 32;
  };

  explicit idle_interval(const options& o) noexcept : options_(o), current_(o.first) {}

  duration current() const noexcept { return current_; }
  /// A ping after so long a silence was answered.
  void answered() noexcept {
    if (++good_ < options_.rounds) return;
    good_ = 0;
    current_ = std::min(options_.most, current_ + current_ / 8);
  }
  /// A link turned out to be dead after `quiet` without an inbound byte.
  void died(duration quiet) noexcept {
    if (quiet < current_ / 2) return;
    good_ = 0;
    current_ = std::clamp(std::min(current_, quiet) / 2, options_.least, options_.most);
  }

 private:
  options options_;
  duration current_;
  unsigned good_ = 0;
};

}  // namespace hawser

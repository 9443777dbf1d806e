// Dials again: full jitter, one policy for the first dial and every later one.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/backoff.hpp>
#include <hawser/core/description.hpp>
#include <hawser/process.hpp>
#include <hawser/seed.hpp>

#include <array>
#include <optional>

namespace hawser {

/// Retries what is transient or a broken protocol or bound of the peer, after a delay with full
/// jitter. Permanent and auth errors, which no retry heals, it leaves to the plug-ins behind it: if
/// they pass too, the client ends with the error, and on_stopped tells. A link that stays open for
/// `stable`, or on which the peer acknowledged a message, starts the backoff afresh. An orderly
/// Close of the peer (1000, or an empty one: 1005) is dialed again too, unless `after_normal_close`
/// is off. One of a plug-in's or the program's own ends the client, unless `after_own_close` is on.
///
/// A peer that says how long it wants to be left alone (Retry-After, RFC 9110 section 10.2.3;
/// context::defer_retry) is dialed no sooner, and up to half as long again later, so that a fleet
/// that was told one second does not come at that second. One that is only busy (429, 5xx, a Close
/// with 1012 or 1013) is left alone for `busy` and up to `cap`: IANA's registry of close codes asks
/// for 5 to 30 s after 1012.
///
/// Every retry, not the first dial, is paid from a budget that the clients of the process share.
/// An attempt of a successor (recycling) has the same delays, and a count of failures of its own:
/// the open link has not failed.
///
/// It answers every error that can be retried: what is to see errors comes before it in the list.
struct reconnect : behavior<reconnect, on::connecting, on::open, on::drop, on::error> {
  struct options {
    duration base = std::chrono::seconds(1);  ///< the first delay is at most this; above 0
    duration cap = std::chrono::seconds(30);  ///< and none is longer; base to 24 h
    duration stable = std::chrono::seconds(10);
    duration busy = std::chrono::seconds(5);  ///< 0 to 24 h; above `cap` it counts as `cap`
    /// The most of a Retry-After that is honored; 0 to 24 h. The jitter comes on top.
    duration longest_wait = std::chrono::hours(1);
    bool after_normal_close = true;
    bool after_own_close = false;
    std::uint64_t seed = 0;  ///< of the jitter; 0: made of the object and the first failure's time
    std::shared_ptr<retry_budget> budget = {};  ///< empty: the process's own, of 100 a second
  };

  reconnect() : reconnect(options{}) {}
  explicit reconnect(options o) : options_(std::move(o)), seed_(options_.seed) {
    if (!options_.budget) options_.budget = process_retry_budget();
  }

  result<void> validate(std::string& complaint) const {
    const options& o = options_;
    const auto bounded = [](duration d) {
      return d >= duration::zero() && d <= std::chrono::hours(24);
    };
    if (o.base <= duration::zero() || o.cap < o.base || !bounded(o.cap) ||
        o.stable < duration::zero()) {
      complaint = "reconnect: base must be above 0, cap from base to 24 h, stable not negative";
    } else if (!bounded(o.busy) || !bounded(o.longest_wait)) {
      complaint = "reconnect: busy and longest_wait must be from 0 to 24 h";
    } else {
      return {};
    }
    return errc::invalid_option;
  }

  admission on_connecting(context& c, handshake& h) {
    auto& turn = roads_[h.successor ? 1 : 0].turn;
    if (!turn) return admission::go();
    if (*turn == never) turn = options_.budget->take(c.now());
    // Paid once, however often a plug-in behind makes the attempt wait.
    return *turn > c.now() ? admission::wait_until(*turn) : admission::go();
  }

  void on_open(context& c, const open_info& o) {
    lives_[lives_[0].link == 0 ? 0 : 1] = {o.link, c.now(), c.link().acked};
    if (!o.successor) roads_[0].turn.reset();
    roads_[1].turn.reset();
    if (roads_[1].delays) roads_[1].delays->reset();
  }

  void on_drop(context& c, const drop_info& d) {
    for (life& l : lives_) {
      if (l.link != d.link) continue;
      const bool proved = c.now() - l.since >= options_.stable || c.link().acked > l.acked;
      if (proved && roads_[0].delays) roads_[0].delays->reset();
      l = {};
    }
  }

  reaction on_error(context& c, const failure& f) {
    if (f.error == condition::permanent || f.error == condition::auth ||
        f.error == condition::cancelled) {
      return reaction::pass();
    }
    const bool own = f.own_close && orderly(*f.own_close);
    if (own && !options_.after_own_close) return reaction::pass();
    if (!own && orderly(f.code) && !options_.after_normal_close) return reaction::pass();
    road& r = roads_[f.successor ? 1 : 0];
    r.turn = never;
    if (!r.delays) r.delays.emplace(options_.base, options_.cap, seed_.at(c.now()));
    return reaction::retry_after(delay(*r.delays, f));
  }

  /// How many delays in a row there were.
  void describe(description& d) const {
    d.add("failures", roads_[0].delays ? roads_[0].delays->failures() : 0U);
    d.add("delay at most", options_.cap);
  }

 private:
  // To a link, or to a successor of the open one.
  struct road {
    std::optional<backoff> delays;
    std::optional<time_point> turn;  // a retry is to be paid (never), or is and has its time
  };

  // An open link; two at most, in recycling.
  struct life {
    std::uint64_t link = 0;
    time_point since = never;
    std::uint64_t acked = 0;
  };

  duration delay(backoff& b, const failure& f) const {
    if (f.retry_after) {
      const duration least = std::min(*f.retry_after, options_.longest_wait);
      return b.next(least, least / 2);
    }
    if (f.error == errc::rate_limited || f.error == errc::unavailable) {
      const duration least = std::min(options_.busy, options_.cap);
      return b.next(least, std::max(least, options_.cap - least));
    }
    return b.next();
  }

  options options_;
  seed_source seed_;
  std::array<road, 2> roads_;
  std::array<life, 2> lives_;
};

}  // namespace hawser

// Dials again: with jitter, one policy for the first dial and every later one.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/explain/description.hpp>
#include <hawser/core/recovery/backoff.hpp>
#include <hawser/core/recovery/link_pair.hpp>
#include <hawser/core/recovery/refusals.hpp>
#include <hawser/core/text/text.hpp>
#include <hawser/process.hpp>
#include <hawser/seed.hpp>

#include <array>
#include <functional>
#include <optional>
#include <string>

namespace hawser {

/// Retries what is transient or a broken protocol or bound of the peer, after a delay with jitter:
/// below `base`, twice that and so on up to `cap`, and below 2 s or half of the time that the
/// server has been down, whichever is longer: so the client is back within half of an outage. A
/// link that stays open for `stable`, or on which the peer acknowledged a message, ends the outage
/// and starts the backoff afresh. An orderly Close of the peer (1000, or an empty one: 1005) is
/// dialed again too, unless `after_normal_close` is off. One of a plug-in's or the program's own
/// ends the client, unless `after_own_close` is on.
///
/// A permanent or auth error, which waiting alone does not heal, ends the client, with on_stopped
/// to tell, unless a plug-in behind answers it. But what worked before on this URL is tried again
/// at the pace of `slow_retry`: a deploy answers 404 or 401 for a while. `refused_before_success`
/// and `refused_after_success` choose. Credentials that were refused and never worked are shown
/// again every `slow_cap` only.
///
/// A peer that says how long it wants to be left alone (Retry-After, RFC 9110 section 10.2.3;
/// context::defer_retry) is dialed no sooner, and up to half as long again later, so that a fleet
/// that was told one second does not come at that second. One that is only busy (429, 503, a Close
/// with 1012 or 1013) is left alone for `busy` and up to `cap`: IANA's registry of close codes asks
/// for 5 to 30 s after 1012.
///
/// Every retry, not the first dial nor a probe of circuit_breaker, is paid from a budget that the
/// clients of the process share. An attempt of a successor (recycling) has the same delays, and a
/// count of failures of its own: the open link has not failed.
///
/// An endpoint that gives no link is told once for all its clients in the process, at `warn`: after
/// a minute and at growing intervals (outage_notice), and when it is back.
///
/// It answers every error that can be retried: what is to see errors comes before it in the list.
struct reconnect : behavior<reconnect, on::connecting, on::open, on::drop, on::error, on::stopped> {
  enum class refused : std::uint8_t { end, slow_retry };

  struct options {
    duration base = std::chrono::seconds(1);  ///< the first delay is at most this; above 0
    duration cap = std::chrono::seconds(30);  ///< and none is longer; base to 24 h
    duration stable = std::chrono::seconds(10);
    duration busy = std::chrono::seconds(5);  ///< 0 to 24 h; above `cap` it counts as `cap`
    /// The most of a Retry-After that is honored; 0 to 24 h. The jitter comes on top.
    duration longest_wait = std::chrono::hours(1);
    bool after_normal_close = true;
    bool after_own_close = false;
    /// What never worked on this URL and is permanent or about credentials; also a refusal of this
    /// program's own plug-ins.
    refused refused_before_success = refused::end;
    /// What worked before on this URL: a link opened on it, and was not closed with 1008 at once.
    refused refused_after_success = refused::slow_retry;
    duration slow_retry = std::chrono::minutes(1);  ///< the first pause; above 0
    duration slow_cap = std::chrono::minutes(15);   ///< doubled up to it; slow_retry to 24 h
    std::uint64_t seed = 0;  ///< of the jitter; 0: made of the object and the first failure's time
    std::shared_ptr<retry_budget> budget = {};  ///< empty: the process's own, of 100 a second
    /// What waits for a link, in words: "12 receipts wait". Asked on the strand for what is logged
    /// of an outage; empty: not told.
    std::function<std::string()> waits = {};
  };

  reconnect() : reconnect(options{}) {}
  explicit reconnect(options o) : options_(std::move(o)), seed_(options_.seed) {}

  result<void, error_info> validate() const {
    const options& o = options_;
    const auto bounded = [](duration d) {
      return d >= duration::zero() && d <= std::chrono::hours(24);
    };
    if (o.base <= duration::zero() || o.cap < o.base || !bounded(o.cap) ||
        o.stable < duration::zero()) {
      return invalid_option(
          "reconnect: base must be above 0, cap from base to 24 h, stable not negative");
    }
    if (!bounded(o.busy) || !bounded(o.longest_wait)) {
      return invalid_option("reconnect: busy and longest_wait must be from 0 to 24 h");
    }
    if (o.slow_retry <= duration::zero() || o.slow_cap < o.slow_retry || !bounded(o.slow_cap)) {
      return invalid_option(
          "reconnect: slow_retry must be above 0, slow_cap from slow_retry to 24 h");
    }
    return {};
  }

  admission on_connecting(context& c, handshake& h) {
    path& r = paths_[h.successor ? 1 : 0];
    look_at(h.endpoint);
    h.withheld = refusals_.withheld(c.now());
    r.began = c.now();
    r.probe = h.probe;
    if (!r.turn || r.probe) return admission::go();
    // Paid once, however often a plug-in makes the attempt wait for a moment. A turn that was not
    // used when it came is void: those who were kept from theirs must not come all at once.
    if (*r.turn == never || c.now() - *r.turn > std::chrono::seconds(1)) {
      r.turn = budget().take(c.now());
    }
    next_ = *r.turn;
    return *r.turn > c.now() ? admission::wait_until(*r.turn) : admission::go();
  }

  void on_open(context& c, const open_info& o) {
    held_until_ = {};
    links_.opened(o.link, o.successor, {c.now(), c.link().acked, o.fingerprint});
    if (!o.successor) paths_[0].turn.reset();
    paths_[1].turn.reset();
    if (!o.successor) paths_[1].proved();
    if (outage_) tell_found(c);
  }

  void on_drop(context& c, const drop_info& d) {
    const beginning* const began = links_.find(d.link);
    if (began == nullptr) return;
    const bool proved = c.now() - began->at >= options_.stable || c.link().acked > began->acked;
    if (proved) {
      paths_[0].proved();
      refusals_.reset();
      if (outage_) outage_.use([](outage_notice& n, outage_notice::seat& s) { n.proved(s); });
    }
    // Who is let in and shown the door at once did not get in.
    if (proved || d.error != errc::unauthorized) refusals_.worked(began->fingerprint);
    if (d.replaced) paths_[1].proved();
    links_.dropped(d.link);
  }

  reaction on_error(context& c, const failure& f) {
    path& r = paths_[f.successor ? 1 : 0];
    // One that did not get as far as the endpoint is somebody else's to make.
    const bool probe = std::exchange(r.probe, false) && f.at >= phase::resolving;
    if (f.error == condition::cancelled) return reaction::pass();
    if (f.at >= phase::resolving) held_until_ = {};  // They were shown, or others.
    const bool own = f.own_close && orderly(*f.own_close);
    if (own && !options_.after_own_close) return reaction::pass();
    if (!own && orderly(f.code) && !options_.after_normal_close) return reaction::pass();
    if (f.error == condition::permanent || f.error == condition::auth) return refuse(c, f);
    r.turn = never;
    const bool free = probe && !f.asks_for_pause();
    const duration after = free ? duration::zero() : delay(c.now(), r, f);
    next_ = std::max(c.now() + after, budget().due(c.now()));
    if (!f.successor && outage_) tell_lost(c, f, !free);
    return reaction::retry_after(after);
  }

  void on_stopped(context&, const stop_info&) {
    if (outage_) outage_.use([](outage_notice& n, outage_notice::seat& s) { n.leaves(s); });
  }

  /// How many delays in a row there were.
  void describe(description& d) const {
    d.add("failures", paths_[0].delays ? paths_[0].delays->failures() : 0U);
    d.add("delay at most", options_.cap);
    if (refusals_.again() != 0) d.add("refused", refusals_.again());
    d.next_attempt(std::max(next_, held_until_));
  }

 private:
  // To a link, or to a successor of the open one.
  struct path {
    std::optional<backoff> delays;
    std::optional<time_point> turn;  // a retry is to be paid (never), or is and has its time
    time_point down_since = never;
    time_point began{};  // the last attempt
    bool probe = false;  // that attempt is the circuit's, and no retry of ours

    void proved() noexcept {
      down_since = never;
      if (delays) delays->reset();
    }
  };

  // Of a link: how it began.
  struct beginning {
    time_point at = never;
    std::uint64_t acked = 0;
    hawser::fingerprint fingerprint = {};
  };

  retry_budget& budget() {
    if (!options_.budget) options_.budget = process_state::here().budget();
    return *options_.budget;
  }
  std::uint64_t seed(time_point now) const noexcept { return seed_.at(now); }

  duration delay(time_point now, path& r, const failure& f) const {
    if (!r.delays) r.delays.emplace(options_.base, options_.cap, seed(now));
    backoff& b = *r.delays;
    // An attempt shows that the server was down when it began; what met silence ends much later.
    const bool dialing = f.at >= phase::authenticating && f.at <= phase::upgrading;
    const time_point seen = dialing ? r.began : now;
    if (r.down_since == never) r.down_since = seen;
    if (f.retry_after) {
      const duration least = std::min(*f.retry_after, options_.longest_wait);
      return b.next(least, least / 2);
    }
    if (f.asks_for_pause()) {
      const duration least = std::min(options_.busy, options_.cap);
      return b.next(least, std::max(least, options_.cap - least));
    }
    // A tenth is left for the attempt itself.
    const duration half = std::max<duration>(std::chrono::seconds(2), (seen - r.down_since) / 2);
    return b.next(std::max(options_.base, half / 10 * 9));
  }

  void look_at(const std::string& endpoint) {
    if (outage_ && endpoint == endpoint_) return;
    const auto state = process_state::here().endpoint(endpoint);
    outage_ = outage_seat(std::shared_ptr<guarded<outage_notice>>(state, &state->outage));
    endpoint_ = endpoint;
  }

  // `planned`: the next attempt is ours to say, not circuit_breaker's.
  void tell_lost(context& c, const failure& f, bool planned) {
    const bool dialing = f.at >= phase::authenticating && f.at <= phase::upgrading;
    const time_point since = dialing ? paths_[0].began : c.now();
    const auto told = outage_.use([&](outage_notice& n, outage_notice::seat& s) {
      n.lost(s, since);
      return c.wants(log_level::warn) ? n.due(c.now()) : std::nullopt;
    });
    const log_level level = told ? log_level::warn : log_level::info;
    if (!c.wants(level) || (!told && !planned)) return;
    std::string line = "reconnect: ";
    if (told) {
      append_escaped(line, endpoint_);
      line += ": no link for " + to_words(told->lasts) + ": ";
      append_escaped(line, f.detail.empty() ? f.error.message() : std::string(f.detail));
      line += "; clients without one: " + std::to_string(told->clients);
    }
    if (planned)
      line += (told ? "; next attempt in " : "next attempt in ") + to_words(next_ - c.now());
    if (options_.waits) append_escaped(line += "; ", options_.waits());
    c.log(level, line);
  }

  void tell_found(context& c) {
    const auto lasted =
        outage_.use([&](outage_notice& n, outage_notice::seat& s) { return n.found(s, c.now()); });
    if (!lasted || !c.wants(log_level::warn)) return;
    std::string line = "reconnect: ";
    append_escaped(line, endpoint_);
    line += ": connected again after " + to_words(*lasted);
    if (options_.waits) append_escaped(line += "; ", options_.waits());
    c.log(log_level::warn, line);
  }

  // Waiting alone does not heal it.
  reaction refuse(context& c, const failure& f) {
    if (f.successor) return reaction::pass();  // The link that works is open still.
    const bool peers = f.at >= phase::authenticating && f.error != errc::hook_threw &&
                       f.error != errc::refused_by_hook && f.error != errc::invalid_option;
    const bool worked = peers && refusals_.knows(f.fingerprint.resource);
    const refused wanted =
        worked ? options_.refused_after_success : options_.refused_before_success;
    if (wanted == refused::end) return reaction::pass();
    path& r = paths_[0];
    r.turn = never;
    if (!pacing_) pacing_.emplace(seed(c.now()));
    const bool auth = f.error == condition::auth && f.at > phase::authenticating;
    duration after = refusals_.refused(f.fingerprint, auth, c.now(),
                                       {options_.slow_retry, options_.slow_cap}, *pacing_);
    if (f.retry_after) {
      const duration least = std::min(*f.retry_after, options_.longest_wait);
      after = std::max(after, least + pacing_->up_to(least / 2));
    }
    next_ = c.now() + after;
    const withheld_credentials withheld = refusals_.withheld(c.now());
    held_until_ = withheld.holds(f.fingerprint.credentials, next_) ? withheld.until : time_point();
    if (c.wants(log_level::warn)) {
      std::string line = "reconnect: ";
      append_escaped(line, f.detail);
      line += worked ? "; it worked before: tried again in " : "; tried again in ";
      line += to_words(after);
      if (held_until_ > next_) {
        line += ", with the same credentials in " + to_words(held_until_ - c.now());
      }
      c.log(log_level::warn, line);
    }
    return reaction::retry_after(after);
  }

  options options_;
  seed_source seed_;
  std::array<path, 2> paths_;
  link_pair<beginning> links_;
  refusals refusals_;
  std::optional<jitter> pacing_;
  std::string endpoint_;
  outage_seat outage_;       // at that endpoint, once it was dialed
  time_point next_{};        // before which there is no attempt, as far as is known here
  time_point held_until_{};  // nor before this, with the credentials that were refused last
};

}  // namespace hawser

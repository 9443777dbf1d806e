// Leaves an endpoint alone that cannot be reached, and asks with one attempt whether it is back.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/explain/description.hpp>
#include <hawser/core/recovery/jitter.hpp>
#include <hawser/process.hpp>
#include <hawser/seed.hpp>

#include <optional>
#include <string>
#include <utility>

namespace hawser {

struct auth;
struct reconnect;

/// A circuit breaker for each endpoint, shared by the clients of the process: see hawser::circuit.
/// When `threshold` of their attempts have failed within 10 s, half of all or more, one client at a
/// time asks whether the endpoint is back: first after a second, then at a quarter of the time that
/// it has been down, at most `longest_pause`. The others wait for what becomes of it, and come back
/// evenly within 1 to 13 s of its success. A single client never opens it: reconnect's delays are
/// enough for one.
///
/// An attempt fails if the endpoint could not be used (from resolving to the upgrade: what is
/// transient, a broken protocol or a bound). The drop of an open link does not count, and an answer
/// that refuses us (401, 404) shows that the endpoint is there. A server that speaks of itself
/// (503, a Close with 1012) and asks to be left alone is not probed before that. Any other pause
/// (Retry-After, 429, 1013, context::defer_retry) may be about one client: that one waits for it by
/// its reconnect; if it was the probe, the next one comes after `longest_pause` at the latest.
///
/// It is listed before auth and reconnect, which answer the errors that this must see: an attempt
/// that it lets wait costs nothing of reconnect's budget, and a probe neither pays from it nor
/// lengthens reconnect's delays.
struct circuit_breaker
    : behavior<circuit_breaker, on::connecting, on::open, on::error, on::stopped> {
  using listed_before = behaviors<auth, reconnect>;

  struct options {
    unsigned threshold = 10;                            ///< failures within 10 s; 1 to 10,000
    duration longest_pause = std::chrono::seconds(12);  ///< between two probes; 1 s to 24 h
    /// A probe that has not reported is given to the next: longer than all deadlines of an attempt
    /// together; above 0, to 24 h.
    duration probe = std::chrono::seconds(120);
    /// The most of a server's Retry-After that is honored; 0 to 24 h. The jitter comes on top.
    duration longest_wait = std::chrono::hours(1);
    std::uint64_t seed = 0;  ///< of the jitter; 0: made of the object and the first attempt's time
    std::shared_ptr<shared_circuit> circuit = {};  ///< empty: the endpoint's, of this process
  };

  circuit_breaker() : circuit_breaker(options{}) {}
  explicit circuit_breaker(options o)
      : options_(std::move(o)), seed_(options_.seed), seat_(options_.circuit) {}

  result<void, error_info> validate() const {
    const options& o = options_;
    constexpr duration day = std::chrono::hours(24);
    if (o.threshold < 1 || o.threshold > 10'000) {
      return invalid_option("circuit_breaker: threshold must be from 1 to 10,000");
    }
    if (o.longest_pause < std::chrono::seconds(1) || o.longest_pause > day ||
        o.probe <= duration::zero() || o.probe > day || o.longest_wait < duration::zero() ||
        o.longest_wait > day) {
      return invalid_option(
          "circuit_breaker: longest_pause must be from 1 s to 24 h, probe above 0 and at most 24 "
          "h, longest_wait from 0 to 24 h");
    }
    return {};
  }

  admission on_connecting(context& c, handshake& h) {
    if (!options_.circuit && (!seat_ || h.endpoint != endpoint_)) {
      const auto state = process_state::here().endpoint(h.endpoint);
      seat_ = circuit_seat(std::shared_ptr<shared_circuit>(state, &state->circuit));
    }
    endpoint_ = h.endpoint;
    const auto a = seat_.use([&](circuit& s, circuit::seat& mine) {
      return s.ask(mine, c.now(), settings(), random(c.now()));
    });
    h.probe = a.probe;
    if (a.probe) h.put_off = [this] { give_back(); };
    return a.go ? admission::go() : admission::wait_until(a.until);
  }

  void on_open(context& c, const open_info&) {
    if (!seat_) return;
    reached(c);
    seat_.use([](circuit& s, circuit::seat& mine) { s.leaves(mine); });
  }

  reaction on_error(context& c, const failure& f) {
    if (!seat_) return reaction::pass();
    // What a token server asks for is not about this endpoint.
    if (f.asks_for_pause() && f.at >= phase::resolving) postpone(c.now(), f);
    const bool dialing = f.at >= phase::resolving && f.at <= phase::upgrading;
    const bool unusable =
        !f.own_close && (f.error == condition::transient || f.error == condition::limit ||
                         f.error == condition::protocol);
    if (f.at == phase::open || f.at == phase::closing) {
      if (!f.successor) seat_.use([](circuit& s, circuit::seat& mine) { s.wants(mine); });
      return reaction::pass();
    }
    if (dialing && unusable) {
      failed(c, f);
    } else if (dialing && f.status != 0) {
      reached(c);
    } else {
      give_back();
    }
    // The link that it was to replace is open.
    if (f.successor) seat_.use([](circuit& s, circuit::seat& mine) { s.leaves(mine); });
    return reaction::pass();
  }

  void on_stopped(context&, const stop_info&) {
    if (seat_) seat_.use([](circuit& s, circuit::seat& mine) { s.leaves(mine); });
  }

  void describe(description& d) const {
    const circuit c = seat_.look();
    d.add("state", c.state() == circuit::kind::closed ? "closed"
                   : c.state() == circuit::kind::open ? "open"
                                                      : "half-open");
    d.add("failures", c.failures());
    if (c.state() == circuit::kind::closed) return;
    d.add("clients waiting", c.waiting());
    d.add("until", c.until());
    if (c.state() == circuit::kind::open) d.next_attempt(c.until());
  }

  // For explain(); on the strand. Of the endpoint that was last dialed; closed before that.
  circuit::kind state() const { return seat_.look().state(); }
  time_point until() const { return seat_.look().until(); }
  unsigned failures() const { return seat_.look().failures(); }

 private:
  circuit::settings settings() const noexcept {
    return {options_.threshold, options_.longest_pause, options_.probe};
  }
  jitter& random(time_point now) { return random_ ? *random_ : random_.emplace(seed_.at(now)); }

  void give_back() {
    seat_.use([](circuit& s, circuit::seat& mine) { s.returned(mine); });
  }

  // A fleet that is told the same must not come at the same moment. One client's rate limit of an
  // hour must not keep the others away for an hour.
  void postpone(time_point now, const failure& f) {
    const duration least =
        std::min(f.retry_after.value_or(std::chrono::seconds(5)), options_.longest_wait);
    const duration more = f.retry_after ? least / 2 : duration(std::chrono::seconds(10));
    duration pause = least + random(now).up_to(more);
    const bool of_all =
        f.error == errc::unavailable && (f.status == 503 || f.code == close_code::service_restart);
    if (const duration half = options_.longest_pause / 2; !of_all && pause > 2 * half) {
      pause = half + random(now).up_to(half);
    }
    seat_.use([&](circuit& s, circuit::seat& mine) {
      if (of_all || s.probes(mine)) s.postpone(now + pause, now);
    });
  }

  void reached(context& c) {
    circuit now;
    const bool closes = seat_.use([&](circuit& s, circuit::seat& mine) {
      const bool closed = s.reached(mine, c.now());
      now = s;
      return closed;
    });
    if (!closes || !c.wants(log_level::info)) return;
    c.log(log_level::info, "circuit_breaker: " + endpoint_ + " is back after " +
                               to_words(c.now() - now.down_since()) +
                               "; clients that wait: " + std::to_string(now.waiting()) +
                               ", within " + to_words(now.spread()));
  }

  void failed(context& c, const failure& f) {
    circuit now;
    const bool opens = seat_.use([&](circuit& s, circuit::seat& mine) {
      const bool opened = s.failed(mine, c.now(), settings(), random(c.now()));
      now = s;
      return opened;
    });
    if (!opens || !c.wants(log_level::warn)) return;
    c.log(log_level::warn,
          "circuit_breaker: " + endpoint_ + " is left alone: " + std::to_string(now.failures()) +
              " of " + std::to_string(now.attempts()) + " attempts of this process failed within " +
              "10 s (" + f.error.message() + "); one client asks again in " +
              to_words(now.until() - c.now()) +
              ", clients that wait for it: " + std::to_string(now.waiting()));
  }

  options options_;
  seed_source seed_;
  std::optional<jitter> random_;
  std::string endpoint_;
  circuit_seat seat_;
};

}  // namespace hawser

// Leaves an endpoint alone that cannot be reached, and asks with one attempt whether it is back.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/description.hpp>
#include <hawser/core/jitter.hpp>
#include <hawser/process.hpp>
#include <hawser/seed.hpp>

#include <optional>
#include <string>
#include <utility>

namespace hawser {

struct auth;
struct reconnect;

/// A circuit breaker for each endpoint, shared by the clients of the process. After `threshold`
/// failures in a row nobody dials it for `reset`; then one attempt of one client, the probe, goes
/// out, and the others wait for what becomes of it. A failure counts if the endpoint could not be
/// reached (from resolving to the upgrade: what is transient, or a bound). The drop of an open link
/// does not, and credentials that are refused show that the endpoint is there. A probe that has not
/// reported within `probe` is given to the next who asks.
///
/// `reset` is jittered at each opening. Without that every client of a fleet would keep, through
/// the whole outage, the phase that its first failures gave it, and these lie within seconds of
/// each other: a delay of reconnect's that ends within the reset time changes nothing. storm_bench
/// compares both.
///
/// It is listed before auth and reconnect, which answer the errors that this must see. Its answers
/// in on_connecting are final: an attempt that it lets wait costs nothing of reconnect's budget.
struct circuit_breaker
    : behavior<circuit_breaker, on::connecting, on::open, on::error, on::stopped> {
  using listed_before = behaviors<auth, reconnect>;

  struct options {
    unsigned threshold = 5;                     ///< 1 to 10,000
    duration reset = std::chrono::seconds(60);  ///< above 0, to 24 h
    unsigned jitter_percent = 50;               ///< of `reset`, to both sides; 0 to 100
    /// Longer than all deadlines of an attempt together; above 0, to 24 h.
    duration probe = std::chrono::seconds(120);
    /// Those who wait for a probe are let through within so long of each other; above 0, to 1 h.
    duration spread = std::chrono::seconds(5);
    std::uint64_t seed = 0;  ///< of the jitter; 0: made of the object and the first attempt's time
    std::shared_ptr<shared_circuit> circuit = {};  ///< empty: the endpoint's, of this process
  };

  circuit_breaker() : circuit_breaker(options{}) {}
  explicit circuit_breaker(options o)
      : options_(std::move(o)), seed_(options_.seed), circuit_(options_.circuit) {}

  result<void> validate(std::string& complaint) const {
    const options& o = options_;
    const auto good = [](duration d, duration most) { return d > duration::zero() && d <= most; };
    if (o.threshold < 1 || o.threshold > 10'000) {
      complaint = "circuit_breaker: threshold must be from 1 to 10,000";
    } else if (!good(o.reset, std::chrono::hours(24)) || !good(o.probe, std::chrono::hours(24)) ||
               !good(o.spread, std::chrono::hours(1)) || o.jitter_percent > 100) {
      complaint =
          "circuit_breaker: reset and probe must be above 0 and at most 24 h, spread above 0 and "
          "at most 1 h, jitter_percent at most 100";
    } else {
      return {};
    }
    return errc::invalid_option;
  }

  admission on_connecting(context& c, handshake& h) {
    if (!options_.circuit && (!circuit_ || h.endpoint != endpoint_)) {
      give_back(c.now());
      circuit_ = process_circuit(h.endpoint);
      endpoint_ = h.endpoint;
    }
    const circuit::answer a = circuit_->ask(c.now(), options_.probe, probe_);
    probe_ = a.probe ? a.next : circuit();
    if (a.go) return admission::go();
    // Whoever waits for a probe looks for its outcome long before its deadline.
    const bool probing = a.next.state() == circuit::kind::half_open;
    const time_point t = probing ? std::min(a.until, c.now() + options_.spread) : a.until;
    return admission::wait_until(t + random(c.now()).up_to(options_.spread));
  }

  void on_open(context&, const open_info&) { report_reached(); }

  reaction on_error(context& c, const failure& f) {
    if (!circuit_ || f.at == phase::open || f.at == phase::closing) return reaction::pass();
    const bool dialing = f.at >= phase::resolving && f.at <= phase::upgrading;
    if (dialing && (f.error == condition::transient || f.error == condition::limit)) {
      const duration reset = random(c.now()).around(options_.reset, options_.jitter_percent);
      circuit_->failed(c.now(), options_.threshold, reset, std::exchange(probe_, circuit()));
    } else if (dialing && f.status != 0) {
      report_reached();
    } else {
      give_back(c.now());
    }
    return reaction::pass();
  }

  void on_stopped(context& c, const stop_info&) { give_back(c.now()); }

  void describe(description& d) const {
    const circuit c = current();
    d.add("state", c.state() == circuit::kind::closed ? "closed"
                   : c.state() == circuit::kind::open ? "open"
                                                      : "half-open");
    d.add("failures", c.failures());
    if (c.state() != circuit::kind::closed) d.add("until", c.until());
  }

  // For explain(); on the strand. Of the endpoint that was last dialed; closed before that.
  circuit::kind state() const noexcept { return current().state(); }
  time_point until() const noexcept { return current().until(); }
  unsigned failures() const noexcept { return current().failures(); }

 private:
  circuit current() const noexcept { return circuit_ ? circuit_->load() : circuit(); }
  jitter& random(time_point now) { return random_ ? *random_ : random_.emplace(seed_.at(now)); }
  void report_reached() noexcept {
    probe_ = circuit();
    if (circuit_) circuit_->reached();
  }
  void give_back(time_point t) noexcept {
    if (circuit_ && probe_ != circuit()) circuit_->returned(t, probe_);
    probe_ = circuit();
  }

  options options_;
  seed_source seed_;
  std::optional<jitter> random_;
  std::string endpoint_;
  std::shared_ptr<shared_circuit> circuit_;
  circuit probe_;  // the one that this client makes; the closed circuit if it makes none
};

}  // namespace hawser

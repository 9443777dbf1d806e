// Dials again: full jitter, one policy for the first dial and every later one.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/backoff.hpp>

#include <atomic>

namespace hawser {

/// Retries what is transient or a broken protocol or bound of the peer, after a delay with full
/// jitter. Permanent and auth errors, which no retry heals, it leaves to the plug-ins behind it: if
/// they pass too, the client ends with the error. A link that stays open for `stable` starts the
/// backoff afresh. A clean close (1000) is dialed again too, unless `after_normal_close` is off.
struct reconnect : behavior<reconnect, on::open, on::error> {
  struct options {
    duration base = std::chrono::seconds(1);
    duration cap = std::chrono::seconds(30);
    duration stable = std::chrono::seconds(10);
    bool after_normal_close = true;
    std::uint64_t seed = 0;  ///< of the jitter; 0: another one for each object and process
  };

  reconnect() : reconnect(options{}) {}
  explicit reconnect(options o)
      : options_(o), backoff_(o.base, o.cap, o.seed != 0 ? o.seed : fresh_seed()) {}

  result<void> validate(std::string& complaint) const {
    if (options_.base > duration::zero() && options_.cap >= options_.base &&
        options_.cap <= std::chrono::hours(24) && options_.stable >= duration::zero()) {
      return {};
    }
    complaint = "reconnect: base must be above 0, cap from base to 24 h, stable not negative";
    return errc::invalid_option;
  }

  void on_open(context& c, const open_info&) { opened_ = c.now(); }

  reaction on_error(context& c, const failure& f) {
    if (opened_ != never && c.now() - opened_ >= options_.stable) backoff_.reset();
    opened_ = never;
    if (f.error == condition::permanent || f.error == condition::auth ||
        f.error == condition::cancelled) {
      return reaction::pass();
    }
    if (f.code == close_code::normal && !options_.after_normal_close) return reaction::pass();
    return reaction::retry_after(backoff_.next());
  }

 private:
  // The address tells processes apart, the count the clients that one process makes in one place.
  static std::uint64_t fresh_seed() noexcept {
    static std::atomic<std::uint64_t> count{0};
    return reinterpret_cast<std::uintptr_t>(&count) + ++count;
  }

  options options_;
  backoff backoff_;
  time_point opened_ = never;
};

}  // namespace hawser

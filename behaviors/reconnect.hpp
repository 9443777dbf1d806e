// Dials again: full jitter, one policy for the first dial and every later one.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/backoff.hpp>

#include <atomic>
#include <optional>

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
    std::uint64_t seed = 0;  ///< of the jitter; 0: made of the object and the first failure's time
  };

  reconnect() : reconnect(options{}) {}
  explicit reconnect(options o) : options_(o), origin_(fresh_origin()) {}

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
    if (opened_ != never && c.now() - opened_ >= options_.stable) delays(c.now()).reset();
    opened_ = never;
    if (f.error == condition::permanent || f.error == condition::auth ||
        f.error == condition::cancelled) {
      return reaction::pass();
    }
    if (f.code == close_code::normal && !options_.after_normal_close) return reaction::pass();
    return reaction::retry_after(delays(c.now()).next());
  }

 private:
  // The count tells apart the clients that one process makes in one place, and the address most
  // processes. The time of the first failure, in ns, tells those apart that are loaded alike.
  static std::uint64_t fresh_origin() noexcept {
    static std::atomic<std::uint64_t> count{0};
    return reinterpret_cast<std::uintptr_t>(&count) + 0xD1342543DE82EF95 * ++count;
  }
  backoff& delays(time_point now) {
    if (!backoff_) {
      const auto time = static_cast<std::uint64_t>(now.time_since_epoch().count());
      backoff_.emplace(options_.base, options_.cap,
                       options_.seed != 0 ? options_.seed : origin_ + time);
    }
    return *backoff_;
  }

  options options_;
  std::uint64_t origin_;
  std::optional<backoff> backoff_;
  time_point opened_ = never;
};

}  // namespace hawser

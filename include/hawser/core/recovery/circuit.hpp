// Whether an endpoint is worth an attempt: a circuit breaker that the clients of a process share.
#pragma once

#include <hawser/core/recovery/jitter.hpp>

#include <array>
#include <cstdint>

namespace hawser {

/// A circuit breaker (Nygard, Release It!, 2007) for many clients of one endpoint. Closed:
/// everybody may try. It opens when `threshold` attempts within 10 s have failed, half of all or
/// more, by more than one client: one alone is slowed down by its own backoff. Open: nobody but one
/// client at a time, the probe (half-open, while it is out), at U(1/2, 1) of a quarter of the time
/// that the endpoint has been down, from 1 s to `longest_pause`. The first success closes it, and
/// those who wait come evenly over spread(); nothing is reserved for one that does not. If half of
/// the first ten of them fail, it opens again as if it had not been closed.
///
/// All is computed from `now` when somebody asks: nothing has to be polled, and a probe that never
/// reports runs out. Pure; not thread-safe.
class circuit {
 public:
  enum class kind : std::uint8_t { closed, open, half_open };

  struct settings {
    unsigned threshold = 10;
    duration longest_pause = std::chrono::seconds(12);
    duration probe = std::chrono::seconds(120);  ///< after which one that is out is given up
  };

  /// A client's place, kept by the client. What began in an older generation changes nothing.
  struct seat {
    std::uint64_t id = 0;
    std::uint64_t generation = 0;
    time_point began{};         ///< its last attempt
    std::int64_t success = -1;  ///< the second in which its link came up; -1: it is not counted
    bool waits = false;         ///< it wants a link and has none
    bool held = false;          ///< it was told to wait while the circuit was open
    bool slot = false;          ///< and may go when it asks next, if the circuit is closed then
  };

  /// May an attempt be made?
  struct answer {
    bool go = false;
    bool probe = false;  ///< it is the probe
    time_point until{};  ///< if not: ask again then
  };
  answer ask(seat& s, time_point now, const settings& o, jitter& random) noexcept;

  /// It has lost its link, which is no success any more, and wants another.
  void wants(seat& s) noexcept;
  /// It wants none any more: it has one, or has ended.
  void leaves(seat& s) noexcept;
  /// The endpoint answered; true: that closes the circuit.
  bool reached(seat& s, time_point now) noexcept;
  /// An attempt to reach it failed; true: that opens the circuit.
  bool failed(seat& s, time_point now, const settings& o, jitter& random) noexcept;
  /// The attempt was not made, or says nothing of the endpoint: if it was the probe, the next who
  /// asks has it.
  void returned(const seat& s) noexcept;
  /// The endpoint asked to be left alone until `t`: no probe before, if the circuit is open or
  /// opens within 10 s. Whoever was told waits by itself.
  void postpone(time_point t, time_point now) noexcept;

  /// Its probe is out.
  bool probes(const seat& s) const noexcept { return s.id != 0 && probe_by_ == s.id; }
  kind state() const noexcept {
    return !open_ ? kind::closed : probe_by_ == 0 ? kind::open : kind::half_open;
  }
  /// Open: the time of the next probe. Half-open: when the one that is out is given up. Else never.
  time_point until() const noexcept {
    return !open_ ? never : probe_by_ == 0 ? next_probe_ : probe_until_;
  }
  /// Clients that want a link and have none.
  unsigned waiting() const noexcept { return waiting_; }
  /// Outcomes of the last 10 s, as of the last of them.
  unsigned failures() const noexcept { return seen_.failures; }
  unsigned attempts() const noexcept { return seen_.attempts; }
  /// Since the first failure after the last success; never: it is not.
  time_point down_since() const noexcept { return down_since_; }
  /// Within so long of a success those who wait come back: 25 a second, from 1 to 13 s. A thousand
  /// clients then stay below the 100 a second of the process's budget.
  duration spread() const noexcept;

 private:
  // Of one second, or of all ten.
  struct outcomes {
    std::int64_t second = -1;
    unsigned attempts = 0;
    unsigned failures = 0;
    std::uint64_t by = 0;  // whose failure was the first
    bool several = false;  // and whether others failed too
  };
  // Of those who were let through by a success, while that may prove to have been a mistake.
  struct trial {
    unsigned attempts = 0;
    unsigned failures = 0;
    time_point until{};
  };

  answer wait_for_probe(seat& s, time_point now, jitter& random) noexcept;
  void count(time_point now, std::uint64_t failed_by) noexcept;
  bool in_trial(time_point now) noexcept;
  void plan_probe(time_point now, time_point began, const settings& o, jitter& random) noexcept;

  bool open_ = false;
  std::uint64_t generation_ = 1;
  std::uint64_t last_id_ = 0;
  unsigned waiting_ = 0;
  time_point down_since_ = never;
  std::array<outcomes, 10> window_{};
  outcomes seen_;
  trial trial_;
  time_point closed_at_{};
  time_point next_probe_{};
  time_point asked_until_{};  // by the endpoint
  time_point asked_at_{};
  std::uint64_t probe_by_ = 0;  // whose probe is out
  std::uint64_t probe_of_ = 0;  // who was told to come for the next one
  time_point probe_until_{};
};

}  // namespace hawser

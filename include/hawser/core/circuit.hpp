// Whether an endpoint is worth an attempt: the circuit breaker's state in one word.
#pragma once

#include <hawser/time.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace hawser {

/// The state of a circuit breaker (Nygard, Release It!, 2007), as a value of 8 bytes. Closed:
/// everybody may try. Open, after so many failures in a row: nobody until the reset time. Half-open
/// from then on: one attempt, the probe, decides; the others wait for it. All is computed from
/// `now` when somebody asks: nothing has to be polled, and a probe that never reports runs out.
/// Pure. Times are kept in milliseconds, rounded up.
class circuit {
 public:
  enum class kind : std::uint8_t { closed, open, half_open };
  static constexpr unsigned most_failures = (1U << 14) - 1;  ///< the count stops there

  constexpr circuit() noexcept : word_(0) {}

  constexpr kind state() const noexcept { return static_cast<kind>(word_ >> 62); }
  /// In a row, since the last success.
  constexpr unsigned failures() const noexcept {
    return static_cast<unsigned>(word_ >> 48) & most_failures;
  }
  /// Open: the time of the next probe. Half-open: the deadline of the one that is out. Closed:
  /// `never`.
  constexpr time_point until() const noexcept {
    if (state() == kind::closed) return never;
    return time_point(std::chrono::milliseconds(static_cast<std::int64_t>(word_ & time_mask)));
  }

  /// May an attempt be made?
  struct answer;
  /// `deadline` is how long the probe may take; `mine` is the probe that the asker has already.
  answer ask(time_point now, duration deadline, circuit mine = {}) const noexcept;

  /// The endpoint was reached.
  constexpr circuit reached() const noexcept { return {}; }
  /// An attempt to reach it failed; `mine` says of which probe. `threshold` failures in a row open
  /// the circuit for `reset`, and so does a failed probe. Attempts that began before it opened, or
  /// with a probe that has run out, change nothing.
  circuit failed(time_point now, unsigned threshold, duration reset,
                 circuit mine = {}) const noexcept {
    if (state() == kind::closed) {
      const unsigned n = std::min(failures() + 1, most_failures);
      return n < threshold ? circuit(kind::closed, n, {}) : circuit(kind::open, n, now + reset);
    }
    if (state() != kind::half_open || mine != *this) return *this;
    return {kind::open, std::min(failures() + 1, most_failures), now + reset};
  }
  /// The probe was not made, or says nothing of the endpoint: the next who asks has it.
  circuit returned(time_point now, circuit mine) const noexcept {
    if (state() != kind::half_open || mine != *this) return *this;
    return {kind::open, failures(), now};
  }

  friend constexpr bool operator==(circuit, circuit) noexcept = default;

 private:
  static constexpr std::uint64_t time_mask = (std::uint64_t{1} << 48) - 1;

  circuit(kind k, unsigned failures, time_point until) noexcept
      : word_(static_cast<std::uint64_t>(k) << 62 | static_cast<std::uint64_t>(failures) << 48) {
    if (k == kind::closed) return;
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(until.time_since_epoch()).count();
    word_ |= static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0)) & time_mask;
  }

  std::uint64_t word_;  // 2 bits of state, 14 of failures, 48 of milliseconds
};

struct circuit::answer {
  circuit next;        ///< the state from now on
  bool go = false;     ///< make the attempt
  bool probe = false;  ///< it is the probe: `next` is to be named when it reports
  time_point until{};  ///< if not: ask again then
};

inline circuit::answer circuit::ask(time_point now, duration deadline,
                                    circuit mine) const noexcept {
  if (state() == kind::closed) return {*this, true};
  if (now >= until()) {
    const circuit probing(kind::half_open, failures(), now + deadline);
    return {probing, true, true};
  }
  if (state() == kind::half_open && mine == *this) return {*this, true, true};
  return {*this, false, false, until()};
}

/// A circuit that clients share, on any threads. Lock-free.
class shared_circuit {
 public:
  static_assert(std::atomic<circuit>::is_always_lock_free);

  circuit load() const noexcept { return state_.load(std::memory_order_acquire); }

  circuit::answer ask(time_point now, duration deadline, circuit mine = {}) noexcept {
    circuit seen = load();
    circuit::answer a = seen.ask(now, deadline, mine);
    while (a.next != seen && !exchange(seen, a.next)) a = seen.ask(now, deadline, mine);
    return a;
  }
  void reached() noexcept {
    if (load() != circuit()) state_.store({}, std::memory_order_release);
  }
  void failed(time_point now, unsigned threshold, duration reset, circuit mine = {}) noexcept {
    update([&](circuit c) { return c.failed(now, threshold, reset, mine); });
  }
  void returned(time_point now, circuit mine) noexcept {
    update([&](circuit c) { return c.returned(now, mine); });
  }

 private:
  bool exchange(circuit& seen, circuit next) noexcept {
    return state_.compare_exchange_weak(seen, next, std::memory_order_acq_rel,
                                        std::memory_order_acquire);
  }
  template <class F>
  void update(F step) noexcept {
    circuit seen = load();
    for (circuit next = step(seen); next != seen; next = step(seen)) {
      if (exchange(seen, next)) return;
    }
  }

  std::atomic<circuit> state_{};
};

}  // namespace hawser

// What the clients of one process share.
#pragma once

#include <hawser/core/recovery/address_order.hpp>
#include <hawser/core/recovery/circuit.hpp>
#include <hawser/core/recovery/outage_notice.hpp>
#include <hawser/core/recovery/retry_budget.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace hawser {

/// A value that clients share, on any threads, behind a lock that is held for moments. It is asked
/// on dials only, never on the data path.
template <class T>
class guarded;

namespace detail {

class process_lock {
 public:
  process_lock();
  ~process_lock();
  void lock();
  void unlock();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace detail

template <class T>
class guarded {
 public:
  /// What `f(value)` returns.
  template <class F>
  auto use(F&& f) {
    struct hold {
      explicit hold(detail::process_lock& l) : lock(l) { lock.lock(); }
      ~hold() { lock.unlock(); }
      hold(const hold&) = delete;
      hold& operator=(const hold&) = delete;
      detail::process_lock& lock;
    };
    const hold held(lock_);
    return std::forward<F>(f)(value_);
  }

 private:
  detail::process_lock lock_;
  T value_;
};

using shared_circuit = guarded<circuit>;

/// What is known of an endpoint (handshake::endpoint).
struct endpoint_state {
  shared_circuit circuit;
  guarded<address_order> addresses;
  guarded<outage_notice> outage;
};

/// A client's seat at a machine that clients share (Machine::seat, Machine::leaves), left with it.
/// Moved; a copy has a seat of its own.
template <class Machine>
class shared_seat {
 public:
  shared_seat() = default;
  explicit shared_seat(std::shared_ptr<guarded<Machine>> at) : machine_(std::move(at)) {}
  shared_seat(shared_seat&& other) noexcept
      : machine_(std::move(other.machine_)), seat_(std::exchange(other.seat_, {})) {}
  shared_seat(const shared_seat& other) : machine_(other.machine_) {}
  shared_seat& operator=(shared_seat other) noexcept {
    std::swap(machine_, other.machine_);
    std::swap(seat_, other.seat_);
    return *this;
  }
  ~shared_seat() {
    if (machine_) machine_->use([this](Machine& m) { m.leaves(seat_); });
  }

  explicit operator bool() const noexcept { return machine_ != nullptr; }
  /// What `f(machine, seat)` returns.
  template <class F>
  auto use(F&& f) {
    return machine_->use([&](Machine& m) { return f(m, seat_); });
  }
  /// The machine as it is.
  Machine look() const {
    return machine_ ? machine_->use([](Machine& m) { return m; }) : Machine();
  }

 private:
  std::shared_ptr<guarded<Machine>> machine_;
  typename Machine::seat seat_;
};

using circuit_seat = shared_seat<circuit>;
using outage_seat = shared_seat<outage_notice>;

/// What the clients of a process share. Thread-safe.
class process_state {
 public:
  process_state();
  ~process_state();
  process_state(const process_state&) = delete;
  process_state& operator=(const process_state&) = delete;

  /// The retry budget: 100 retries a second, 100 at once. A full TLS handshake costs about a
  /// millisecond and a half on either side, so this is some 15 % of one core at each end, while a
  /// gateway of a few hundred clients is back within seconds.
  const std::shared_ptr<retry_budget>& budget() const noexcept { return budget_; }
  /// One for all clients that hold it; it is forgotten with the last of them.
  std::shared_ptr<endpoint_state> endpoint(std::string_view name);

  /// That of the process; on the thread of a testkit::world, the world's own.
  static process_state& here();
  /// Puts another in its place on this thread, nullptr: none; the one before. The test kit's
  /// business.
  static process_state* replace(process_state* by) noexcept;

 private:
  struct registry;
  std::shared_ptr<retry_budget> budget_ = std::make_shared<retry_budget>();
  std::unique_ptr<registry> endpoints_;
};

}  // namespace hawser

// What the clients of one process share.
#pragma once

#include <hawser/core/recovery/address_order.hpp>
#include <hawser/core/recovery/circuit.hpp>
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
};

/// A client's seat at a circuit, left with it. Moved; a copy has a seat of its own.
class circuit_seat {
 public:
  circuit_seat() = default;
  explicit circuit_seat(std::shared_ptr<shared_circuit> at) : circuit_(std::move(at)) {}
  circuit_seat(circuit_seat&& other) noexcept
      : circuit_(std::move(other.circuit_)), seat_(std::exchange(other.seat_, {})) {}
  circuit_seat(const circuit_seat& other) : circuit_(other.circuit_) {}
  circuit_seat& operator=(circuit_seat other) noexcept {
    std::swap(circuit_, other.circuit_);
    std::swap(seat_, other.seat_);
    return *this;
  }
  ~circuit_seat() {
    if (circuit_ && seat_.id != 0) circuit_->use([this](circuit& c) { c.leaves(seat_); });
  }

  explicit operator bool() const noexcept { return circuit_ != nullptr; }
  /// What `f(circuit, seat)` returns.
  template <class F>
  auto use(F&& f) {
    return circuit_->use([&](circuit& c) { return f(c, seat_); });
  }
  /// The circuit as it is.
  circuit look() const {
    return circuit_ ? circuit_->use([](circuit& c) { return c; }) : circuit();
  }

 private:
  std::shared_ptr<shared_circuit> circuit_;
  circuit::seat seat_;
};

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

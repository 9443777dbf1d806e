// What goes into a governor and what comes out, whatever its kind.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/error.hpp>
#include <hawser/time.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hawser::governor {

/// An exact decimal: mantissa x 10^exponent. No floating point reaches a governor.
struct decimal {
  std::int64_t mantissa = 0;
  int exponent = 0;

  friend bool operator==(const decimal&, const decimal&) = default;
};

using value = std::variant<std::int64_t, decimal, bool, std::string>;

/// The parameters of an event, by name, in the order given.
using fields = std::vector<std::pair<std::string, value>>;

/// The field of that name, or nullptr.
const value* find(const fields& f, std::string_view name) noexcept;

/// Something that happened, addressed to one governor.
struct event {
  std::string governor;  ///< the kind: "quota"
  std::string id;        ///< which one: "tenant-1/api"
  std::string name;      ///< "record_usage"
  std::string key = {};  ///< idempotency key; empty: none
  fields params = {};
  std::string context = {};          ///< JSON text, kept in the receipt's metadata; empty: none
  std::string context_dropped = {};  ///< why one that was given is not here; the answer says it
};

/// Why a transition happened.
enum class cause : std::uint8_t { event, timer, command };
std::string_view to_string(cause c) noexcept;

/// One row of a table taken: what the receipt will say.
struct step {
  std::string from;  ///< "" for the start
  std::string to;
  std::string event;
  std::string reason;
  fields metadata;
};

/// What a governor answers. `error` empty: accepted. An accepted event has left at least one step,
/// except a query; a refused one may have left one (usage above the burst moves to quota_exceeded).
struct outcome {
  std::vector<step> steps;
  std::string answer;  ///< what the caller is told: "recorded", "in_burst", ...
  std::string error;   ///< "quota_exceeded", "invalid_event", "bad_amount", ...
  fields detail;       ///< of the answer or the error: {usage, limit, percent}, {configured, given}
};

/// A named timer that is armed (deadline) or frozen (what remained of it).
struct timer_state {
  std::string name;
  wall_ms deadline = 0;   ///< absolute, when armed
  wall_ms remaining = 0;  ///< when frozen
  bool frozen = false;

  friend bool operator==(const timer_state&, const timer_state&) = default;
};

/// What a store keeps of a governor between two transitions.
struct snapshot {
  std::string state;
  bytes data;  ///< deterministic CBOR, the kind's own
  std::vector<timer_state> timers;
};

/// One governor, its kind erased. Pure: time comes in, nothing is read and nothing is sent.
/// Not thread-safe; governors live on the store's writer thread.
class machine {
 public:
  virtual ~machine() = default;
  virtual std::string_view state() const noexcept = 0;
  virtual bool terminal() const noexcept = 0;
  /// Applies an event. A refusal without steps has changed nothing.
  virtual outcome apply(const event& e, wall_ms now) = 0;
  /// Fires the earliest timer whose deadline is at or before `now`; nullopt if there is none. Call
  /// again until it says so: timers fire in the order of their deadlines.
  virtual std::optional<outcome> fire(wall_ms now) = 0;
  /// The earliest deadline of an armed timer.
  virtual std::optional<wall_ms> next_deadline() const noexcept = 0;
  /// Moves every armed deadline by `by`: the wall clock was set, and what remained still remains.
  virtual void shift(wall_ms by) noexcept = 0;
  virtual snapshot save() const = 0;
};

/// How the edge makes governors of one kind.
struct kind {
  std::string_view name;                 ///< "quota"
  std::unique_ptr<machine> (*create)();  ///< at (start), before its first event
  result<std::unique_ptr<machine>> (*restore)(const snapshot& s);  ///< store_errc::corrupt
};

}  // namespace hawser::governor

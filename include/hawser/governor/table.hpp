// The words a transition table is written in. A kind is a struct that says:
//
//   struct door {
//     enum class state : std::uint8_t { open, shut, gone };  // at most max_states
//     enum class event : std::uint8_t { push, remove };
//     enum class timer : std::uint8_t { close };             // may have no enumerators
//     struct data {                                          // what it remembers beside its state
//       void write(cbor_writer& out) const;                  // deterministic
//       bool read(cbor_reader& in);                          // false: not what write() writes
//       bool valid_in(state s) const;                        // false: contradicts itself or s
//       void shift(wall_ms by);                              // only with arm_at: moves its times
//     };
//     static constexpr std::string_view name = "door";
//     static constexpr auto states = std::to_array<std::string_view>({"open", "shut", "gone"});
//     static constexpr auto events = std::to_array<event_spec>({event_spec("push"), ...});
//     static constexpr auto timers = std::to_array<timer_spec>({{"close", 1h}});
//     static constexpr auto terminal = in(state::gone);
//     static constexpr row<door> start() { return {.to = state::open, .reason = "hung", ...}; }
//     static constexpr auto table() {
//       return std::to_array<row<door>>({
//         {.from = state::open, .on = event::push, .to = state::shut, .reason = "pushed"}, ...
//       });
//     }
//     static constexpr auto queries = std::to_array<query<door>>({...});
//   };
//
// The lists of names are in the order of the enumerators. engine<door> (runtime.hpp) runs it, after
// check.hpp has read it.
#pragma once

#include <hawser/governor/params.hpp>

#include <array>
#include <chrono>
#include <concepts>

namespace hawser::governor {

inline constexpr std::size_t max_states = 31;
inline constexpr std::size_t max_timer_ops = 4;  ///< in one row
/// The longest that any timer may be set for: a bound for the bounds.
inline constexpr std::chrono::milliseconds longest_timer = std::chrono::days{3660};

/// A timer by name, and the longest that it is ever armed for. A deadline further away is a bug.
struct timer_spec {
  std::string_view name;
  std::chrono::milliseconds bound{0};
};

struct every_open_t {};
/// Every state that is not terminal.
inline constexpr every_open_t every_open;

template <class State>
struct state_set {
  std::uint32_t bits = 0;

  constexpr state_set() = default;
  constexpr state_set(State s) : bits(std::uint32_t{1} << static_cast<unsigned>(s)) {}
  constexpr state_set(every_open_t) : bits(~std::uint32_t{0}) {}

  constexpr bool has(std::size_t state) const { return (bits >> state & 1) != 0; }
};

template <class State, std::same_as<State>... More>
constexpr state_set<State> in(State first, More... more) {
  state_set<State> s(first);
  ((s.bits |= state_set<State>(more).bits), ...);
  return s;
}

struct stay_t {};
struct refused_t {};
/// The row leaves a step and no other state.
inline constexpr stay_t stay;
/// The row answers its error: no step, no change. Its action may only give detail.
inline constexpr refused_t refused;

/// Where a row leads: one state, several that its action chooses among, stay, or refused.
template <class State>
struct target {
  state_set<State> set;
  bool stays = false;
  bool refuses = false;

  constexpr target(State s) : set(s) {}
  constexpr target(state_set<State> s) : set(s) {}
  constexpr target(stay_t) : stays(true) {}
  constexpr target(refused_t) : refuses(true) {}
};

/// What sets a row off: an event from outside, or the expiry of a timer. They are different types,
/// so no caller can fake an expiry by its name.
template <class Event, class Timer>
struct trigger {
  bool is_timer;
  std::uint8_t index;

  constexpr trigger(Event e) : is_timer(false), index(static_cast<std::uint8_t>(e)) {}
  constexpr trigger(Timer t) : is_timer(true), index(static_cast<std::uint8_t>(t)) {}
};

enum class timer_act : std::uint8_t { keep, arm, arm_by, arm_at, freeze, thaw, cancel, without };

namespace detail {
template <class Timer>
struct plain_op {
  Timer which;
  timer_act act;
  std::chrono::milliseconds after{0};
};
template <class Timer, class Data>
struct arm_by_op {
  Timer which;
  wall_ms (Data::*after)() const;
};
template <class Timer, class Data>
struct arm_at_op {
  Timer which;
  wall_ms Data::*deadline;
};
}  // namespace detail

/// Expires that long after the transition.
template <class Timer>
constexpr detail::plain_op<Timer> arm(Timer t, std::chrono::milliseconds after) {
  return {t, timer_act::arm, after};
}
/// The same, as the data has it after the action, in milliseconds.
template <class Timer, class Data>
constexpr detail::arm_by_op<Timer, Data> arm(Timer t, wall_ms (Data::*after)() const) {
  return {t, after};
}
/// Expires at the time that the data has after the action; at once if that is past.
template <class Timer, class Data>
constexpr detail::arm_at_op<Timer, Data> arm_at(Timer t, wall_ms Data::*deadline) {
  return {t, deadline};
}
/// Goes on. So does every timer that a row does not name; to name it states that it runs here.
template <class Timer>
constexpr detail::plain_op<Timer> keep(Timer t) {
  return {t, timer_act::keep};
}
/// Stops, and stores what remained of it.
template <class Timer>
constexpr detail::plain_op<Timer> freeze(Timer t) {
  return {t, timer_act::freeze};
}
/// Goes on with what remained; to name it states that it is frozen here, or runs.
template <class Timer>
constexpr detail::plain_op<Timer> thaw(Timer t) {
  return {t, timer_act::thaw};
}
template <class Timer>
constexpr detail::plain_op<Timer> cancel(Timer t) {
  return {t, timer_act::cancel};
}
/// cancel, into a state that has a row for the timer: it will not expire there, and that is meant.
template <class Timer>
constexpr detail::plain_op<Timer> without(Timer t) {
  return {t, timer_act::without};
}

template <class Timer, class Data>
struct timer_op {
  Timer which{};
  timer_act act = timer_act::keep;
  wall_ms after = 0;
  wall_ms (Data::*after_by)() const = nullptr;
  wall_ms Data::*deadline = nullptr;

  constexpr timer_op() = default;
  constexpr timer_op(detail::plain_op<Timer> o)
      : which(o.which), act(o.act), after(o.after.count()) {}
  constexpr timer_op(detail::arm_by_op<Timer, Data> o)
      : which(o.which), act(timer_act::arm_by), after_by(o.after) {}
  constexpr timer_op(detail::arm_at_op<Timer, Data> o)
      : which(o.which), act(timer_act::arm_at), deadline(o.deadline) {}
};

template <class Timer, class Data>
struct timer_ops {
  using op = timer_op<Timer, Data>;
  std::array<op, max_timer_ops> ops{};
  std::size_t count = 0;

  constexpr timer_ops() = default;
  template <std::convertible_to<op>... Ops>
  requires(sizeof...(Ops) > 0 && sizeof...(Ops) <= max_timer_ops) constexpr timer_ops(Ops... o)
      : ops{op(o)...}, count(sizeof...(Ops)) {}

  constexpr const op* begin() const { return ops.data(); }
  constexpr const op* end() const { return ops.data() + count; }
};

/// What a guard sees.
template <class K>
struct input {
  const arguments& args;
  typename K::state from;
  wall_ms now;
};

/// What an action sees and writes.
template <class K>
struct turn : input<K> {
  std::optional<typename K::state> to = {};  ///< to be chosen if the row has several
  std::string reason = {};                   ///< if the row has none: the caller's
  fields metadata = {};                      ///< of the step
  fields detail = {};                        ///< of the answer or the error
};

/// A condition with a name, for the printed table. Two guards are the same if their functions are.
/// (`given` is told apart from null because g++ with -fsanitize=undefined cannot compare an inline
/// function with null in a constant expression.)
template <class K>
struct guard {
  using function = bool (*)(const typename K::data&, const input<K>&);
  std::string_view name;
  function holds = nullptr;
  bool given = false;

  constexpr guard() = default;
  constexpr guard(std::string_view n, function f) : name(n), holds(f), given(true) {}
};

/// What a row does to the data.
template <class K>
struct action {
  using function = void (*)(typename K::data&, turn<K>&);
  function run = nullptr;
  bool given = false;

  constexpr action() = default;
  constexpr action(function f) : run(f), given(true) {}
};

/// One row. Rows of one state and trigger are tried in the order of the table; the first whose
/// guard holds is taken. The action writes to a copy that becomes the data only if the step is
/// taken.
template <class K>
struct row {
  state_set<typename K::state> from = {};
  trigger<typename K::event, typename K::timer> on = typename K::event{};
  guard<K> when = {};
  action<K> act = {};
  target<typename K::state> to;
  std::string_view reason = {};
  timer_ops<typename K::timer, typename K::data> timers = {};
  std::string_view answer = {};
  std::string_view error = {};  ///< with a target: the step is taken and the caller is refused
};

/// Something to ask that changes nothing. `ask` returns an error, or "" and writes the detail.
template <class K>
struct query {
  std::string_view name;
  std::string_view answer;
  std::string_view (*ask)(const typename K::data&, typename K::state, fields& detail);
};

/// The table of a kind as it is looked up: cell (state, trigger) -> its rows, in order.
template <class K>
struct layout {
  static constexpr auto rows = K::table();
  static constexpr row<K> start = K::start();
  static constexpr std::size_t states = K::states.size();
  static constexpr std::size_t events = K::events.size();
  static constexpr std::size_t timers = K::timers.size();
  static constexpr std::size_t triggers = events + timers;
  static constexpr std::uint32_t all = static_cast<std::uint32_t>((std::uint64_t{1} << states) - 1);
  static constexpr std::uint32_t open = all & ~K::terminal.bits;

  static_assert(states > 0 && states <= max_states && rows.size() < 256);

  static constexpr std::size_t trigger_of(const row<K>& r) {
    return r.on.is_timer ? events + r.on.index : r.on.index;
  }
  static constexpr std::uint32_t from_of(const row<K>& r) {
    return r.from.bits == state_set<typename K::state>(every_open).bits ? open : r.from.bits;
  }

  struct cells {
    std::array<std::uint16_t, states * triggers + 1> first{};
    std::array<std::uint8_t, rows.size() * states> row{};

    constexpr std::size_t size(std::size_t state, std::size_t t) const {
      return first[state * triggers + t + 1] - first[state * triggers + t];
    }
    /// The index of the n-th row of a cell.
    constexpr std::size_t at(std::size_t state, std::size_t t, std::size_t n) const {
      return row[first[state * triggers + t] + n];
    }
  };

  static constexpr cells index = [] {
    cells c;
    std::uint16_t used = 0;
    for (std::size_t s = 0; s < states; ++s) {
      for (std::size_t t = 0; t < triggers; ++t) {
        c.first[s * triggers + t] = used;
        for (std::size_t r = 0; r < rows.size(); ++r) {
          if (trigger_of(rows[r]) != t || (from_of(rows[r]) >> s & 1) == 0) continue;
          c.row[used++] = static_cast<std::uint8_t>(r);
        }
      }
    }
    c.first.back() = used;
    return c;
  }();

  /// The states that a row may lead to from `state`.
  static constexpr std::uint32_t to_of(const row<K>& r, std::size_t state) {
    if (r.to.refuses) return 0;
    return r.to.stays ? std::uint32_t{1} << state : r.to.set.bits;
  }
};

}  // namespace hawser::governor

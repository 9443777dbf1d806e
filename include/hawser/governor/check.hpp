// Reads a table while it compiles, and refuses one that would lose a timer, a state or its way out.
//
// Timers are followed through the whole table: for every state the set of what each timer may be
// there (off, armed, frozen), as a fixpoint over all rows. Guards are not understood, so a row that
// knows better says so: `keep` and `thaw` state that the timer is not off, `without` that it is
// off and that this is meant.
#pragma once

#include <hawser/governor/table.hpp>

#include <type_traits>

namespace hawser::governor {

namespace detail {

// What a timer may be in a state: a set of these. `excused` is off, by a row that said `without`.
inline constexpr std::uint8_t timer_off = 1;
inline constexpr std::uint8_t timer_armed = 2;
inline constexpr std::uint8_t timer_frozen = 4;
inline constexpr std::uint8_t timer_excused = 8;

/// What a row makes of a timer. An excuse holds for the state that it was said for.
template <class K>
constexpr std::uint8_t flow(const row<K>& r, std::size_t timer, std::uint8_t before, bool moves) {
  if (r.on.is_timer && r.on.index == timer) before = timer_off;
  if (moves && (before & timer_excused) != 0) before = (before & 7) | timer_off;
  for (const auto& op : r.timers) {
    if (static_cast<std::size_t>(op.which) != timer) continue;
    switch (op.act) {
      case timer_act::keep:
        return (before & timer_armed) != 0 ? timer_armed : timer_off;
      case timer_act::arm:
      case timer_act::arm_by:
      case timer_act::arm_at:
        return timer_armed;
      case timer_act::freeze:
        if ((before & timer_armed) == 0) return before;
        return static_cast<std::uint8_t>((before & ~timer_armed) | timer_frozen);
      case timer_act::thaw:
        return (before & (timer_armed | timer_frozen)) != 0 ? timer_armed : timer_off;
      case timer_act::cancel:
        return timer_off;
      case timer_act::without:
        return timer_excused;
    }
  }
  return before;
}

template <class K>
using timer_status = std::array<std::uint8_t, layout<K>::timers>;

/// Before the start every timer is off.
template <class K>
inline constexpr timer_status<K> all_off = [] {
  timer_status<K> s{};
  s.fill(timer_off);
  return s;
}();

/// What is known of a table. reached: from the start; leaving: a terminal state can be reached.
template <class K>
struct analysis {
  std::uint32_t reached = 0;
  std::uint32_t leaving = 0;
  std::array<timer_status<K>, layout<K>::states> timers{};
};

/// Calls visit(row, from, to) for every step that the table allows.
template <class K, class Visit>
constexpr void for_each_step(Visit visit) {
  using table = layout<K>;
  for (std::size_t r = 0; r < table::rows.size(); ++r) {
    for (std::size_t from = 0; from < table::states; ++from) {
      if ((table::from_of(table::rows[r]) >> from & 1) == 0) continue;
      const std::uint32_t targets = table::to_of(table::rows[r], from);
      for (std::size_t to = 0; to < table::states; ++to) {
        if ((targets >> to & 1) != 0) visit(r, from, to);
      }
    }
  }
}

template <class K>
constexpr analysis<K> analyze() {
  using table = layout<K>;
  analysis<K> a;
  bool changed = false;
  const auto enter = [&](const row<K>& r, std::size_t to, timer_status<K> before, bool moves) {
    for (std::size_t t = 0; t < table::timers; ++t) {
      const auto after = flow<K>(r, t, before[t], moves);
      const auto joined = static_cast<std::uint8_t>(a.timers[to][t] | after);
      changed = changed || joined != a.timers[to][t];
      a.timers[to][t] = joined;
    }
    changed = changed || (a.reached >> to & 1) == 0;
    a.reached |= std::uint32_t{1} << to;
  };
  for (std::size_t s = 0; s < table::states; ++s) {
    if (table::start.to.set.has(s)) enter(table::start, s, all_off<K>, true);
  }
  a.leaving = K::terminal.bits;
  do {
    changed = false;
    for_each_step<K>([&](std::size_t r, std::size_t from, std::size_t to) {
      if ((a.leaving >> to & ~(a.leaving >> from) & 1) != 0) {
        a.leaving |= std::uint32_t{1} << from;
        changed = true;
      }
      if ((a.reached >> from & 1) == 0) return;
      enter(table::rows[r], to, a.timers[from], from != to);
    });
  } while (changed);
  return a;
}

template <class K>
inline constexpr analysis<K> analysis_of = analyze<K>();

enum class defect {
  none,
  timer_unbounded,
  row_from_nowhere,
  row_from_terminal,
  row_refuses_badly,
  row_undecided,
  row_two_words,
  ambiguous,
  expiry_undecided,
  unreachable,
  no_way_out,
  timer_lost,
  timer_unheard,
};

struct finding {
  defect what = defect::none;
  std::size_t state = 0;
  std::size_t trigger = 0;  // or the timer
  std::size_t row = 0;
};

template <class K>
constexpr finding find_in_row(const row<K>& r, std::size_t index) {
  using table = layout<K>;
  const auto found = [&](defect d) -> finding {
    return {.what = d, .trigger = table::trigger_of(r), .row = index};
  };
  for (const auto* op = r.timers.begin(); op != r.timers.end(); ++op) {
    const auto bound = K::timers[static_cast<std::size_t>(op->which)].bound.count();
    if (op->act == timer_act::arm && (op->after <= 0 || op->after > bound)) {
      return {.what = defect::timer_unbounded, .trigger = static_cast<std::size_t>(op->which)};
    }
    for (const auto* other = r.timers.begin(); other != op; ++other) {
      if (other->which == op->which) return found(defect::row_two_words);
    }
  }
  if (r.to.refuses && (r.error.empty() || r.timers.count > 0 || r.on.is_timer)) {
    return found(defect::row_refuses_badly);
  }
  const bool several = (r.to.set.bits & (r.to.set.bits - 1)) != 0;
  if (!r.to.refuses && !r.act.given && (several || r.reason.empty()))
    return found(defect::row_undecided);
  return {};
}

template <class K>
constexpr finding find_in_cell(std::size_t state, std::size_t trigger) {
  using table = layout<K>;
  const std::size_t size = table::index.size(state, trigger);
  if (size == 0) return {};
  const auto guard_at = [&](std::size_t n) -> const guard<K>& {
    return table::rows[table::index.at(state, trigger, n)].when;
  };
  for (std::size_t later = 1; later < size; ++later) {
    for (std::size_t n = 0; n < later; ++n) {
      const guard<K>& early = guard_at(n);
      const guard<K>& late = guard_at(later);
      if (early.given && !(late.given && early.holds == late.holds)) continue;
      return {defect::ambiguous, state, trigger, table::index.at(state, trigger, later)};
    }
  }
  if (trigger >= table::events && guard_at(size - 1).given) {
    return {defect::expiry_undecided, state, trigger, 0};
  }
  return {};
}

template <class K>
constexpr finding find_lost_timer() {
  using table = layout<K>;
  constexpr auto& known = analysis_of<K>;
  finding f;
  const auto look = [&](const row<K>& r, std::size_t index, std::size_t to, timer_status<K> before,
                        bool moves) {
    for (std::size_t t = 0; t < table::timers && f.what == defect::none; ++t) {
      if ((table::open >> to & 1) == 0) continue;
      const auto after = flow<K>(r, t, before[t], moves);
      const bool heard = table::index.size(to, table::events + t) > 0;
      if (heard && (after & (timer_off | timer_frozen)) != 0)
        f = {defect::timer_lost, to, t, index};
      if (!heard && (after & timer_armed) != 0) f = {defect::timer_unheard, to, t, index};
    }
  };
  for (std::size_t s = 0; s < table::states; ++s) {
    if (table::start.to.set.has(s)) look(table::start, table::rows.size(), s, all_off<K>, true);
  }
  for_each_step<K>([&](std::size_t r, std::size_t from, std::size_t to) {
    look(table::rows[r], r, to, known.timers[from], from != to);
  });
  return f;
}

template <class K>
constexpr finding find_defect() {
  using table = layout<K>;
  for (std::size_t t = 0; t < table::timers; ++t) {
    const auto bound = K::timers[t].bound;
    if (bound.count() <= 0 || bound > longest_timer)
      return {.what = defect::timer_unbounded, .trigger = t};
  }
  if (const auto f = find_in_row<K>(table::start, table::rows.size()); f.what != defect::none) {
    return f;
  }
  for (std::size_t r = 0; r < table::rows.size(); ++r) {
    if (table::from_of(table::rows[r]) == 0) {
      return {
          .what = defect::row_from_nowhere, .trigger = table::trigger_of(table::rows[r]), .row = r};
    }
    if (const auto f = find_in_row<K>(table::rows[r], r); f.what != defect::none) return f;
  }
  for (std::size_t s = 0; s < table::states; ++s) {
    for (std::size_t t = 0; t < table::triggers; ++t) {
      if (K::terminal.has(s) && table::index.size(s, t) > 0)
        return {defect::row_from_terminal, s, t, 0};
      if (const auto f = find_in_cell<K>(s, t); f.what != defect::none) return f;
    }
  }
  constexpr auto& known = analysis_of<K>;
  for (std::size_t s = 0; s < table::states; ++s) {
    if ((known.reached >> s & 1) == 0) return {.what = defect::unreachable, .state = s};
    if ((known.leaving >> s & 1) == 0) return {.what = defect::no_way_out, .state = s};
  }
  return find_lost_timer<K>();
}

// A static_assert's message is a literal, so what is at fault travels as template arguments: the
// compiler prints them.
template <auto...>
inline constexpr bool never_holds = false;

template <auto Timer>
struct timer_without_a_bound {
  static_assert(never_holds<Timer>, "a timer needs a bound, and no row may arm it for longer");
};
template <std::size_t Row, auto On>
struct row_that_no_state_has {
  static_assert(never_holds<Row, On>, "a row without `from` never fires");
};
template <auto State, auto On>
struct row_out_of_a_terminal_state {
  static_assert(never_holds<State, On>, "a terminal state has no rows");
};
template <std::size_t Row, auto On>
struct refusal_that_does_something {
  static_assert(never_holds<Row, On>,
                "a refused row needs an error, has no timers, and cannot answer an expiry");
};
template <std::size_t Row, auto On>
struct row_without_a_reason_or_choice {
  static_assert(never_holds<Row, On>,
                "without an action a row needs a reason and at most one state in `to`");
};
template <std::size_t Row, auto On>
struct row_with_two_words_for_a_timer {
  static_assert(never_holds<Row, On>, "a row says one thing for each timer");
};
template <auto State, auto On, std::size_t Row>
struct rows_without_distinct_guards {
  static_assert(never_holds<State, On>,
                "this row is hidden by an earlier one of the same guard, or none");
};
template <auto State, auto Timer>
struct expiry_that_no_row_may_take {
  static_assert(never_holds<State, Timer>, "the last row for an expiry must have no guard");
};
template <auto State>
struct state_that_nothing_reaches {
  static_assert(never_holds<State>, "no row leads to this state");
};
template <auto State>
struct state_without_a_way_out {
  static_assert(never_holds<State>, "no terminal state can be reached from this state");
};
template <auto State, auto Timer, std::size_t Row>
struct timer_that_a_row_loses {
  static_assert(never_holds<State, Timer>,
                "the state has a row for the timer, but this row enters it with the timer off or "
                "frozen: arm, keep or thaw it, or say without(timer)");
};
template <auto State, auto Timer, std::size_t Row>
struct timer_that_no_row_hears {
  static_assert(
      never_holds<State, Timer>,
      "this row enters the state with the timer running, and the state has no row for it");
};

struct nothing_wrong {};

template <class K, std::size_t Trigger>
consteval auto trigger_at() {
  if constexpr (Trigger < layout<K>::events) {
    return static_cast<typename K::event>(Trigger);
  } else {
    return static_cast<typename K::timer>(Trigger - layout<K>::events);
  }
}

/// The type that has the defect's name. It is only named here: whoever completes it has the error.
template <class K>
constexpr auto verdict() {
  constexpr finding f = find_defect<K>();
  constexpr auto state = static_cast<typename K::state>(f.state);
  constexpr auto timer = static_cast<typename K::timer>(f.trigger);
  constexpr auto on = trigger_at<K, f.trigger>();
  using std::type_identity;
  using enum defect;
  if constexpr (f.what == none)
    return type_identity<nothing_wrong>{};
  else if constexpr (f.what == timer_unbounded)
    return type_identity<timer_without_a_bound<timer>>{};
  else if constexpr (f.what == row_from_nowhere)
    return type_identity<row_that_no_state_has<f.row, on>>{};
  else if constexpr (f.what == row_from_terminal)
    return type_identity<row_out_of_a_terminal_state<state, on>>{};
  else if constexpr (f.what == row_refuses_badly)
    return type_identity<refusal_that_does_something<f.row, on>>{};
  else if constexpr (f.what == row_undecided)
    return type_identity<row_without_a_reason_or_choice<f.row, on>>{};
  else if constexpr (f.what == row_two_words)
    return type_identity<row_with_two_words_for_a_timer<f.row, on>>{};
  else if constexpr (f.what == ambiguous)
    return type_identity<rows_without_distinct_guards<state, on, f.row>>{};
  else if constexpr (f.what == expiry_undecided)
    return type_identity<expiry_that_no_row_may_take<state, on>>{};
  else if constexpr (f.what == unreachable)
    return type_identity<state_that_nothing_reaches<state>>{};
  else if constexpr (f.what == no_way_out)
    return type_identity<state_without_a_way_out<state>>{};
  else if constexpr (f.what == timer_lost)
    return type_identity<timer_that_a_row_loses<state, timer, f.row>>{};
  else
    return type_identity<timer_that_no_row_hears<state, timer, f.row>>{};
}

}  // namespace detail

/// Complete only for a table that may run: sizeof(checked<K>). For any other this does not compile,
/// and the one error names the state, the event or timer, and the row (its place in the table, from
/// 0; one past the last is the start).
template <class K>
struct checked : decltype(detail::verdict<K>())::type {};

}  // namespace hawser::governor

// Runs the table of a kind as a machine.
#pragma once

#include <hawser/core/receipt/cbor.hpp>
#include <hawser/governor/check.hpp>

#include <algorithm>
#include <bit>
#include <limits>

namespace hawser::governor {

/// The most that the encoded metadata of one step may take, its context included. A receipt holds a
/// reference to a document, never the document.
inline constexpr std::size_t max_metadata = 4096;

namespace detail {

enum class slot_state : std::uint8_t { off, armed, frozen };

/// A timer of one governor: armed until `time`, or frozen with `time` remaining.
struct timer_slot {
  slot_state how = slot_state::off;
  wall_ms time = 0;
};

/// A sum that stops at the ends of the range: no clock, however wrong, may overflow a deadline.
constexpr wall_ms later(wall_ms t, wall_ms by) noexcept {
  wall_ms sum = 0;
  if (!__builtin_add_overflow(t, by, &sum)) return sum;
  return by > 0 ? std::numeric_limits<wall_ms>::max() : std::numeric_limits<wall_ms>::min();
}
constexpr wall_ms until(wall_ms deadline, wall_ms now) noexcept {
  wall_ms left = 0;
  if (__builtin_sub_overflow(deadline, now, &left)) return deadline > now ? later(0, deadline) : 0;
  return left > 0 ? left : 0;
}

outcome invalid_event(std::string_view state, std::string_view event, bool known);

/// Adds the context of the event to the metadata of its last step. One that is not UTF-8 or does
/// not fit is left out, and the detail says so: {context: "dropped: ..."}. False if the step must
/// be refused for its own metadata: `metadata_too_big {size, most}`.
bool seal(const event& e, outcome& out);

/// The place of a name in a list; its size if it is not there.
template <class Names>
constexpr std::size_t place(const Names& names, std::string_view name) {
  std::size_t i = 0;
  const auto name_of = [](const auto& n) -> std::string_view {
    if constexpr (requires { n.name; }) {
      return n.name;
    } else {
      return n;
    }
  };
  while (i < names.size() && name_of(names[i]) != name) ++i;
  return i;
}

}  // namespace detail

/// A governor of kind K. It answers `get_state` and the kind's own queries without a step, at any
/// time; `invalid_event {state, event, known}` to what its state does not list; the errors of
/// arguments::read and detail::seal; and what its rows say. Whatever it refuses without a step has
/// changed nothing. The first event that leaves a step is preceded by the step of the start.
///
/// The caller fires what is due before it applies an event, so that the event meets the state that
/// its time calls for. Not thread-safe; no call throws but for lack of memory, and then nothing
/// changed.
template <class K>
class engine final : public machine {
  using table = layout<K>;
  using state_type = typename K::state;

  static_assert(sizeof(checked<K>) > 0);
  static_assert(std::has_single_bit(table::start.to.set.bits), "the start leads to one state");

 public:
  static std::unique_ptr<machine> create() { return std::make_unique<engine>(); }
  static result<std::unique_ptr<machine>> restore(const snapshot& s);

  std::string_view state() const noexcept override {
    return live_.started ? name_of(live_.at) : std::string_view{};
  }
  bool terminal() const noexcept override { return live_.started && is_terminal(live_.at); }

  outcome apply(const event& e, wall_ms now) override;
  std::optional<outcome> fire(wall_ms now) override;

  std::optional<wall_ms> next_deadline() const noexcept override {
    const std::size_t t = earliest();
    if (t == table::timers) return std::nullopt;
    return live_.timers[t].time;
  }

  void shift(wall_ms by) noexcept override {
    for (auto& slot : live_.timers) {
      if (slot.how == detail::slot_state::armed) slot.time = detail::later(slot.time, by);
    }
    if constexpr (requires { live_.data.shift(by); }) live_.data.shift(by);
  }

  snapshot save() const override;

 private:
  struct live {
    bool started = false;
    state_type at = initial;
    typename K::data data{};
    std::array<detail::timer_slot, table::timers> timers{};
  };

  static constexpr auto initial =
      static_cast<state_type>(std::countr_zero(table::start.to.set.bits));
  static constexpr bool has_absolute_times = [] {
    for (const auto& r : table::rows) {
      for (const auto& op : r.timers) {
        if (op.act == timer_act::arm_at) return true;
      }
    }
    return false;
  }();
  static_assert(
      !has_absolute_times || requires(typename K::data & d) { d.shift(wall_ms{}); },
      "a kind that uses arm_at needs data::shift, or a set clock would tear them apart");

  static std::string_view name_of(state_type s) { return K::states[static_cast<std::size_t>(s)]; }
  static bool is_terminal(state_type s) { return K::terminal.has(static_cast<std::size_t>(s)); }

  std::optional<outcome> ask(const event& e) const;
  static const row<K>* choose(const live& l, std::size_t trigger, const input<K>& in);
  static bool take(const row<K>& r, live& l, const arguments& args, wall_ms now,
                   std::string_view event, outcome& out);
  static void set(const timer_op<typename K::timer, typename K::data>& op, live& l, wall_ms now);
  static bool read_timers(const snapshot& s, live& l);

  // Of several with one deadline the first in K::timers.
  std::size_t earliest() const noexcept {
    std::size_t best = table::timers;
    for (std::size_t t = 0; t < table::timers; ++t) {
      if (live_.timers[t].how != detail::slot_state::armed) continue;
      if (best == table::timers || live_.timers[t].time < live_.timers[best].time) best = t;
    }
    return best;
  }

  live live_;
};

/// How the edge makes governors of kind K.
template <class K>
inline constexpr kind kind_of{K::name, &engine<K>::create, &engine<K>::restore};

template <class K>
outcome engine<K>::apply(const event& e, wall_ms now) {
  if (auto answered = ask(e)) return *std::move(answered);
  const std::size_t trigger = detail::place(K::events, e.name);
  const bool known = trigger < table::events;
  if (!known || table::index.size(static_cast<std::size_t>(live_.at), trigger) == 0) {
    return detail::invalid_event(state(), e.name, known);
  }
  outcome out;
  arguments args;
  if (!args.read(K::events[trigger], e.params, out)) return out;

  live next = live_;
  if (!next.started) take(table::start, next, args, now, "start", out);
  const row<K>* r = choose(next, trigger, {args, next.at, now});
  if (!r) return detail::invalid_event(state(), e.name, known);
  if (!take(*r, next, args, now, e.name, out) || !detail::seal(e, out)) {
    out.steps.clear();
    return out;
  }
  live_ = std::move(next);
  return out;
}

template <class K>
std::optional<outcome> engine<K>::fire(wall_ms now) {
  const std::size_t t = earliest();
  if (t == table::timers || live_.timers[t].time > now) return std::nullopt;
  outcome out;
  live next = live_;
  next.timers[t] = {};
  const arguments none;
  const row<K>* r = choose(next, table::events + t, {none, next.at, now});
  assert(r && "checked: a timer runs only where a row without a guard hears it");
  take(*r, next, none, now, K::timers[t].name, out);
  live_ = std::move(next);
  return out;
}

template <class K>
std::optional<outcome> engine<K>::ask(const event& e) const {
  const std::size_t q = detail::place(K::queries, e.name);
  const bool own = q < K::queries.size();
  if (!own && e.name != "get_state") return std::nullopt;
  outcome out;
  if (!arguments().read(event_spec(e.name), e.params, out)) return out;
  if (!own) {
    out.answer = "state";
    out.detail = {{"state", std::string(state())}};
    return out;
  }
  out.error = K::queries[q].ask(live_.data, live_.at, out.detail);
  if (out.error.empty()) out.answer = K::queries[q].answer;
  return out;
}

template <class K>
const row<K>* engine<K>::choose(const live& l, std::size_t trigger, const input<K>& in) {
  const auto at = static_cast<std::size_t>(l.at);
  for (std::size_t n = 0; n < table::index.size(at, trigger); ++n) {
    const row<K>& r = table::rows[table::index.at(at, trigger, n)];
    if (!r.when.given || r.when.holds(l.data, in)) return &r;
  }
  return nullptr;
}

template <class K>
bool engine<K>::take(const row<K>& r, live& l, const arguments& args, wall_ms now,
                     std::string_view event, outcome& out) {
  turn<K> t{{args, l.at, now}};
  if (r.act.given) r.act.run(l.data, t);
  out.answer = r.answer;
  out.error = r.error;
  out.detail = std::move(t.detail);
  if (r.to.refuses) return false;

  if (!t.to) {
    assert((r.to.stays || std::has_single_bit(r.to.set.bits)) && "the action must choose a state");
    t.to = r.to.stays ? l.at : static_cast<state_type>(std::countr_zero(r.to.set.bits));
  }
  assert((r.to.stays ? *t.to == l.at : r.to.set.has(static_cast<std::size_t>(*t.to))) &&
         "the action chose a state that its row does not list");
  for (const auto& op : r.timers) set(op, l, now);
  if (is_terminal(*t.to)) l.timers = {};
  out.steps.push_back({.from = std::string(l.started ? name_of(l.at) : ""),
                       .to = std::string(name_of(*t.to)),
                       .event = std::string(event),
                       .reason = r.reason.empty() ? std::move(t.reason) : std::string(r.reason),
                       .metadata = std::move(t.metadata)});
  l.at = *t.to;
  l.started = true;
  return true;
}

template <class K>
void engine<K>::set(const timer_op<typename K::timer, typename K::data>& op, live& l, wall_ms now) {
  using enum detail::slot_state;
  const auto which = static_cast<std::size_t>(op.which);
  detail::timer_slot& slot = l.timers[which];
  const wall_ms bound = K::timers[which].bound.count();
  switch (op.act) {
    case timer_act::keep:
      assert(slot.how == armed && "the row says that the timer runs");
      break;
    case timer_act::arm:
      slot = {armed, detail::later(now, op.after)};
      break;
    case timer_act::arm_by: {
      const wall_ms after = (l.data.*op.after_by)();
      assert(after >= 0 && after <= bound);
      slot = {armed, detail::later(now, std::clamp<wall_ms>(after, 0, bound))};
      break;
    }
    case timer_act::arm_at:
      // A deadline that lies too far ahead was computed with a clock that was wrong.
      slot = {armed, std::min(l.data.*op.deadline, detail::later(now, bound))};
      break;
    case timer_act::freeze:
      if (slot.how == armed) slot = {frozen, std::min(detail::until(slot.time, now), bound)};
      break;
    case timer_act::thaw:
      assert(slot.how != off && "the row says that the timer is frozen");
      if (slot.how == frozen) slot = {armed, detail::later(now, slot.time)};
      break;
    case timer_act::cancel:
    case timer_act::without:
      slot = {};
      break;
  }
}

template <class K>
snapshot engine<K>::save() const {
  snapshot s;
  if (!live_.started) return s;
  s.state = state();
  cbor_writer out(s.data);
  live_.data.write(out);
  for (std::size_t t = 0; t < table::timers; ++t) {
    const auto& slot = live_.timers[t];
    if (slot.how == detail::slot_state::off) continue;
    timer_state saved{.name = std::string(K::timers[t].name)};
    saved.frozen = slot.how == detail::slot_state::frozen;
    (saved.frozen ? saved.remaining : saved.deadline) = slot.time;
    s.timers.push_back(std::move(saved));
  }
  return s;
}

template <class K>
result<std::unique_ptr<machine>> engine<K>::restore(const snapshot& s) {
  auto made = std::make_unique<engine>();
  live& l = made->live_;
  if (s.state.empty()) {
    if (!s.data.empty() || !s.timers.empty()) return store_errc::corrupt;
    return std::unique_ptr<machine>(std::move(made));
  }
  const std::size_t at = detail::place(K::states, s.state);
  if (at == table::states) return store_errc::corrupt;
  l.started = true;
  l.at = static_cast<state_type>(at);
  cbor_reader in(s.data);
  if (!l.data.read(in) || !in.finish() || !l.data.valid_in(l.at)) return store_errc::corrupt;
  if (!read_timers(s, l)) return store_errc::corrupt;
  return std::unique_ptr<machine>(std::move(made));
}

// Accepts only what a run of this table can have stored: a governor without the timer that its
// state waits for would wait for ever.
template <class K>
bool engine<K>::read_timers(const snapshot& s, live& l) {
  using enum detail::slot_state;
  for (const timer_state& saved : s.timers) {
    const std::size_t t = detail::place(K::timers, saved.name);
    if (t == table::timers || l.timers[t].how != off) return false;
    if ((saved.frozen ? saved.deadline : saved.remaining) != 0) return false;
    if (saved.remaining < 0 || saved.remaining > K::timers[t].bound.count()) return false;
    l.timers[t] = saved.frozen ? detail::timer_slot{frozen, saved.remaining}
                               : detail::timer_slot{armed, saved.deadline};
  }
  const bool ended = is_terminal(l.at);
  for (std::size_t t = 0; t < table::timers; ++t) {
    const unsigned known = detail::analysis_of<K>.timers[static_cast<std::size_t>(l.at)][t];
    unsigned may_be = detail::timer_off;
    if (!ended) may_be = known | ((known & detail::timer_excused) != 0 ? detail::timer_off : 0u);
    const unsigned is = l.timers[t].how == off     ? detail::timer_off
                        : l.timers[t].how == armed ? detail::timer_armed
                                                   : detail::timer_frozen;
    if ((may_be & is) == 0) return false;
  }
  return true;
}

}  // namespace hawser::governor

// A kind made up to use everything that the engine can do: a parcel locker.
#pragma once

#include <hawser/governor/runtime.hpp>

#include "support/noon.hpp"

namespace hawser::test {

using namespace governor;

using std::chrono_literals::operator""h;

inline constexpr wall_ms hour = 3'600'000;

struct locker {
  enum class state : std::uint8_t { empty, full, jammed, inspected, gone };
  enum class event : std::uint8_t { store, take, inspect, extend, jam, move_on, scrap };
  enum class timer : std::uint8_t { fee, remind, expire };

  struct data {
    std::int64_t size = 0;
    wall_ms due = 0;
    std::int64_t reminders = 0;

    wall_ms patience() const { return size * hour; }
    void shift(wall_ms by) { due += by; }
    void write(cbor_writer& out) const {
      out.array(3).signed_int(size).signed_int(due).signed_int(reminders);
    }
    bool read(cbor_reader& in) {
      const auto items = in.array();
      if (!items || *items != 3) return false;
      for (std::int64_t* v : {&size, &due, &reminders}) {
        const auto read_one = in.signed_int();
        if (!read_one) return false;
        *v = *read_one;
      }
      return true;
    }
    bool valid_in(state) const { return size >= 0; }
  };

  static constexpr std::string_view name = "locker";
  static constexpr auto states =
      std::to_array<std::string_view>({"empty", "full", "jammed", "inspected", "gone"});
  static constexpr auto terminal = in(state::gone);
  static constexpr auto timers =
      std::to_array<timer_spec>({{"fee", 48h}, {"remind", 10h}, {"expire", 100h}});
  static constexpr auto events = std::to_array<event_spec>({
      event_spec("store", integer("size", 1, 9, "bad_size")),
      event_spec("take"),
      event_spec("inspect"),
      event_spec("extend", integer("hours", 0, 1000, "bad_hours")),
      event_spec("jam", text("reason", 5000, "bad_reason")),
      event_spec("move_on", integer("where", 0, 1, "bad_where")),
      event_spec("scrap"),
  });

  static bool is_big(const data&, const input<locker>& i) { return i.args.number("size") > 5; }
  static bool is_patient(const data& d, const input<locker>&) { return d.reminders < 2; }
  static bool is_never(const data&, const input<locker>&) { return false; }

  static void fill(data& d, turn<locker>& t) {
    d.size = t.args.number("size");
    d.due = t.now + 50 * hour;
    d.reminders = 0;
  }
  static void remember_reminder(data& d, turn<locker>&) { ++d.reminders; }
  static void extend(data& d, turn<locker>& t) { d.due += t.args.number("hours") * hour; }
  static void give_reason(data& d, turn<locker>& t) {
    d.size = 1;
    t.reason = t.args.text("reason").substr(0, 10);
    t.metadata = {{"reason", std::string(t.args.text("reason"))}};
  }
  static void pick(data&, turn<locker>& t) {
    t.to = t.args.number("where") == 0 ? state::empty : state::inspected;
  }
  static void scribble(data& d, turn<locker>& t) {
    d.size = 99;
    t.detail = {{"at", t.now}};
  }

  static constexpr std::array<query<locker>, 0> queries{};
  static constexpr row<locker> start() { return {.to = state::empty, .reason = "built"}; }
  static constexpr auto table() {
    using enum state;
    using enum timer;
    using on = event;
    return std::to_array<row<locker>>({
        {.from = empty,
         .on = on::store,
         .when = {"big", is_big},
         .act = scribble,
         .to = refused,
         .error = "too_big"},
        {.from = empty,
         .on = on::store,
         .act = fill,
         .to = full,
         .reason = "stored",
         .timers = {arm(fee, 24h), arm(remind, &data::patience), arm_at(expire, &data::due)},
         .answer = "stored"},
        {.from = full, .on = fee, .to = stay, .reason = "fee_due", .timers = {arm(fee, 24h)}},
        {.from = full,
         .on = remind,
         .when = {"patient", is_patient},
         .act = remember_reminder,
         .to = stay,
         .reason = "reminded",
         .timers = {arm(remind, &data::patience)}},
        {.from = full,
         .on = remind,
         .to = stay,
         .reason = "last_reminder",
         .timers = {without(remind)}},
        {.from = full,
         .on = expire,
         .to = empty,
         .reason = "expired",
         .timers = {cancel(fee), cancel(remind)}},
        {.from = full,
         .on = on::extend,
         .act = extend,
         .to = stay,
         .reason = "extended",
         .timers = {arm_at(expire, &data::due)}},
        {.from = full,
         .on = on::take,
         .to = empty,
         .reason = "taken",
         .timers = {cancel(fee), cancel(remind), cancel(expire)}},
        {.from = in(empty, full),
         .on = on::jam,
         .act = give_reason,
         .to = jammed,
         .timers = {freeze(fee), freeze(remind), cancel(expire)}},
        {.from = jammed,
         .on = on::move_on,
         .act = pick,
         .to = in(empty, inspected),
         .reason = "moved_on"},
        {.from = empty,
         .on = on::inspect,
         .when = {"never", is_never},
         .to = inspected,
         .reason = "inspected"},
        {.from = every_open, .on = on::scrap, .to = gone, .reason = "scrapped"},
    });
  }
};

}  // namespace hawser::test

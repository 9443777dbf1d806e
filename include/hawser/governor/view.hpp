// Makes the printable view of a kind's table.
#pragma once

#include <hawser/governor/print.hpp>
#include <hawser/governor/table.hpp>

namespace hawser::governor {

constexpr std::string_view to_string(timer_act a) noexcept {
  constexpr auto words = std::to_array<std::string_view>(
      {"keep", "arm", "arm", "arm_at", "freeze", "thaw", "cancel", "without"});
  return words[static_cast<std::size_t>(a)];
}

template <class K>
table_view view_of() {
  using table = layout<K>;
  const auto names = [](std::uint32_t set) {
    std::vector<std::string_view> out;
    for (std::size_t s = 0; s < table::states; ++s) {
      if ((set >> s & 1) != 0) out.push_back(K::states[s]);
    }
    return out;
  };
  const auto view = [&](const row<K>& r, std::uint32_t from) {
    table_view::row v{.from = names(from),
                      .to = names(r.to.refuses ? 0
                                  : r.to.stays ? from
                                               : r.to.set.bits),
                      .stays = r.to.stays,
                      .is_timer = r.on.is_timer,
                      .event = {},
                      .guard = r.when.name,
                      .reason = r.reason,
                      .answer = r.answer,
                      .error = r.error,
                      .timers = {}};
    if (from == 0) {
      v.event = "start";
    } else if constexpr (table::timers > 0) {
      v.event = r.on.is_timer ? K::timers[r.on.index].name : K::events[r.on.index].name;
    } else {
      v.event = K::events[r.on.index].name;
    }
    for (const auto& op : r.timers) {
      v.timers.push_back(std::string(to_string(op.act)) + ' ' +
                         std::string(K::timers[static_cast<std::size_t>(op.which)].name));
    }
    return v;
  };
  table_view out{.name = K::name, .states = {}, .terminal = names(K::terminal.bits), .rows = {}};
  out.states.assign(K::states.begin(), K::states.end());
  out.rows.push_back(view(table::start, 0));
  for (const auto& r : table::rows) out.rows.push_back(view(r, table::from_of(r)));
  return out;
}

}  // namespace hawser::governor

// expect: rows_without_distinct_guards<door::state::open, door::event::push, 1>
#include "door.hpp"

struct tried : door {
  static bool is_windy(const data&, const input<tried>&) { return true; }
  static constexpr row<tried> start() { return {.to = state::open, .reason = "hung"}; }
  static constexpr auto table() {
    return std::to_array<row<tried>>({
        {.from = state::open,
         .on = event::push,
         .when = {"windy", is_windy},
         .to = state::shut,
         .reason = "pushed",
         .timers = {arm(timer::close, 1h)}},
        {.from = state::open,
         .on = event::push,
         .when = {"stormy", is_windy},
         .to = state::gone,
         .reason = "broken"},
        {.from = state::shut, .on = timer::close, .to = state::gone, .reason = "closed"},
        {.from = every_open, .on = event::remove, .to = state::gone, .reason = "removed"},
    });
  }
};

int main() { return kind_of<tried>.name.empty(); }

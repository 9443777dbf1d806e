// expect: rows_without_distinct_guards<door::state::open, door::event::push, 3>
#include "door.hpp"

struct tried : door {
  static constexpr row<tried> start() { return {.to = state::open, .reason = "hung"}; }
  static constexpr auto table() {
    return std::to_array<row<tried>>({
        {.from = state::open,
         .on = event::push,
         .to = state::shut,
         .reason = "pushed",
         .timers = {arm(timer::close, 1h)}},
        {.from = state::shut, .on = timer::close, .to = state::gone, .reason = "closed"},
        {.from = every_open, .on = event::remove, .to = state::gone, .reason = "removed"},
        {.from = state::open, .on = event::push, .to = state::gone, .reason = "broken"},
    });
  }
};

int main() { return kind_of<tried>.name.empty(); }

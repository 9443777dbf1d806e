// expect: row_out_of_a_terminal_state<door::state::gone, door::event::push>
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
        {.from = state::gone, .on = event::push, .to = state::open, .reason = "risen"},
    });
  }
};

int main() { return kind_of<tried>.name.empty(); }

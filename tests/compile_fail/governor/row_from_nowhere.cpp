// expect: row_that_no_state_has<1, door::event::remove>
#include "door.hpp"

struct tried : door {
  static constexpr row<tried> start() { return {.to = state::open, .reason = "hung"}; }
  static constexpr auto table() {
    return std::to_array<row<tried>>({
        {.from = every_open, .on = event::remove, .to = state::gone, .reason = "removed"},
        {.on = event::remove, .to = state::gone, .reason = "removed twice"},
        {.from = state::open,
         .on = event::push,
         .to = state::shut,
         .reason = "pushed",
         .timers = {arm(timer::close, 1h)}},
        {.from = state::shut, .on = timer::close, .to = state::gone, .reason = "closed"},
    });
  }
};

int main() { return kind_of<tried>.name.empty(); }

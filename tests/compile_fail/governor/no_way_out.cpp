// expect: state_without_a_way_out<door::state::shut>
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
        {.from = state::shut,
         .on = timer::close,
         .to = stay,
         .reason = "stuck",
         .timers = {arm(timer::close, 1h)}},
        {.from = state::open, .on = event::remove, .to = state::gone, .reason = "removed"},
    });
  }
};

int main() { return kind_of<tried>.name.empty(); }

// expect: timer_without_a_bound<door::timer::close>
#include "door.hpp"

struct tried : door {
  static constexpr row<tried> start() {
    return {.to = state::open, .reason = "hung", .timers = {arm(timer::close, 3h)}};
  }
  static constexpr auto table() {
    return std::to_array<row<tried>>({
        {.from = state::open,
         .on = event::push,
         .to = state::shut,
         .reason = "pushed",
         .timers = {arm(timer::close, 1h)}},
        {.from = state::shut, .on = timer::close, .to = state::gone, .reason = "closed"},
        {.from = every_open, .on = event::remove, .to = state::gone, .reason = "removed"},
        {.from = state::open, .on = timer::close, .to = state::gone, .reason = "rotten"},
    });
  }
};

int main() { return kind_of<tried>.name.empty(); }

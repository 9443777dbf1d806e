// expect: needs data::shift
#include "door.hpp"

struct tried : door {
  struct data : door::data {
    hawser::wall_ms due = 0;
  };
  static constexpr row<tried> start() { return {.to = state::open, .reason = "hung"}; }
  static constexpr auto table() {
    return std::to_array<row<tried>>({
        {.from = state::open,
         .on = event::push,
         .to = state::shut,
         .reason = "pushed",
         .timers = {arm_at(timer::close, &data::due)}},
        {.from = state::shut, .on = timer::close, .to = state::gone, .reason = "closed"},
        {.from = every_open, .on = event::remove, .to = state::gone, .reason = "removed"},
    });
  }
};

int main() { return kind_of<tried>.name.empty(); }

// expect: state_that_nothing_reaches<door::state::shut>
#include "door.hpp"

struct tried : door {
  static constexpr row<tried> start() { return {.to = state::open, .reason = "hung"}; }
  static constexpr auto table() {
    return std::to_array<row<tried>>({
        {.from = state::shut, .on = timer::close, .to = state::gone, .reason = "closed"},
        {.from = every_open, .on = event::remove, .to = state::gone, .reason = "removed"},
    });
  }
};

int main() { return kind_of<tried>.name.empty(); }

// expect: row_with_two_words_for_a_timer<0, door::event::push>
#include "door.hpp"

struct tried : door {
  static constexpr row<tried> start() { return {.to = state::open, .reason = "hung"}; }
  static constexpr auto table() {
    return std::to_array<row<tried>>({
        {.from = state::open,
         .on = event::push,
         .to = state::shut,
         .reason = "pushed",
         .timers = {arm(timer::close, 1h), cancel(timer::close)}},
        {.from = state::shut, .on = timer::close, .to = state::gone, .reason = "closed"},
        {.from = every_open, .on = event::remove, .to = state::gone, .reason = "removed"},
    });
  }
};

int main() { return kind_of<tried>.name.empty(); }

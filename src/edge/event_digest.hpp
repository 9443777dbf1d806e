// What an event says, in 32 bytes: equal for events that say the same.
#pragma once

#include <hawser/core/hash.hpp>
#include <hawser/governor/types.hpp>

namespace hawser {

/// Of the event's name, parameters and context, by their decoded values: the order of parameters
/// and of the members of an object does not count, nor how a text is escaped or a number is written
/// (1000 is 1e3 is 1000.0). A context that is not JSON counts byte by byte.
digest event_digest(hasher& h, const governor::event& e);

}  // namespace hawser

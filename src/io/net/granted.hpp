// What on_authenticate adds to an upgrade request.
#pragma once

#include <hawser/hook_argument.hpp>

#include <vector>

namespace hawser::io {

/// What `now` has and `before` had not, as handshake::granted tells it: header fields; of the
/// target its parameters, by their names, and its segments, without one; subprotocols, without one.
std::vector<header> added_to(const handshake& before, const handshake& now);

}  // namespace hawser::io

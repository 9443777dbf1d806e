// Boost.Beast's WebSocket stream as the oracle: the one place that knows Beast is its .cpp.
#pragma once

#include <hawser/core/ws/frame.hpp>

#include "support/transcript.hpp"

#include <string_view>

namespace hawser::test {

/// What a Beast endpoint of role `self` makes of `wire`, in memory, after a handshake.
transcript beast_reads(role self, std::string_view wire, std::size_t max_message);

}  // namespace hawser::test

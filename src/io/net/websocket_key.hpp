// Sec-WebSocket-Key and what answers it (RFC 6455 section 4).
#pragma once

#include <hawser/core/ws/mask.hpp>

#include <string>
#include <string_view>

namespace hawser::io {

/// base64(16 random octets) (4.1), and the value that answers it (4.2.2).
std::string make_websocket_key(entropy& random);
std::string accept_for(std::string_view key);

}  // namespace hawser::io

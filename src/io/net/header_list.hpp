// The lists in the headers of the opening handshake (RFC 6455 sections 4.3 and 9.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::io {

/// 1#token; nullopt: it is not, it is empty, or it has more than 256.
std::optional<std::vector<std::string>> read_tokens(std::string_view list);

/// Whether it is 1#extension, with every parameter a token or a quoted token.
bool is_extension_list(std::string_view list);

}  // namespace hawser::io

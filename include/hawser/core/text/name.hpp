// What a name may be: of a device, a governor, an event, a key.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/core/text/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace hawser {

/// Every message that carries it keeps its bounds, and every line that shows it stays one line: 1
/// to `most` bytes of UTF-8 without control characters.
inline bool is_name(std::string_view s, std::size_t most) noexcept {
  return !s.empty() && s.size() <= most && valid_utf8(as_bytes(s)) &&
         std::none_of(s.begin(), s.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace hawser

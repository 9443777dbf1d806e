// What a device may be called and how many streams it may have: edge and cloud hold to the same.
#pragma once

#include <hawser/core/text/name.hpp>

#include <cstddef>
#include <string_view>

namespace hawser {

/// In bytes: what one text of the wire may have (wire::decode_limits).
inline constexpr std::size_t max_device_name = 1024;

/// Streams of one device, at its edge and on each of its links.
inline constexpr std::size_t max_device_streams = 100'000;

/// Whether a device may be called so: 1 to 1024 bytes of UTF-8 without control characters.
inline bool valid_device_name(std::string_view name) noexcept {
  return is_name(name, max_device_name);
}

}  // namespace hawser

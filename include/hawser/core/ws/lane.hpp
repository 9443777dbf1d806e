// In which order what waits is sent.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hawser {

/// How the library's messages are classed. Lanes are served in this order.
enum class lane : std::uint8_t { control, governor, receipts, bulk };
inline constexpr std::size_t lane_count = 4;

/// Messages that wait to be written, and the bytes of their payloads.
struct lane_load {
  std::size_t messages = 0;
  std::size_t bytes = 0;
};

}  // namespace hawser

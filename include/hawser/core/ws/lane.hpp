// In which order what waits is sent.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hawser {

/// How the library's messages are classed. Lanes are served in this order.
enum class lane : std::uint8_t { control, governor, receipts, bulk };
inline constexpr std::size_t lane_count = 4;

}  // namespace hawser

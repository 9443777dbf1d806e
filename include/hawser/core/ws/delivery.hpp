// What is known of a message that was taken to be sent.
#pragma once

#include <cstdint>
#include <string_view>

namespace hawser {

/// What is known of a message that was taken to be sent.
enum class delivery : std::uint8_t {
  never_sent,  ///< no byte of it left
  maybe_sent,  ///< it left; whether it arrived is unknown
  acked,       ///< the peer said that it has it
};

constexpr std::string_view to_string(delivery f) noexcept {
  switch (f) {
    case delivery::never_sent:
      return "never_sent";
    case delivery::maybe_sent:
      return "maybe_sent";
    case delivery::acked:
      return "acked";
  }
  return "?";
}

}  // namespace hawser

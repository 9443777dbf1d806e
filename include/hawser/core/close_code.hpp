// The codes that a link is closed with, and what they say.
#pragma once

#include <hawser/error.hpp>

#include <cstdint>
#include <optional>

namespace hawser {

/// RFC 6455 section 7.4.1 and the IANA registry. Any other value of 3000-4999 is an application's.
enum class close_code : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  no_status = 1005,  ///< never on the wire: the Close frame was empty
  abnormal = 1006,   ///< never on the wire: there was no Close frame
  bad_payload = 1007,
  policy_violation = 1008,
  too_big = 1009,
  missing_extension = 1010,
  internal_error = 1011,
  service_restart = 1012,
  try_again_later = 1013,
  bad_gateway = 1014,
};

/// Whether a Close frame may carry this code (7.4.1, 7.4.2).
constexpr bool valid_on_wire(std::uint16_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

/// Whether a Close with this code is an orderly end: 1000, or none at all (1005), which is what
/// `ws.close()` of a browser or of Node sends.
constexpr bool orderly(close_code code) noexcept {
  return code == close_code::normal || code == close_code::no_status;
}

/// Whether a link ended in order: the closing handshake was completed, and one side's Close was
/// orderly. `own` is failure::own_close.
inline bool ended_in_order(const error_code& ec, close_code peers,
                           std::optional<close_code> own) noexcept {
  return ec == errc::closed && (orderly(peers) || (own && orderly(*own)));
}

/// The code that a link is closed with for this error of ours: 1002 if its kind has none of its
/// own.
close_code close_code_for(const error_code& ec) noexcept;

}  // namespace hawser

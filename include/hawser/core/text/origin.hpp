// Where a browser's script comes from (RFC 6454), as it says so in a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hawser {

/// A scheme, a host and a port.
struct origin {
  std::string scheme;      ///< in small letters, as the host
  std::string host;        ///< an IPv6 address without brackets
  std::uint16_t port = 0;  ///< if none was given the scheme's own; 0: it has none

  bool operator==(const origin&) const = default;
};

/// Parses `scheme://host[:port]`. nullopt for all else: `null`, a list, a path behind it.
std::optional<origin> parse_origin(std::string_view text);

/// Whether a Host header names the host and the port of an origin. A port that the header leaves
/// out is that of the origin's scheme: a proxy may have taken TLS off.
bool is_same_host(const origin& o, std::string_view host_header);

}  // namespace hawser

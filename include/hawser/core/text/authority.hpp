// host[:port] (RFC 3986 section 3.2), as a URL, a Host header and an Origin have it.
#pragma once

#include <hawser/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hawser {

/// Who is meant, without user information.
struct authority {
  std::string host;                   ///< without the brackets of an IPv6 address; never empty
  std::string zone = {};              ///< of an IPv6 address (RFC 6874), decoded; empty: none
  std::optional<std::uint16_t> port;  ///< nullopt: none, or an empty one
};

/// Parses all of `text`: a name of unreserved characters, sub-delims and percent-encoded octets, an
/// IPv4 address, or an IPv6 address in brackets, with a zone as `%25eth0` or `%eth0`; then a port
/// of at most 65535, which may be empty. What is wrong with it otherwise.
result<authority, std::string_view> parse_authority(std::string_view text);

/// What RFC 3986 lets stand in a name, and with `extra` in a path or query: letters, digits and
/// marks as they are, every other octet percent-encoded.
bool is_uri_component(std::string_view s, std::string_view extra) noexcept;

/// ASCII letters as small ones; the rest as it is.
std::string to_lower(std::string_view s);

}  // namespace hawser

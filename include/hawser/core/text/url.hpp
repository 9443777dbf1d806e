// ws:// and wss:// addresses (RFC 6455 section 3).
#pragma once

#include <hawser/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace hawser {

/// A parsed address.
struct url {
  bool secure = false;
  std::string host;  ///< without the brackets and the zone of an IPv6 address
  std::uint16_t port = 80;
  std::string target;            ///< path and query, at least "/"
  std::string zone = {};         ///< of an IPv6 address: the name or number of an interface
  std::string unix_socket = {};  ///< path of a unix-domain socket to connect to; empty: none

  /// For the Host header: brackets around IPv6, the port unless it is the scheme's own. Without the
  /// zone, which has a meaning on this machine only (RFC 6874 section 1).
  std::string authority() const;
  /// What to look up: the host, with the zone behind a "%".
  std::string node() const;
};

/// Parses an absolute ws or wss URL, or what a listener on a unix-domain socket says of itself:
/// `unix:PATH`, `ws+unix:PATH` or `wss+unix:PATH` (the host is localhost then, the target "/").
/// errc::invalid_url for another scheme, a fragment (RFC 6455 section 3 forbids it), user
/// information, an empty or overlong host, a bad zone or port, or a byte outside printable ASCII;
/// the detail says which. An empty port is the scheme's own.
result<url, error_info> parse_url(std::string_view text);

/// The URL by which what listens there is dialed. `host` is a numeric address, an IPv6 one without
/// brackets and possibly with a zone behind "%".
std::string listening_url(bool secure, std::string_view host, std::uint16_t port);
/// The same for a path.
std::string listening_url(bool secure, std::string_view unix_socket);

}  // namespace hawser

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
  std::string host;  ///< without the brackets of an IPv6 address
  std::uint16_t port = 80;
  std::string target;  ///< path and query, at least "/"

  /// For the Host header: brackets around IPv6, the port unless it is the scheme's own.
  std::string authority() const;
};

/// Parses an absolute ws or wss URL. errc::invalid_url for another scheme, a fragment (RFC 6455
/// section 3 forbids it), user information, an empty or overlong host, a bad port, or a byte
/// outside printable ASCII; `complaint` says which.
result<url> parse_url(std::string_view text, std::string& complaint);

}  // namespace hawser

#include "cli/units.hpp"

#include "cli/commands.hpp"

#include <arpa/inet.h>
#include <charconv>

namespace hawser::cli {

duration parse_duration(const std::string& text, const std::string& option) {
  std::int64_t n = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
  const std::string unit(r.ptr, text.data() + text.size());
  constexpr std::int64_t most = 1'000'000;
  if (r.ec == std::errc{} && n >= 0 && n <= most) {
    if (unit == "ms") return std::chrono::milliseconds(n);
    if (unit == "s") return std::chrono::seconds(n);
    if (unit == "m") return std::chrono::minutes(n);
    if (unit == "h") return std::chrono::hours(n);
  }
  throw usage_error(option + ": '" + text + "' is not a duration such as 250ms, 30s, 5m or 2h");
}

host_port parse_host_port(const std::string& text, const std::string& option) {
  const auto colon = text.rfind(':');
  unsigned port = 0;
  if (colon != std::string::npos && colon > 0) {
    const char* end = text.data() + text.size();
    const auto r = std::from_chars(text.data() + colon + 1, end, port);
    std::string host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    const std::string bare = host.substr(0, host.find('%'));  // without an IPv6 zone
    in6_addr parsed;
    const bool numeric = ::inet_pton(AF_INET, bare.c_str(), &parsed) == 1 ||
                         ::inet_pton(AF_INET6, bare.c_str(), &parsed) == 1;
    if (numeric && r.ec == std::errc{} && r.ptr == end && port <= 65535) {
      return {host, static_cast<std::uint16_t>(port)};
    }
  }
  throw usage_error(option + ": '" + text + "' is not an address such as 127.0.0.1:8080");
}

}  // namespace hawser::cli

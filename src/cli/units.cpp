#include "cli/units.hpp"

#include <hawser/core/text/authority.hpp>

#include "cli/commands.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <string_view>

namespace hawser::cli {

namespace {

// All of the text, a number of at most 9 digits.
bool read_number(std::string_view text, std::uint64_t& to) {
  const auto r = std::from_chars(text.data(), text.data() + text.size(), to);
  return r.ec == std::errc{} && r.ptr == text.data() + text.size() && text.size() <= 9;
}

bool read_size(std::string_view text, std::uint64_t& to) {
  constexpr std::string_view units = "kMG";
  const auto unit = text.empty() ? std::string_view::npos : units.find(text.back());
  if (unit != std::string_view::npos) text.remove_suffix(1);
  if (!read_number(text, to)) return false;
  if (unit != std::string_view::npos) to <<= 10 * (unit + 1);
  return true;
}

}  // namespace

rotating_file parse_rotating_file(const std::string& text, const std::string& option) {
  rotating_file f;
  const auto first = text.find(',');
  f.path = text.substr(0, first);
  if (first == std::string::npos && !f.path.empty()) return f;
  const auto second = text.find(',', first + 1);
  std::uint64_t count = 0;
  if (f.path.empty() || second == std::string::npos ||
      !read_size(std::string_view(text).substr(first + 1, second - first - 1), f.max_bytes) ||
      !read_number(std::string_view(text).substr(second + 1), count)) {
    throw usage_error(option + ": '" + text +
                      "' is not PATH or PATH,SIZE,COUNT such as app.log,10M,5");
  }
  f.older = static_cast<std::size_t>(count);
  return f;
}

std::uint64_t parse_size(const std::string& text, const std::string& option) {
  std::uint64_t n = 0;
  if (read_size(text, n)) return n;
  throw usage_error(option + ": '" + text + "' is not a size such as 65536, 500k, 64M or 4G");
}

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
  if (text.starts_with('[')) {  // As in a URL, also with a zone.
    const auto a = parse_authority(text);
    if (a && a->port) return {a->zone.empty() ? a->host : a->host + '%' + a->zone, *a->port};
  }
  const auto colon = text.rfind(':');
  unsigned port = 0;
  if (colon != std::string::npos && colon > 0) {
    const char* end = text.data() + text.size();
    const auto r = std::from_chars(text.data() + colon + 1, end, port);
    const std::string host = text.substr(0, colon);
    const auto zone = host.find('%');
    in6_addr parsed;
    const bool numeric = ::inet_pton(AF_INET, host.c_str(), &parsed) == 1 ||
                         ::inet_pton(AF_INET6, host.substr(0, zone).c_str(), &parsed) == 1;
    if (numeric && r.ec == std::errc{} && r.ptr == end && port <= 65535) {
      return {host, static_cast<std::uint16_t>(port)};
    }
  }
  throw usage_error(option + ": '" + text + "' is not an address such as 127.0.0.1:8080");
}

}  // namespace hawser::cli

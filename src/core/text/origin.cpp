#include <hawser/core/text/authority.hpp>
#include <hawser/core/text/origin.hpp>

namespace hawser {
namespace {

std::uint16_t default_port(std::string_view scheme) noexcept {
  if (scheme == "http" || scheme == "ws") return 80;
  if (scheme == "https" || scheme == "wss") return 443;
  return 0;
}

// RFC 3986 section 3.1.
bool is_scheme(std::string_view s) noexcept {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view all = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
  return !s.empty() && letters.find(s.front()) != s.npos &&
         s.find_first_not_of(all) == std::string_view::npos;
}

// The host in small letters; nullopt if it is no host, or has a zone.
std::optional<authority> read_host(std::string_view text) {
  auto a = parse_authority(text);
  if (!a || !a->zone.empty()) return std::nullopt;
  a->host = to_lower(a->host);
  return std::move(*a);
}

}  // namespace

std::optional<origin> parse_origin(std::string_view text) {
  const auto end = text.find("://");
  if (end == std::string_view::npos) return std::nullopt;
  origin out;
  out.scheme = to_lower(text.substr(0, end));
  auto where = read_host(text.substr(end + 3));
  if (!is_scheme(out.scheme) || !where) return std::nullopt;
  out.host = std::move(where->host);
  out.port = where->port.value_or(default_port(out.scheme));
  return out;
}

bool is_same_host(const origin& o, std::string_view host_header) {
  const auto where = read_host(host_header);
  return where && where->host == o.host && where->port.value_or(default_port(o.scheme)) == o.port;
}

}  // namespace hawser

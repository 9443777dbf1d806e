#include <hawser/core/text/ascii.hpp>
#include <hawser/core/text/authority.hpp>

#include <algorithm>
#include <charconv>

namespace hawser {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdefABCDEF";

// 0 to `most`, in digits alone.
std::optional<unsigned> read_number(std::string_view s, unsigned most) noexcept {
  unsigned n = 0;
  const char* end = s.data() + s.size();
  const auto r = std::from_chars(s.data(), end, n);
  if (r.ec != std::errc{} || r.ptr != end || n > most) return std::nullopt;
  return n;
}

bool is_ipv4(std::string_view s) noexcept {
  for (int part = 0; part < 4; ++part) {
    const auto end = std::min(s.find('.'), s.size());
    const std::string_view octet = s.substr(0, end);
    if (!read_number(octet, 255) || (octet.size() > 1 && octet.front() == '0')) return false;
    if ((end == s.size()) != (part == 3)) return false;
    s.remove_prefix(std::min(end + 1, s.size()));
  }
  return true;
}

// Groups of four hexadecimal digits; one "::" stands for those that are missing, an IPv4 address
// may stand for the last two.
bool is_ipv6(std::string_view s) noexcept {
  bool gap = s.starts_with("::");
  if (gap) s.remove_prefix(2);
  std::size_t groups = 0;
  while (!s.empty()) {
    const std::string_view group = s.substr(0, s.find(':'));
    if (group.size() == s.size() && group.find('.') != std::string_view::npos) {
      if (!is_ipv4(group)) return false;
      groups += 2;
      break;
    }
    if (group.empty() || group.size() > 4 || group.find_first_not_of(hex_digits) != group.npos) {
      return false;
    }
    ++groups;
    s.remove_prefix(group.size());
    if (s.empty()) break;
    s.remove_prefix(1);
    if (s.empty()) return false;
    if (s.front() != ':') continue;
    if (gap) return false;
    gap = true;
    s.remove_prefix(1);
  }
  return gap ? groups <= 7 : groups == 8;
}

// The name or number of an interface. "%25" is how a URI writes the "%" (RFC 6874); the bare one is
// what people type and what tools print. nullopt: it is none.
std::optional<std::string> read_zone(std::string_view s) {
  constexpr std::size_t longest = 15;  // of an interface's name (netdevice(7))
  if (s.starts_with("25")) s.remove_prefix(2);
  if (!is_uri_component(s, {})) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(s[i]);
    if (c == '%') {
      std::from_chars(s.data() + i + 1, s.data() + i + 3, c, 16);
      i += 2;
    }
    if (c <= ' ' || c >= 0x7F || c == '/' || c == ':') return std::nullopt;
    out += static_cast<char>(c);
  }
  if (out.empty() || out.size() > longest || out == "." || out == "..") return std::nullopt;
  return out;
}

}  // namespace

bool is_uri_component(std::string_view s, std::string_view extra) noexcept {
  constexpr std::string_view marks = "-._~!$&'()*+,;=";
  const auto in = [](std::string_view set, char c) { return set.find(c) != set.npos; };
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    if (is_alphanumeric(c) || in(marks, c) || in(extra, c)) continue;
    if (c != '%' || i + 2 >= s.size() || hex_value(s[i + 1]) < 0 || hex_value(s[i + 2]) < 0) {
      return false;
    }
    i += 2;
  }
  return true;
}

std::string to_lower(std::string_view s) {
  std::string out(s);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

result<authority, std::string_view> parse_authority(std::string_view text) {
  if (text.find('@') != std::string_view::npos)
    return std::string_view("must not have user information");
  authority out;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::string_view("an IPv6 address without ]");
    const std::string_view inside = text.substr(1, bracket - 1);
    const auto percent = inside.find('%');
    port = text.substr(bracket + 1);
    out.host = inside.substr(0, percent);
    if (!port.empty() && port.front() != ':')
      return std::string_view("something between ] and the port");
    if (!is_ipv6(out.host)) return std::string_view("brackets around no IPv6 address");
    if (percent != std::string_view::npos) {
      auto zone = read_zone(inside.substr(percent + 1));
      if (!zone) return std::string_view("a zone that is no interface's name or number");
      out.zone = std::move(*zone);
    }
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    port = text.substr(colon);
    out.host = text.substr(0, colon);
    if (out.host.empty()) return std::string_view("no host");
    if (out.host.size() > 253)
      return std::string_view("a host of more than 253 characters");  // RFC 1035
    if (!is_uri_component(out.host, {}))
      return std::string_view("a character that must not be in a host");
  }
  if (port.size() <= 1) return out;
  const auto number = read_number(port.substr(1), 65535);
  if (!number) return std::string_view("the port must be 1 to 65535");
  out.port = static_cast<std::uint16_t>(*number);
  return out;
}

}  // namespace hawser

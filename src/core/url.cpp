#include <hawser/core/url.hpp>

#include <algorithm>
#include <charconv>

namespace hawser {
namespace {

// What RFC 3986 lets stand in a host name, and with `extra` in a path or query: letters, digits and
// marks as they are, every other octet percent-encoded.
bool is_component(std::string_view s, std::string_view extra) noexcept {
  constexpr std::string_view marks = "-._~!$&'()*+,;=";
  constexpr std::string_view hex = "0123456789abcdefABCDEF";
  const auto in = [](std::string_view set, char c) { return set.find(c) != set.npos; };
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (plain || in(marks, c) || in(extra, c)) continue;
    if (c != '%' || i + 2 >= s.size() || !in(hex, s[i + 1]) || !in(hex, s[i + 2])) return false;
    i += 2;
  }
  return true;
}

}  // namespace

std::string url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (secure ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

result<url> parse_url(std::string_view text, std::string& complaint) {
  const auto refuse = [&](std::string_view why) -> error_code {
    complaint = "url: ";
    complaint += why;
    return errc::invalid_url;
  };
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!printable) return refuse("a byte that is not printable ASCII");
  url out;
  const auto colon = text.find("://");
  std::string scheme(text.substr(0, colon == std::string_view::npos ? 0 : colon));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (scheme != "ws" && scheme != "wss") return refuse("must begin with ws:// or wss://");
  out.secure = scheme == "wss";
  out.port = out.secure ? 443 : 80;
  text.remove_prefix(colon + 3);
  if (text.find('#') != std::string_view::npos) return refuse("must not have a fragment");
  const auto end = std::min(text.find_first_of("/?"), text.size());
  std::string_view host = text.substr(0, end);
  out.target = text.substr(end);
  if (out.target.empty() || out.target.front() != '/') out.target.insert(0, "/");
  if (!is_component(out.target, ":@/?")) {
    return refuse("a character in the path or query that must be percent-encoded");
  }
  if (host.find('@') != std::string_view::npos) return refuse("must not have user information");
  std::string_view port;
  if (!host.empty() && host.front() == '[') {
    const auto bracket = host.find(']');
    if (bracket == std::string_view::npos) return refuse("an IPv6 address without ]");
    port = host.substr(bracket + 1);
    out.host = host.substr(1, bracket - 1);
    if (!port.empty() && port.front() != ':') return refuse("something between ] and the port");
    if (out.host.find(':') == std::string::npos ||
        out.host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos) {
      return refuse("brackets around no IPv6 address");
    }
  } else {
    const auto at = std::min(host.find(':'), host.size());
    port = host.substr(at);
    out.host = host.substr(0, at);
  }
  if (out.host.empty()) return refuse("no host");
  if (out.host.size() > 253) return refuse("a host of more than 253 characters");  // RFC 1035
  if (host.front() != '[' && !is_component(out.host, {})) {
    return refuse("a character that must not be in a host");
  }
  if (!port.empty()) {
    port.remove_prefix(1);
    unsigned value = 0;
    const auto [rest, error] = std::from_chars(port.data(), port.data() + port.size(), value);
    if (error != std::errc{} || rest != port.data() + port.size() || value == 0 || value > 65535) {
      return refuse("the port must be 1 to 65535");
    }
    out.port = static_cast<std::uint16_t>(value);
  }
  return out;
}

}  // namespace hawser

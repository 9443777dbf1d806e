#include <hawser/core/url.hpp>

#include <algorithm>
#include <charconv>

namespace hawser {

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
  if (host.find('@') != std::string_view::npos) return refuse("must not have user information");
  std::string_view port;
  if (!host.empty() && host.front() == '[') {
    const auto bracket = host.find(']');
    if (bracket == std::string_view::npos) return refuse("an IPv6 address without ]");
    port = host.substr(bracket + 1);
    out.host = host.substr(1, bracket - 1);
    if (!port.empty() && port.front() != ':') return refuse("something between ] and the port");
    if (out.host.find(':') == std::string::npos) return refuse("brackets around no IPv6 address");
  } else {
    const auto at = std::min(host.find(':'), host.size());
    port = host.substr(at);
    out.host = host.substr(0, at);
  }
  if (out.host.empty()) return refuse("no host");
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

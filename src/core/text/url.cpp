#include <hawser/core/text/authority.hpp>
#include <hawser/core/text/url.hpp>

#include <algorithm>

namespace hawser {
namespace {

constexpr std::size_t longest_path = 107;  // sockaddr_un of unix(7), with its terminator

// The path of `unix:PATH` and its like; npos: the text is none of them.
std::size_t path_of_socket(std::string_view text, bool& secure) noexcept {
  secure = text.starts_with("wss+unix:");
  for (const std::string_view scheme : {"unix:", "ws+unix:", "wss+unix:"}) {
    if (text.starts_with(scheme)) return scheme.size();
  }
  return std::string_view::npos;
}

bool has_control(std::string_view s) noexcept {
  return std::any_of(s.begin(), s.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

std::string url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (secure ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

std::string url::node() const { return zone.empty() ? host : host + "%" + zone; }

result<url, error_info> parse_url(std::string_view text) {
  const auto refuse = [](std::string_view why) {
    return error_info{errc::invalid_url, "url: " + std::string(why)};
  };
  url out;
  if (const auto path = path_of_socket(text, out.secure); path != std::string_view::npos) {
    out.unix_socket = text.substr(path);
    if (out.unix_socket.empty() || out.unix_socket.size() > longest_path ||
        has_control(out.unix_socket)) {
      return refuse("unix: needs a path of 1 to 107 bytes, none a control character");
    }
    out.host = "localhost";
    out.port = out.secure ? 443 : 80;
    out.target = "/";
    return out;
  }
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!printable) return refuse("a byte that is not printable ASCII");
  const auto colon = text.find("://");
  const std::string scheme = to_lower(text.substr(0, colon == std::string_view::npos ? 0 : colon));
  if (scheme != "ws" && scheme != "wss") return refuse("must begin with ws:// or wss://");
  out.secure = scheme == "wss";
  text.remove_prefix(colon + 3);
  if (text.find('#') != std::string_view::npos) return refuse("must not have a fragment");
  const auto end = std::min(text.find_first_of("/?"), text.size());
  out.target = text.substr(end);
  if (out.target.empty() || out.target.front() != '/') out.target.insert(0, "/");
  if (!is_uri_component(out.target, ":@/?")) {
    return refuse("a character in the path or query that must be percent-encoded");
  }
  auto where = parse_authority(text.substr(0, end));
  if (!where) return refuse(where.error());
  if (where->port == 0) return refuse("the port must be 1 to 65535");
  out.host = std::move(where->host);
  out.zone = std::move(where->zone);
  out.port = where->port.value_or(out.secure ? 443 : 80);
  return out;
}

std::string listening_url(bool secure, std::string_view host, std::uint16_t port) {
  std::string out = secure ? "wss://" : "ws://";
  if (host.find(':') == std::string_view::npos) {
    out += host;
  } else {
    constexpr std::string_view hex = "0123456789ABCDEF";
    const auto zone = host.find('%');
    out.append("[").append(host.substr(0, zone));
    if (zone != std::string_view::npos) out += "%25";
    for (const char c : zone == std::string_view::npos ? "" : host.substr(zone + 1)) {
      if (is_uri_component({&c, 1}, {})) {
        out += c;
      } else {
        const auto byte = static_cast<unsigned char>(c);
        out.append("%").append({hex[byte >> 4], hex[byte & 15]});
      }
    }
    out += ']';
  }
  return out + ':' + std::to_string(port);
}

std::string listening_url(bool secure, std::string_view unix_socket) {
  return (secure ? "wss+unix:" : "unix:") + std::string(unix_socket);
}

}  // namespace hawser

// Heads of HTTP messages with one thing changed. No sockets.
#pragma once

#include "cases.hpp"
#include "io/net/client_upgrade.hpp"
#include "io/net/server_upgrade.hpp"
#include "io/net/websocket_key.hpp"

#include <algorithm>

namespace hawser::rfc6455 {

/// The pair of 1.3.
inline constexpr std::string_view sample_key = "dGhlIHNhbXBsZSBub25jZQ==";
inline constexpr std::string_view sample_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A head of HTTP: the first line is the one named "", then one line a header.
using head = std::vector<std::pair<std::string, std::string>>;

/// The lines named `name` replaced by `lines` (which may be none, or several).
struct edit {
  std::string name = "-";  ///< "-": nothing is changed
  std::vector<std::string> lines = {};
};

inline std::string write_head(const head& lines, const edit& e) {
  std::string out;
  bool placed = false;
  const auto place = [&] {
    for (const std::string& l : e.lines) out += l + "\r\n";
    placed = true;
  };
  for (const auto& [name, line] : lines) {
    if (name != e.name) {
      out += line + "\r\n";
    } else if (!placed) {
      place();
    }
  }
  if (!placed) place();
  return out + "\r\n";
}

inline head good_request() {
  return {{"", "GET /chat HTTP/1.1"},
          {"Host", "Host: example.net"},
          {"Upgrade", "Upgrade: websocket"},
          {"Connection", "Connection: Upgrade"},
          {"Key", "Sec-WebSocket-Key: " + std::string(sample_key)},
          {"Version", "Sec-WebSocket-Version: 13"}};
}

inline head good_answer() {
  return {{"", "HTTP/1.1 101 Switching Protocols"},
          {"Upgrade", "Upgrade: websocket"},
          {"Connection", "Connection: Upgrade"},
          {"Accept", "Sec-WebSocket-Accept: " + std::string(sample_accept)}};
}

/// The first line ("") of a head, or the values of all headers of that name, joined by " | ".
inline std::string line_of(std::string_view message, std::string_view name) {
  std::string out;
  bool first = true;
  while (true) {
    const auto end = message.find("\r\n");
    if (end == std::string_view::npos || end == 0) return out;
    const auto line = message.substr(0, end);
    message.remove_prefix(end + 2);
    if (std::exchange(first, false)) {
      if (name.empty()) return std::string(line);
      continue;
    }
    const auto colon = line.find(": ");
    if (line.substr(0, colon) == name) {
      out += (out.empty() ? "" : " | ") + std::string(line.substr(colon + 2));
    }
  }
}

/// Gives `wire` to `feed` whole, and octet by octet until it is content.
template <class Feed>
void feed_in_pieces(std::string_view wire, std::size_t size, Feed&& feed) {
  while (!wire.empty()) {
    const auto n = std::min(size, wire.size());
    if (feed(as_bytes(wire.substr(0, n)))) return;
    wire.remove_prefix(n);
  }
}

}  // namespace hawser::rfc6455

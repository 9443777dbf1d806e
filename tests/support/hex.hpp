// Bytes written as people write them.
#pragma once

#include <hawser/core/bytes.hpp>

#include <stdexcept>

namespace hawser::test {

/// "83 01 02 03" or "83010203".
inline bytes hex(std::string_view text) {
  bytes out;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const auto digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) throw std::invalid_argument("not hexadecimal");
    if (high < 0) {
      high = static_cast<int>(digit);
    } else {
      out.push_back(static_cast<std::byte>(high * 16 + static_cast<int>(digit)));
      high = -1;
    }
  }
  return out;
}

inline std::string to_hex(bytes_view b) {
  std::string out;
  for (const std::byte octet : b) {
    out += "0123456789abcdef"[std::to_integer<unsigned>(octet) >> 4];
    out += "0123456789abcdef"[std::to_integer<unsigned>(octet) & 15];
  }
  return out;
}

}  // namespace hawser::test

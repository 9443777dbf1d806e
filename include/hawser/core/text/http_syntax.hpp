// The grammar of HTTP fields that options, requests and responses are held to.
#pragma once

#include <hawser/core/text/ascii.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace hawser {

/// RFC 9110 section 5.6.2: a field's name, a subprotocol.
inline bool is_token(std::string_view s) noexcept {
  constexpr std::string_view extra = "!#$%&'*+-.^_`|~";
  return !s.empty() && std::all_of(s.begin(), s.end(), [&](char c) {
    return is_alphanumeric(c) || extra.find(c) != std::string_view::npos;
  });
}

/// RFC 9110 section 5.5: no control character but the tab.
inline bool is_field_value(std::string_view s) noexcept {
  return std::all_of(s.begin(), s.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7F : c == '\t';
  });
}

/// Without the blanks around it (OWS, RFC 9110 section 5.6.3).
inline std::string_view trim(std::string_view s) noexcept {
  const auto first = s.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

/// How many fields a header of at most so many bytes may have: each costs a `header` in memory,
/// however short its line is.
inline std::size_t most_fields(std::size_t header_bytes) noexcept {
  return std::max<std::size_t>(64, header_bytes / 64);
}

}  // namespace hawser

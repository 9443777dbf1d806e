#include <hawser/core/text.hpp>

namespace hawser {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

struct sequence {
  std::size_t length;  // of the sequence, or of the part of it that could have begun one
  bool valid;
};

// What stands at the front of `s` (Unicode 15, table 3-7).
sequence front_sequence(std::string_view s) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned lead = at(0);
  if (lead < 0x80) return {1, true};
  if (lead < 0xc2 || lead > 0xf4) return {1, false};
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (std::size_t i = 1; i < length; ++i) {
    // Overlong forms, surrogates and what lies beyond U+10FFFF fail at their second byte.
    unsigned low = 0x80, high = 0xbf;
    if (i == 1) {
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    }
    if (i == s.size() || at(i) < low || at(i) > high) return {i, false};
  }
  return {length, true};
}

}  // namespace

std::string repair_utf8(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  while (!s.empty()) {
    const sequence front = front_sequence(s);
    out += front.valid ? s.substr(0, front.length) : replacement;
    s.remove_prefix(front.length);
  }
  return out;
}

void append_escaped(std::string& out, std::string_view s) {
  constexpr char hex[] = "0123456789abcdef";
  for (const char ch : s) {
    const auto c = static_cast<unsigned char>(ch);
    if (c >= 0x20 && c < 0x7F && c != '\\') {
      out += ch;
    } else {
      out += "\\x";
      out += hex[c >> 4];
      out += hex[c & 15];
    }
  }
}

}  // namespace hawser

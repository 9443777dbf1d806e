#include <hawser/core/text/text.hpp>

#include <algorithm>

namespace hawser {

namespace {

constexpr char lower_hex[] = "0123456789abcdef";

bool is_printable(unsigned char c) noexcept { return c >= 0x20 && c < 0x7F; }

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

// Empty: nothing that is known.
std::string_view resemblance(std::string_view s) noexcept {
  if (s.starts_with("HTTP/")) {  // Up to the status; its reason is in the text.
    const auto version = std::min(s.find(' '), s.size());
    return s.substr(0, std::min(s.find_first_of(" \r\n", version + 1), s.size()));
  }
  for (const std::string_view method : {"GET ", "HEAD ", "POST ", "PUT ", "OPTIONS ", "CONNECT "}) {
    if (s.starts_with(method)) return "an HTTP request";
  }
  // A record of TLS: alert or handshake, and a version (RFC 8446 section 5.1).
  if (s.starts_with("\x15\x03") || s.starts_with("\x16\x03")) return "TLS";
  return {};
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
  for (const char ch : s) {
    const auto c = static_cast<unsigned char>(ch);
    if (is_printable(c) && c != '\\') {
      out += ch;
    } else {
      out += "\\x";
      out += lower_hex[c >> 4];
      out += lower_hex[c & 15];
    }
  }
}

std::string describe_bytes(bytes_view what) {
  const std::string_view s = as_text(what.first(std::min<std::size_t>(what.size(), 32)));
  std::string out;
  for (const char ch : s) {
    const auto c = static_cast<unsigned char>(ch);
    out.append({lower_hex[c >> 4], hex_digits[c & 15], ' '});
  }
  out += '"';
  for (const char ch : s) out += is_printable(static_cast<unsigned char>(ch)) ? ch : '.';
  out += '"';
  const std::string_view like = resemblance(s);
  if (!like.empty()) out.append(", looks like ").append(like);
  return out;
}

}  // namespace hawser

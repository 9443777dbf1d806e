#include <hawser/core/text/utf8.hpp>

#include <simdjson.h>

#include <cstring>

namespace hawser {
namespace {

constexpr std::uint64_t high_bits = 0x8080808080808080;

bool ascii8(const std::byte* p) noexcept {
  std::uint64_t word;
  std::memcpy(&word, p, 8);
  return (word & high_bits) == 0;
}

}  // namespace

bool utf8_validator::feed(bytes_view piece) noexcept {
  for (std::size_t i = 0; i < piece.size(); ++i) {
    if (missing_ == 0) {
      while (i + 8 <= piece.size() && ascii8(piece.data() + i)) i += 8;
      if (i == piece.size()) return true;
    }
    const auto c = std::to_integer<std::uint8_t>(piece[i]);
    if (missing_ > 0) {
      if (c < low_ || c > high_) return false;
      --missing_;
      low_ = 0x80;
      high_ = 0xBF;
    } else if (c >= 0x80) {
      if (c < 0xC2 || c > 0xF4) return false;
      missing_ = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
      low_ = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
      high_ = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    }
  }
  return true;
}

bool valid_utf8(bytes_view text) noexcept {
  // Most messages are short and ASCII: eight bytes a step beats the call into simdjson there.
  std::size_t i = 0;
  const std::size_t head = text.size() < 128 ? text.size() : 0;
  while (i + 8 <= head && ascii8(text.data() + i)) i += 8;
  if (text.size() - i == 0) return true;
  return simdjson::validate_utf8(reinterpret_cast<const char*>(text.data()) + i, text.size() - i);
}

}  // namespace hawser

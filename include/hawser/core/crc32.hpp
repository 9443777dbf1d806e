// The check sum by which a payload is recognized in a log.
#pragma once

#include <hawser/core/bytes.hpp>

#include <array>

namespace hawser {

/// CRC-32 as in gzip (RFC 1952 section 8); Python's zlib.crc32 says the same. Proves nothing
/// against forgery.
constexpr std::uint32_t crc32(bytes_view data) noexcept {
  constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t n = 0; n < t.size(); ++n) {
      std::uint32_t c = n;
      for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? 0xedb88320u : 0);
      t[n] = c;
    }
    return t;
  }();
  std::uint32_t c = ~std::uint32_t{0};
  for (const std::byte b : data)
    c = (c >> 8) ^ table[(c ^ std::to_integer<std::uint32_t>(b)) & 0xff];
  return ~c;
}

}  // namespace hawser

// Masking (RFC 6455 section 5.3) and the pool that mask keys come from.
#pragma once

#include <hawser/core/bytes.hpp>

#include <array>
#include <bit>
#include <cstring>

namespace hawser {

/// Where unpredictable bytes come from: a CSPRNG in io, a script in tests.
class entropy {
 public:
  virtual ~entropy() = default;
  virtual void fill(std::span<std::byte> out) = 0;
};

/// Copies `n` bytes and masks them on the way; `to` may equal `from`. `key` holds the four key
/// octets in memory order, `phase` is the payload offset of the first byte.
inline void mask_copy(std::byte* to, const std::byte* from, std::size_t n, std::uint32_t key,
                      std::size_t phase = 0) noexcept {
  std::array<std::byte, 4> octets;
  std::memcpy(octets.data(), &key, 4);
  std::array<std::byte, 8> pattern;
  for (std::size_t i = 0; i < 8; ++i) pattern[i] = octets[(phase + i) & 3];
  std::uint64_t wide;
  std::memcpy(&wide, pattern.data(), 8);
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, from + i, 8);
    word ^= wide;
    std::memcpy(to + i, &word, 8);
  }
  for (; i < n; ++i) to[i] = from[i] ^ pattern[i & 7];
}

/// Keys for client frames, drawn from the source 64 at a time: one call per frame would cost more
/// than the frame, and more at a time would only make idle links larger. Section 10.3 wants them
/// unpredictable to the application.
class mask_source {
 public:
  explicit mask_source(entropy& source) noexcept : source_(source) {}

  std::uint32_t next() {
    if (used_ == pool_.size()) refill();
    return pool_[used_++];
  }

 private:
  void refill() {
    source_.fill(std::as_writable_bytes(std::span{pool_}));
    used_ = 0;
  }

  entropy& source_;
  std::array<std::uint32_t, 64> pool_{};
  std::size_t used_ = 64;
};

}  // namespace hawser

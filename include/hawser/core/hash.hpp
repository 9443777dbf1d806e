// The hashing seam: core chains receipts, io brings SHA-256.
#pragma once

#include <hawser/core/bytes.hpp>

#include <array>
#include <initializer_list>

namespace hawser {

/// A SHA-256 value (FIPS 180-4).
using digest = std::array<std::byte, 32>;

/// Hashes the concatenation of its parts. Implementations are cheap to call and used from one
/// thread.
class hasher {
 public:
  virtual ~hasher() = default;
  virtual digest sha256(std::initializer_list<bytes_view> parts) = 0;
};

}  // namespace hawser

// The CSPRNG behind mask keys.
#pragma once

#include <hawser/core/mask.hpp>
#include <hawser/io/crypto.hpp>

namespace hawser::io {

/// random_bytes() as the core's seam.
class system_entropy final : public entropy {
 public:
  void fill(std::span<std::byte> out) override { random_bytes(out); }
};

}  // namespace hawser::io

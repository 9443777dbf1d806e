// The CSPRNG behind mask keys.
#pragma once

#include <hawser/core/ws/mask.hpp>
#include <hawser/io/crypto.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace hawser::io {

/// random_bytes() as the core's seam, 16 KiB at a time once anybody draws: OpenSSL's generator
/// seeds itself anew after 2^16 requests, and allocates then. Not thread-safe.
class system_entropy final : public entropy {
 public:
  explicit system_entropy(void (*source)(std::span<std::byte>) = &random_bytes) : source_(source) {}

  void fill(std::span<std::byte> out) override {
    while (!out.empty()) {
      if (used_ == block_.size()) refill();
      const std::size_t n = std::min(out.size(), block_.size() - used_);
      std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(used_), n, out.begin());
      used_ += n;
      out = out.subspan(n);
    }
  }

 private:
  void refill() {
    block_.resize(std::size_t{16} << 10);
    used_ = block_.size();  // If the source throws, nothing in it may be used.
    source_(block_);
    used_ = 0;
  }

  void (*source_)(std::span<std::byte>);
  std::vector<std::byte> block_;
  std::size_t used_ = 0;
};

}  // namespace hawser::io

// What mask keys are drawn from.
#pragma once

#include <hawser/core/ws/mask.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace hawser::io {

/// Draws 16 KiB at a time from its source, once anybody draws: OpenSSL's generator seeds itself
/// anew after 2^16 requests, and allocates then. Not thread-safe.
class entropy_pool final : public entropy {
 public:
  explicit entropy_pool(std::shared_ptr<entropy> source) : source_(std::move(source)) {}

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
    source_->fill(block_);
    used_ = 0;
  }

  std::shared_ptr<entropy> source_;
  std::vector<std::byte> block_;
  std::size_t used_ = 0;
};

}  // namespace hawser::io

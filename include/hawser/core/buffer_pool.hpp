// Blocks that rest between uses.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace hawser {

/// Memory of a size that is known only when it is made; not initialized.
struct block {
  std::unique_ptr<std::byte[]> data = {};
  std::size_t capacity = 0;

  block() = default;
  explicit block(std::size_t size)
      : data(std::make_unique_for_overwrite<std::byte[]>(size)), capacity(size) {}
  block(block&& other) noexcept
      : data(std::move(other.data)), capacity(std::exchange(other.capacity, 0)) {}
  block& operator=(block&& other) noexcept {
    data = std::move(other.data);
    capacity = std::exchange(other.capacity, 0);
    return *this;
  }
};

/// What the sessions of a loop read into and frame in, while they do: so an idle link holds no
/// buffer, and a busy one allocates none. Keeps a few blocks, not those of a burst. Not
/// thread-safe.
class buffer_pool {
 public:
  static constexpr std::size_t block_size = 128 * 1024 + 64;
  static constexpr std::size_t most_resting = 4;

  buffer_pool() { resting_.reserve(most_resting); }

  /// Of block_size bytes.
  block take() {
    if (resting_.empty()) return block(block_size);
    block b = std::move(resting_.back());
    resting_.pop_back();
    return b;
  }
  /// A block of another size is let go.
  void give(block b) noexcept {
    if (b.capacity == block_size && resting_.size() < most_resting) {
      resting_.push_back(std::move(b));
    }
  }

 private:
  std::vector<block> resting_;
};

}  // namespace hawser

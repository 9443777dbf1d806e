// An owned payload that a frame header fits in front of.
#pragma once

#include <hawser/core/bytes.hpp>

#include <cstring>
#include <memory>
#include <utility>

namespace hawser {

/// A payload of a fixed size, to be filled and then given away: send(buffer&&) masks it in place
/// and writes the frame header into the room in front, so that a large message is never copied.
class buffer {
 public:
  /// The largest frame header: 2 octets, 8 of length, 4 of mask (RFC 6455 section 5.2).
  static constexpr std::size_t headroom = 14;

  buffer() = default;
  /// `size` bytes, not initialized.
  explicit buffer(std::size_t size)
      : storage_(std::make_unique_for_overwrite<std::byte[]>(headroom + size)), size_(size) {}
  explicit buffer(bytes_view content) : buffer(content.size()) {
    if (!content.empty()) std::memcpy(data(), content.data(), content.size());
  }
  buffer(buffer&& other) noexcept
      : storage_(std::move(other.storage_)), size_(std::exchange(other.size_, 0)) {}
  buffer& operator=(buffer&& other) noexcept {
    storage_ = std::move(other.storage_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  std::byte* data() noexcept { return storage_ ? storage_.get() + headroom : nullptr; }
  const std::byte* data() const noexcept { return storage_ ? storage_.get() + headroom : nullptr; }
  std::size_t size() const noexcept { return size_; }
  bytes_view view() const noexcept { return {data(), size_}; }

 private:
  std::unique_ptr<std::byte[]> storage_;
  std::size_t size_ = 0;
};

}  // namespace hawser

// The bytes of a write-ahead log as SQLite writes it, made by hand ("Database File Format", 4).
#pragma once

#include <hawser/core/bytes.hpp>

#include <cstdint>
#include <vector>

namespace hawser::test {

class log_image {
 public:
  static constexpr std::size_t page_size = 512;
  static constexpr std::size_t frame_size = 24 + page_size;

  explicit log_image(std::uint32_t salt, bool big_endian = false)
      : salt_(salt), big_endian_(big_endian) {
    put_header(content);
  }

  /// Appends a transaction of `frames` frames. `seed`: what its pages hold. Without `commit` it was
  /// spilled, and its end is not written.
  log_image& transaction(std::size_t frames, std::uint8_t seed, bool commit = true) {
    for (std::size_t i = 1; i <= frames; ++i) {
      add(static_cast<std::uint32_t>(2 + i + seed), commit && i == frames ? 40 : 0, seed);
    }
    return *this;
  }
  void add(std::uint32_t page, std::uint32_t pages, std::uint8_t seed) {
    bytes frame;
    put(frame, page);
    put(frame, pages);
    run(frame);
    bytes data(page_size);
    for (std::size_t i = 0; i < 8; ++i) data[i] = std::byte(seed * 31 + i);  // The rest is alike.
    run(data);
    put_salts(frame);
    put(frame, first_);
    put(frame, second_);
    frame.insert(frame.end(), data.begin(), data.end());
    content.insert(content.end(), frame.begin(), frame.end());
  }
  std::size_t frames() const { return (content.size() - 32) / frame_size; }
  /// Where frame `n` begins, counted from 1.
  static std::size_t at(std::size_t n) { return 32 + (n - 1) * frame_size; }

  bytes content;

 private:
  static void put(bytes& out, std::uint32_t n) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(std::byte(n >> shift & 0xff));
  }
  void put_salts(bytes& out) const {
    put(out, salt_);
    put(out, salt_ * 2'654'435'761U);
  }
  void put_header(bytes& out) {
    put(out, 0x377f0682 + (big_endian_ ? 1 : 0));
    put(out, 3'007'000);
    put(out, page_size);
    put(out, 0);
    put_salts(out);
    run(out);
    put(out, first_);
    put(out, second_);
  }
  void run(bytes_view words) {
    const auto word = [&](std::size_t at) {
      std::uint32_t n = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        n = n << 8 | std::to_integer<std::uint32_t>(words[at + (big_endian_ ? i : 3 - i)]);
      }
      return n;
    };
    for (std::size_t i = 0; i < words.size(); i += 8) {
      first_ += word(i) + second_;
      second_ += word(i + 4) + first_;
    }
  }

  std::uint32_t salt_;
  bool big_endian_;
  std::uint32_t first_ = 0;
  std::uint32_t second_ = 0;
};

}  // namespace hawser::test

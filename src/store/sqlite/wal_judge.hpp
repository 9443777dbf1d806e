// Judges a write-ahead log of SQLite before SQLite opens it: torn by a power cut, or damaged.
#pragma once

#include <hawser/core/bytes.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace hawser::io::sqlite {

/// Looks at a log frame by frame ("Database File Format", 4), in order. SQLite takes the frames up
/// to the first bad one and says nothing of what stands behind it. A power cut leaves such a frame
/// in the last transaction only, since each one is synced before the next one begins
/// (synchronous=FULL). So the log is damaged if a frame behind the bad one was written after the
/// commit of the bad one's transaction: its checksum, which runs on from frame to frame, follows
/// from that of a frame that ends a transaction.
///
/// It cannot see damage of the last transaction, or that the end of the log was cut off.
class wal_judge {
 public:
  static constexpr std::size_t header_size = 32;
  static constexpr std::size_t frame_header_size = 24;

  /// `header`: the first bytes of the log, header_size of them if there are as many. `page_size`:
  /// of the database, where the header does not say.
  wal_judge(bytes_view header, std::size_t page_size);

  std::size_t frame_size() const noexcept { return frame_header_size + page_size_; }
  /// The next frame, frame_size() bytes.
  void add(bytes_view frame);

  bool header_valid() const noexcept { return header_valid_; }
  /// What is damaged, in words; "" if nothing is that is known to have been synced.
  std::string damage() const;

 private:
  struct checksum {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    bool operator==(const checksum&) const = default;
  };
  using salts = std::array<std::uint32_t, 2>;
  struct frame_header {
    std::uint32_t page = 0;
    std::uint32_t pages = 0;  ///< of the database, if the frame ends a transaction, else 0
    salts salt{};
    checksum sum;
  };
  enum class byte_order { little, big };

  static frame_header read(bytes_view frame);
  static checksum run(byte_order order, checksum from, bytes_view words);
  static checksum run_over_frame(byte_order order, checksum from, bytes_view frame);
  void add_without_header(const frame_header& h, bytes_view frame);
  void add_behind_bad(const frame_header& h, bytes_view frame);
  bool ends_transaction_though_bad(const frame_header& h, bytes_view frame) const;

  bool header_valid_ = false;
  byte_order order_ = byte_order::little;
  std::size_t page_size_;
  salts salt_{};
  std::uint64_t count_ = 0;
  std::uint64_t first_bad_ = 0;    // counted from 1; 0: none
  std::uint64_t proof_ = 0;        // the frame that was written after the bad one was synced
  checksum expected_;              // what the first bad frame should have said of itself
  frame_header last_;              // of the frame before; at first the header's salts and checksum
  bool ends_transaction_ = false;  // that frame does, beyond doubt
};

}  // namespace hawser::io::sqlite

#include "store/sqlite/wal_judge.hpp"

#include <algorithm>

namespace hawser::io::sqlite {
namespace {

constexpr std::uint32_t log_magic = 0x377f0682;  // its last bit is set where words are big-endian
constexpr std::size_t summed_header = 24;        // of the log's header
constexpr std::size_t summed_frame_header = 8;
constexpr std::size_t sector_size = 512;

std::uint32_t big_endian(bytes_view b, std::size_t at) {
  std::uint32_t n = 0;
  for (std::size_t i = 0; i < 4; ++i) n = n << 8 | std::to_integer<std::uint32_t>(b[at + i]);
  return n;
}

std::uint32_t little_endian(bytes_view b, std::size_t at) {
  std::uint32_t n = 0;
  for (std::size_t i = 4; i-- > 0;) n = n << 8 | std::to_integer<std::uint32_t>(b[at + i]);
  return n;
}

bool is_page_size(std::uint32_t n) { return n >= 512 && n <= 65'536 && (n & (n - 1)) == 0; }

}  // namespace

wal_judge::wal_judge(bytes_view header, std::size_t page_size) : page_size_(page_size) {
  if (header.size() < header_size) return;
  const std::uint32_t kind = big_endian(header, 0);
  if (kind == (log_magic | 1)) order_ = byte_order::big;
  salt_ = last_.salt = {big_endian(header, 16), big_endian(header, 20)};
  last_.sum = {big_endian(header, 24), big_endian(header, 28)};
  const std::uint32_t size = big_endian(header, 8);
  header_valid_ = (kind & ~1U) == log_magic && is_page_size(size) &&
                  run(order_, {}, header.first(summed_header)) == last_.sum;
  if (header_valid_) page_size_ = size;
}

wal_judge::frame_header wal_judge::read(bytes_view frame) {
  return {big_endian(frame, 0),
          big_endian(frame, 4),
          {big_endian(frame, 8), big_endian(frame, 12)},
          {big_endian(frame, 16), big_endian(frame, 20)}};
}

wal_judge::checksum wal_judge::run(byte_order order, checksum from, bytes_view words) {
  for (std::size_t at = 0; at + 8 <= words.size(); at += 8) {
    const bool little = order == byte_order::little;
    from.first += (little ? little_endian(words, at) : big_endian(words, at)) + from.second;
    from.second += (little ? little_endian(words, at + 4) : big_endian(words, at + 4)) + from.first;
  }
  return from;
}

wal_judge::checksum wal_judge::run_over_frame(byte_order order, checksum from, bytes_view frame) {
  return run(order, run(order, from, frame.first(summed_frame_header)),
             frame.subspan(frame_header_size));
}

void wal_judge::add(bytes_view frame) {
  ++count_;
  const frame_header h = read(frame);
  if (!header_valid_) {
    add_without_header(h, frame);
  } else if (first_bad_ != 0) {
    add_behind_bad(h, frame);
  } else {
    const checksum sum = run_over_frame(order_, last_.sum, frame);
    if (h.page == 0 || h.salt != salt_ || h.sum != sum) {
      first_bad_ = count_;
      expected_ = sum;
      ends_transaction_ = ends_transaction_though_bad(h, frame);
    }
  }
  last_ = h;
}

// The header is synced before the first frame is written, so a frame that follows from what stands
// before it proves that there was a header.
void wal_judge::add_without_header(const frame_header& h, bytes_view frame) {
  if (proof_ != 0 || h.page == 0 || h.salt != last_.salt) return;
  for (const byte_order order : {byte_order::little, byte_order::big}) {
    if (run_over_frame(order, last_.sum, frame) == h.sum) proof_ = count_;
  }
}

void wal_judge::add_behind_bad(const frame_header& h, bytes_view frame) {
  bool follows = h.page != 0 && h.salt == salt_;
  if (follows && run_over_frame(order_, last_.sum, frame) != h.sum) {
    // Or what was hit of the bad frame is the checksum that it says.
    follows = count_ == first_bad_ + 1 && run_over_frame(order_, expected_, frame) == h.sum;
  }
  // Where a sector may be torn, SQLite repeats the last frame of a transaction to fill it up.
  const bool repeated = h.page == last_.page && h.pages == last_.pages;
  if (follows && ends_transaction_ && !repeated && proof_ == 0) proof_ = count_;
  ends_transaction_ = follows && h.pages != 0;
}

// Of a header that was torn, one part may be older than the other. And if the frame is right but
// for the mark of an end, it is the mark that is damaged.
bool wal_judge::ends_transaction_though_bad(const frame_header& h, bytes_view frame) const {
  const std::uint64_t at = header_size + (count_ - 1) * frame_size();
  if (h.pages == 0 || at % sector_size + frame_header_size > sector_size) return false;
  bytes unmarked(frame.begin(), frame.end());
  std::fill_n(unmarked.begin() + 4, 4, std::byte{0});
  return run_over_frame(order_, last_.sum, unmarked) != h.sum;
}

std::string wal_judge::damage() const {
  if (proof_ == 0) return {};
  const std::string proof = ", and frame " + std::to_string(proof_) + " was written ";
  if (!header_valid_) return "the header of its log is damaged" + proof + "behind it";
  return "frame " + std::to_string(first_bad_) + " of its log is damaged" + proof +
         "after it was on disk";
}

}  // namespace hawser::io::sqlite

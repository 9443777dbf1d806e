#include "store/sqlite/wal_index.hpp"

#include <algorithm>
#include <atomic>

namespace hawser::io::sqlite {
namespace {

// Where they are, in words of 32 bits of this machine: two copies of the header, then the
// checkpoint's state.
constexpr std::size_t header_words = 12;
constexpr std::size_t state_at = 3;  // "is it initialized" and the page size share it
constexpr std::size_t frames_at = 4;
constexpr std::size_t sum_at = 6;
constexpr std::size_t salt_at = 8;
constexpr std::size_t copied = 24;
constexpr std::size_t to_copy = 32;

std::uint32_t page_size_of(std::uint32_t word) {
  std::array<std::uint8_t, 4> b{};
  std::copy_n(reinterpret_cast<const std::uint8_t*>(&word), 4, b.begin());
  std::uint16_t size = 0;
  std::copy_n(b.begin() + 2, 2, reinterpret_cast<std::uint8_t*>(&size));
  return size == 1 ? 65'536 : size;  // it does not fit
}

}  // namespace

std::optional<wal_index> read_wal_index(const volatile void* shared) noexcept {
  if (shared == nullptr) return std::nullopt;
  const auto* words = static_cast<const volatile std::uint32_t*>(shared);
  // The writer sets the second copy first.
  std::array<std::uint32_t, header_words> first;
  for (std::size_t i = 0; i < header_words; ++i) first[i] = words[i];
  std::atomic_thread_fence(std::memory_order_seq_cst);
  for (std::size_t i = 0; i < header_words; ++i) {
    if (words[header_words + i] != first[i]) return std::nullopt;
  }
  if (first[state_at] == 0) return std::nullopt;
  return wal_index{first[frames_at],
                   page_size_of(first[state_at]),
                   {first[sum_at], first[sum_at + 1]},
                   {first[salt_at], first[salt_at + 1]},
                   words[copied],
                   words[to_copy]};
}

}  // namespace hawser::io::sqlite

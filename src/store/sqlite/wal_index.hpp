// What the shared index of a write-ahead log says: how far the log goes, and what of it is copied.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace hawser::io::sqlite {

/// As of the last commit of anybody ("WAL-mode File Format", 2.1).
struct wal_index {
  std::uint32_t frames = 0;  ///< of the log that are valid
  std::uint32_t page_size = 0;
  std::array<std::uint32_t, 2> sum{};   ///< of the last frame
  std::array<std::uint32_t, 2> salt{};  ///< as the log has it, byte for byte
  std::uint32_t copied = 0;             ///< frames that are in the database
  std::uint32_t to_copy = 0;            ///< frames that a checkpoint began to copy

  /// Whether a checkpoint has written the database between the two.
  bool same_copies(const wal_index& other) const noexcept {
    return salt == other.salt && copied == other.copied && to_copy == other.to_copy;
  }
};

/// `shared`: the first region of the index, mapped. nullopt: it is being written.
std::optional<wal_index> read_wal_index(const volatile void* shared) noexcept;

}  // namespace hawser::io::sqlite

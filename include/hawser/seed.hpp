// A seed for those who chose none.
#pragma once

#include <hawser/time.hpp>

#include <atomic>
#include <cstdint>

namespace hawser {

/// The seed of a behavior's jitter: what its options say or, if that is 0, one of its own. Two
/// behaviors of one process never share it; those of a fleet that is loaded alike, at the same
/// address everywhere, differ by the time of their first use. Not for secrets.
class seed_source {
 public:
  explicit seed_source(std::uint64_t chosen) noexcept : chosen_(chosen), origin_(fresh_origin()) {}

  std::uint64_t at(time_point first_use) const noexcept {
    if (chosen_ != 0) return chosen_;
    return origin_ + static_cast<std::uint64_t>(first_use.time_since_epoch().count());
  }

 private:
  // The count tells apart what one process makes in one place, and the address most processes.
  static std::uint64_t fresh_origin() noexcept {
    static std::atomic<std::uint64_t> count{0};
    return reinterpret_cast<std::uintptr_t>(&count) + 0xD1342543DE82EF95 * ++count;
  }

  std::uint64_t chosen_;
  std::uint64_t origin_;
};

}  // namespace hawser

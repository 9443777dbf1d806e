// Decisions of a campaign: the same for the same seed on every machine.
#pragma once

#include <cstdint>

namespace hawser::crash {

/// A generator whose numbers do not depend on the library (SplitMix64), unlike std distributions.
class chance {
 public:
  explicit chance(std::uint64_t seed) : state_(seed) {}

  /// Any number below `n`, which is above 0.
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool percent(std::uint64_t p) { return below(100) < p; }
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
  }

 private:
  std::uint64_t state_;
};

}  // namespace hawser::crash

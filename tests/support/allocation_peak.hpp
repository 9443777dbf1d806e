// How much memory was asked for at once. A program that links allocation_peak.cpp has its operator
// new.
#pragma once

#include <cstddef>

namespace hawser::test {

/// Measures from its construction on, on this thread; one at a time.
class allocation_peak {
 public:
  allocation_peak() noexcept;
  /// The largest single allocation so far, in bytes, those that failed included.
  std::size_t bytes() const noexcept;
};

}  // namespace hawser::test

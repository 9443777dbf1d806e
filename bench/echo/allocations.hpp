// Counts the allocations of a thread.
#pragma once

#include <cstdint>

namespace bench {

/// Calls of malloc, calloc, realloc and the aligned ones that this thread has made so far, also
/// through operator new.
std::uint64_t allocations() noexcept;

}  // namespace bench

#include "support/allocation_peak.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

// Of the program itself, so that writing it allocates nothing.
constinit thread_local std::size_t peak = 0;

}  // namespace

hawser::testing::allocation_peak::allocation_peak() noexcept { peak = 0; }
std::size_t hawser::testing::allocation_peak::bytes() const noexcept { return peak; }

// The library's other forms, but those for extended alignment, call these.
void* operator new(std::size_t size) {
  peak = std::max(peak, size);
  if (void* const p = std::malloc(std::max<std::size_t>(size, 1))) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

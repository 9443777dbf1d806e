#include "support/allocation_peak.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

// Of the program itself, so that writing it allocates nothing.
constinit thread_local std::size_t peak = 0;

}  // namespace

hawser::test::allocation_peak::allocation_peak() noexcept { peak = 0; }
std::size_t hawser::test::allocation_peak::bytes() const noexcept { return peak; }

// All forms but those for extended alignment: a sanitizer's own would not call these, and must not
// be given back what they have not handed out.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  peak = std::max(peak, size);
  if (size > std::size_t{1} << 40) return nullptr;  // A sanitizer's malloc() ends the program.
  return std::malloc(std::max<std::size_t>(size, 1));
}
void* operator new(std::size_t size) {
  if (void* const p = operator new(size, std::nothrow)) return p;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return operator new(size, std::nothrow);
}
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { std::free(p); }

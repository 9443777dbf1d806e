// What a fuzz target is: a property of any input, and inputs to begin with.
#pragma once

#include <hawser/core/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

/// Aborts if the property does not hold of the input; libFuzzer's name for it. Always 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace hawser::fuzz {

/// Good inputs and near misses, of which the others are made. The target's own.
std::vector<std::string> seeds();

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Ends the run where the property does not hold.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// The pieces of a text, whose sizes a number chooses: what a peer sends comes in any.
template <class F>
void in_pieces(std::string_view text, std::uint32_t choice, F&& take) {
  while (!text.empty()) {
    choice = choice * 1664525U + 1013904223U;
    const std::size_t n = 1 + (choice >> 24U) % 40;
    if (!take(as_bytes(text.substr(0, n)))) return;
    text.remove_prefix(std::min(n, text.size()));
  }
}

}  // namespace hawser::fuzz

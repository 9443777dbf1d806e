// A hot path of the library, and the part of it whose cost is counted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace hawser::guard {

struct path {
  std::string name;
  std::function<void()> walk;  ///< warms up, then calls measure() once
};

/// Of this program; a file of paths adds its own before main().
inline std::vector<path>& paths() {
  static std::vector<path> all;
  return all;
}
struct add_path {
  add_path(const char* name, void (*walk)()) { paths().push_back({name, walk}); }
};

/// Counts what `part` does, which carries `messages` messages.
void measure(std::uint64_t messages, const std::function<void()>& part);

/// For what must not happen: a path that is not walked to its end has no cost.
void require(bool good, const char* what);

}  // namespace hawser::guard

// Many idle links in one process, by hawser and by Beast.
#pragma once

#include "echo/sockets.hpp"

#include <cstddef>
#include <functional>

namespace bench {

/// Opens `count` links to `to`, exchanges one message on each, calls `idle()` while they are all
/// open and nothing happens, and returns. On the calling thread. Throws std::runtime_error.
using hold_links = void(const target& to, std::size_t count, const std::function<void()>& idle);
hold_links hold_hawser;
hold_links hold_beast;

/// Opens and closes one link after the other for `seconds`; how many, and how many of them resumed.
struct handshakes {
  double per_second = 0;
  std::size_t links = 0;
  std::size_t resumed = 0;
};
handshakes count_handshakes(const target& to, double seconds, bool resume);

}  // namespace bench

// The echo server that every contender talks to.
#pragma once

#include "sockets.hpp"

#include <sys/types.h>

namespace bench {

/// Keeps the calling thread on one core; throws std::runtime_error if there is no such core.
void pin_to_core(int core);

/// A process of its own on a core of its own: raw epoll, no library, just enough of RFC 6455 for a
/// well-behaved client whose messages are shorter than 64 KiB. It sleeps while nothing comes, or
/// (with `busy`) polls without end. Make it before any thread.
class echo_server {
 public:
  /// With `tls`, over TLS. Throws std::runtime_error.
  echo_server(int core, bool busy, SSL_CTX* tls);
  ~echo_server();
  echo_server(const echo_server&) = delete;
  echo_server& operator=(const echo_server&) = delete;

  std::uint16_t port() const noexcept { return port_; }

 private:
  std::uint16_t port_ = 0;
  pid_t child_ = -1;
};

}  // namespace bench

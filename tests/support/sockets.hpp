// Plain sockets on loopback, for tests that need a peer without manners.
#pragma once

#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace hawser::test {

/// 127.0.0.<host>:<port>
inline sockaddr_in loopback(std::uint16_t port, unsigned host = 1) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host);
  return at;
}

/// A blocking socket that is connected, or is not if nobody listens.
inline int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in at = loopback(port);
  ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at);
  return fd;
}

/// A socket that listens on a free port; the port goes into `port`.
inline int listen_on_loopback(std::uint16_t& port, int backlog = 4, unsigned host = 1) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at = loopback(0, host);
  auto* address = reinterpret_cast<sockaddr*>(&at);
  socklen_t size = sizeof at;
  if (::bind(fd, address, size) != 0 || ::listen(fd, backlog) != 0 ||
      ::getsockname(fd, address, &size) != 0) {
    throw std::runtime_error("listen");
  }
  port = ntohs(at.sin_port);
  return fd;
}

/// A listener that accepts nobody and whose queue is full: what asks to connect is never answered.
class black_hole {
 public:
  explicit black_hole(unsigned host = 1) : fd_(listen_on_loopback(port_, 0, host)) {
    const sockaddr_in at = loopback(port_, host);
    for (int& f : fillers_) {
      f = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      ::connect(f, reinterpret_cast<const sockaddr*>(&at), sizeof at);
    }
  }
  ~black_hole() {
    for (const int f : fillers_) ::close(f);
    ::close(fd_);
  }
  black_hole(const black_hole&) = delete;
  black_hole& operator=(const black_hole&) = delete;
  std::uint16_t port() const noexcept { return port_; }

 private:
  std::uint16_t port_ = 0;
  int fd_;
  std::array<int, 8> fillers_{};
};

}  // namespace hawser::test

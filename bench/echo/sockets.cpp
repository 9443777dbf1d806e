#include "sockets.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

descriptor::~descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

void write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t n = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (n <= 0) fail("send");
    data.remove_prefix(static_cast<std::size_t>(n));
  }
}

descriptor dial(std::uint16_t port) {
  descriptor s(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (s.get() < 0) fail("socket");
  const int on = 1;
  ::setsockopt(s.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(s.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fail("connect");
  write_all(s.get(),
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  std::string response;
  std::array<char, 1024> piece;
  while (!response.ends_with("\r\n\r\n")) {  // The server says nothing more by itself.
    const ssize_t n = ::recv(s.get(), piece.data(), piece.size(), 0);
    if (n <= 0) fail("upgrade");
    response.append(piece.data(), static_cast<std::size_t>(n));
  }
  if (!response.starts_with("HTTP/1.1 101 ")) throw std::runtime_error("upgrade refused");
  return s;
}

}  // namespace bench

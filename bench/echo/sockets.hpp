// Plain sockets, for the server and for the clients that have nothing better.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace bench {

/// A file descriptor that is closed by its owner.
class descriptor {
 public:
  explicit descriptor(int fd = -1) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor();

  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

/// A blocking socket with a WebSocket on it, TCP_NODELAY on. Throws std::runtime_error.
descriptor dial(std::uint16_t port);
/// Writes everything to a blocking socket. Throws std::runtime_error.
void write_all(int fd, std::string_view data);
/// Throws std::runtime_error with errno in words.
[[noreturn]] void fail(const std::string& what);

}  // namespace bench

// Plain sockets, perhaps with OpenSSL on them, for the server and for the clients that have nothing
// better.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
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

using tls_context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

/// A connected socket, with TLS on it if it was made with a context.
class stream {
 public:
  explicit stream(descriptor socket, SSL_CTX* tls = nullptr);

  int fd() const noexcept { return socket_.get(); }
  // As recv() and send() answer, errno included.
  ssize_t read(void* to, std::size_t size);
  ssize_t write(const void* from, std::size_t size);
  /// The handshake on a blocking socket, as a client. Throws std::runtime_error.
  void connect();

 private:
  ssize_t answer(int n) const;

  descriptor socket_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

/// Where the echo server is.
struct target {
  std::uint16_t port = 0;
  std::optional<std::string> ca_file = {};  ///< over TLS, its certificate to be verified by this

  std::string url() const;
};

/// A blocking stream with a WebSocket on it, TCP_NODELAY on. Throws std::runtime_error.
stream dial(const target& to);
/// Writes everything to a blocking stream. Throws std::runtime_error.
void write_all(stream& s, std::string_view data);
/// Throws std::runtime_error with errno in words.
[[noreturn]] void fail(const std::string& what);

}  // namespace bench

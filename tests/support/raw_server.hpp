// A WebSocket server for one link on a blocking socket, whose every step a test writes down.
#pragma once

#include "io/net/websocket_key.hpp"
#include "support/sockets.hpp"

#include <array>
#include <functional>
#include <string>
#include <thread>

namespace hawser::test {

class raw_server {
 public:
  /// One accepted connection, in the hands of the script.
  class link {
   public:
    explicit link(int fd) : fd_(fd) {}
    void write(const std::string& bytes) const {
      ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    /// What came, at most 64 KiB; empty: the client has left.
    std::string read() const {
      std::array<char, 65536> piece;
      const ssize_t n = ::recv(fd_, piece.data(), piece.size(), 0);
      return n > 0 ? std::string(piece.data(), static_cast<std::size_t>(n)) : std::string();
    }
    std::string read_request() const {
      std::string request;
      while (request.find("\r\n\r\n") == std::string::npos) {
        const std::string more = read();
        if (more.empty()) break;
        request += more;
      }
      return request;
    }
    /// Answers the upgrade request with 101, `behind` right after it.
    void accept_upgrade(const std::string& behind = {}) const {
      constexpr std::string_view name = "Sec-WebSocket-Key: ";
      const std::string request = read_request();
      const auto at = request.find(name);
      if (at == std::string::npos) return;
      write(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: " +
          io::accept_for(request.substr(at + name.size(), 24)) + "\r\n\r\n" + behind);
    }
    /// Reads until the client leaves.
    void wait_for_end() const {
      while (!read().empty()) {
      }
    }
    /// The end of the script resets the connection instead of ending it.
    void reset_at_end() const {
      const ::linger now{1, 0};
      ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    int fd() const noexcept { return fd_; }

   private:
    int fd_;
  };
  using script = std::function<void(const link&)>;

  /// Plays the script to one client after the other, so many times.
  explicit raw_server(script s, int times = 1) : listener_(listen_on_loopback(port_)) {
    thread_ = std::thread([this, times, run = std::move(s)] {
      for (int i = 0; i < times; ++i) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        run(link(fd));
        ::close(fd);
      }
    });
  }
  ~raw_server() {
    ::shutdown(listener_, SHUT_RDWR);
    wait();
    ::close(listener_);
  }
  /// Until the script has ended: only then may the test read what it wrote down.
  void wait() {
    if (thread_.joinable()) thread_.join();
  }

  std::uint16_t port() const noexcept { return port_; }
  std::string url(const std::string& scheme = "ws") const {
    return scheme + "://127.0.0.1:" + std::to_string(port_);
  }

 private:
  std::uint16_t port_ = 0;
  int listener_;
  std::thread thread_;
};

/// An unmasked frame of a server, up to 125 bytes.
inline std::string server_frame(unsigned op, const std::string& payload, bool fin = true) {
  return std::string{static_cast<char>((fin ? 0x80U : 0U) | op),
                     static_cast<char>(payload.size())} +
         payload;
}

}  // namespace hawser::test

// A peer of blocking calls over loopback: it says what a test tells it to, and waits 10 s at most.
#pragma once

#include "support/frames.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace hawser::rfc6455 {

/// One connection. What it is told while it is gone is ignored.
class tcp_peer {
 public:
  explicit tcp_peer(int fd = -1) : fd_(fd) {
    const timeval bound{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
  }
  tcp_peer(tcp_peer&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), read_(std::move(other.read_)) {}
  tcp_peer& operator=(tcp_peer&&) = delete;
  ~tcp_peer() { close(); }

  static tcp_peer connect(std::uint16_t port) {
    tcp_peer p(::socket(AF_INET, SOCK_STREAM, 0));
    const sockaddr_in to = loopback(port);
    EXPECT_EQ(::connect(p.fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    return p;
  }
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
  }

  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void say(const test::wire_frame& f) { say(test::encode(f)); }

  /// Up to the end of an HTTP head, which is taken off; "" if the stream ends before.
  std::string head() {
    while (true) {
      const auto end = read_.find("\r\n\r\n");
      if (end != std::string::npos) return take(end + 4);
      if (!more()) return {};
    }
  }
  /// The next frame; op 99: the stream ended before.
  test::wire_frame frame() {
    while (true) {
      if (frames_.empty()) frames_ = test::decode(read_);
      if (!frames_.empty()) {
        auto f = std::move(frames_.front());
        frames_.erase(frames_.begin());
        return f;
      }
      if (!more()) return {.op = 99};
    }
  }
  /// Whether the other side ends its stream, after `rest` and nothing else.
  bool ends(std::string* rest = nullptr) {
    while (more()) {
    }
    if (rest != nullptr) *rest = read_;
    return ended_;
  }
  /// What has come and was not taken.
  const std::string& unread() const { return read_; }
  void half_close() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  bool more() {
    char piece[4096];
    const auto n = ::recv(fd_, piece, sizeof piece, 0);
    if (n > 0) read_.append(piece, static_cast<std::size_t>(n));
    ended_ = n == 0 || (n < 0 && errno == ECONNRESET);
    EXPECT_TRUE(n >= 0 || ended_) << "nothing came for 10 s";
    return n > 0;
  }
  std::string take(std::size_t n) {
    std::string out = read_.substr(0, n);
    read_.erase(0, n);
    return out;
  }

  int fd_;
  bool ended_ = false;
  std::string read_;
  std::vector<test::wire_frame> frames_;
};

/// Listens on a free port.
class tcp_listener {
 public:
  tcp_listener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in a = tcp_peer::loopback(0);
    socklen_t size = sizeof a;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&a), size), 0);
    EXPECT_EQ(::listen(fd_, 16), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&a), &size), 0);
    port_ = ntohs(a.sin_port);
    const timeval bound{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  }
  tcp_listener(const tcp_listener&) = delete;
  tcp_listener& operator=(const tcp_listener&) = delete;
  ~tcp_listener() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  std::uint16_t port() const { return port_; }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/chat"; }
  tcp_peer accept() {
    const int fd = ::accept(fd_, nullptr, nullptr);
    EXPECT_GE(fd, 0) << "nobody came for 10 s";
    return tcp_peer(fd);
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

}  // namespace hawser::rfc6455

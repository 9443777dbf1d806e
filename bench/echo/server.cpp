#include "server.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdexcept>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unordered_map>

namespace bench {
namespace {

// base64(SHA-1(key + GUID)) (RFC 6455 section 4.2.2).
std::string accept_key(std::string key) {
  key += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> hash;
  ::EVP_Digest(key.data(), key.size(), hash.data(), nullptr, ::EVP_sha1(), nullptr);
  std::array<unsigned char, 32> text;
  const int n = ::EVP_EncodeBlock(text.data(), hash.data(), hash.size());
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(n)};
}

std::string key_of(const std::string& request) {
  const std::string_view name = "\r\nSec-WebSocket-Key:";
  for (std::size_t i = 0; i + name.size() < request.size(); ++i) {
    if (::strncasecmp(request.data() + i, name.data(), name.size()) != 0) continue;
    const auto from = request.find_first_not_of(' ', i + name.size());
    return request.substr(from, request.find_first_of(" \r", from) - from);
  }
  return {};
}

void unmask(unsigned char* to, const unsigned char* from, std::size_t n, const unsigned char* key) {
  std::uint64_t wide;
  std::memcpy(&wide, key, 4);
  std::memcpy(reinterpret_cast<unsigned char*>(&wide) + 4, key, 4);
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, from + i, 8);
    word ^= wide;
    std::memcpy(to + i, &word, 8);
  }
  for (; i < n; ++i) to[i] = from[i] ^ key[i & 3];
}

// One connection. Reads only when everything is written, so `out_` holds at most what one `in_` has
// room for: an echo is never longer than what it answers.
class link {
 public:
  link(int fd, SSL_CTX* tls) : stream_(descriptor(fd), tls), tls_(tls != nullptr) {}

  /// Reads or goes on writing; false: the connection is over.
  bool turn() {
    if (written_ == out_end_ && !read()) return false;
    return flush();
  }
  int fd() const noexcept { return stream_.fd(); }
  bool blocked() const noexcept { return written_ != out_end_; }

 private:
  static constexpr std::size_t room = 256 * 1024;

  // Everything that has come: what TLS has taken off the socket wakes no epoll.
  bool read() {
    written_ = out_end_ = 0;
    while (in_end_ < room) {
      const ssize_t n = stream_.read(in_.get() + in_end_, room - in_end_);
      if (n == 0) return false;
      if (n < 0 && errno != EAGAIN && errno != EINTR) return false;
      if (n < 0) break;
      in_end_ += static_cast<std::size_t>(n);
      if (!tls_) break;  // One read has it all.
    }
    return in_end_ == 0 || (upgraded_ ? echo() : upgrade());
  }

  bool upgrade() {
    const std::string request(reinterpret_cast<const char*>(in_.get()), in_end_);
    if (!request.ends_with("\r\n\r\n")) return in_end_ < 8192;
    const std::string key = key_of(request);
    if (key.empty()) return false;
    const std::string response =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        accept_key(key) + "\r\n\r\n";
    std::memcpy(out_.get(), response.data(), response.size());
    out_end_ = response.size();
    in_end_ = 0;
    upgraded_ = true;
    return true;
  }

  bool echo() {
    std::size_t at = 0;
    while (in_end_ - at >= 6) {
      const unsigned char* p = in_.get() + at;
      std::size_t size = p[1] & 0x7F;
      std::size_t header = 6;
      if ((p[1] & 0x80) == 0 || size == 127) return false;
      if (size == 126) {
        if (in_end_ - at < 8) break;
        size = static_cast<std::size_t>(p[2] << 8 | p[3]);
        header = 8;
      }
      if (in_end_ - at < header + size) break;
      at += header + size;
      const unsigned op = p[0] & 0x0F;
      if (op == 10) continue;
      unsigned char* to = out_.get() + out_end_;
      to[0] = op == 9 ? 0x8A : p[0];  // A ping is answered by a pong, a Close by a Close.
      std::memcpy(to + 1, p + 1, header - 5);
      to[1] &= 0x7F;
      unmask(to + header - 4, p + header, size, p + header - 4);
      out_end_ += header - 4 + size;
      closing_ = closing_ || op == 8;
    }
    in_end_ -= at;
    std::memmove(in_.get(), in_.get() + at, in_end_);
    return true;
  }

  bool flush() {
    while (written_ != out_end_) {
      const ssize_t n = stream_.write(out_.get() + written_, out_end_ - written_);
      if (n < 0) return errno == EAGAIN || errno == EINTR;
      written_ += static_cast<std::size_t>(n);
    }
    return !closing_;
  }

  stream stream_;
  bool tls_;
  bool upgraded_ = false;
  bool closing_ = false;
  std::unique_ptr<unsigned char[]> in_ = std::make_unique<unsigned char[]>(room);
  std::unique_ptr<unsigned char[]> out_ = std::make_unique<unsigned char[]>(room);
  std::size_t in_end_ = 0;
  std::size_t out_end_ = 0;
  std::size_t written_ = 0;
};

void watch(int epoll, int operation, int fd, std::uint32_t events) {
  epoll_event e{};
  e.events = events;
  e.data.fd = fd;
  if (::epoll_ctl(epoll, operation, fd, &e) != 0) fail("epoll_ctl");
}

[[noreturn]] void serve(int listener, int timeout, SSL_CTX* tls) {
  const descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  watch(epoll.get(), EPOLL_CTL_ADD, listener, EPOLLIN);
  std::unordered_map<int, link> links;
  std::array<epoll_event, 16> events;
  while (true) {
    const int count = ::epoll_wait(epoll.get(), events.data(), events.size(), timeout);
    for (int i = 0; i < count; ++i) {
      const epoll_event& e = events[static_cast<std::size_t>(i)];
      if (e.data.fd == listener) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) continue;
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(epoll.get(), EPOLL_CTL_ADD, fd, EPOLLIN);
        links.try_emplace(fd, fd, tls);
        continue;
      }
      link& l = links.at(e.data.fd);
      const bool was_blocked = l.blocked();
      if (!l.turn()) {
        links.erase(e.data.fd);
      } else if (l.blocked() != was_blocked) {
        watch(epoll.get(), EPOLL_CTL_MOD, l.fd(), was_blocked ? EPOLLIN : EPOLLOUT);
      }
    }
  }
}

}  // namespace

void pin_to_core(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) fail("core " + std::to_string(core));
}

echo_server::echo_server(int core, bool busy, SSL_CTX* tls) {
  const descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* address = reinterpret_cast<sockaddr*>(&at);
  if (listener.get() < 0 || ::bind(listener.get(), address, size) != 0 ||
      ::listen(listener.get(), 16) != 0 || ::getsockname(listener.get(), address, &size) != 0) {
    fail("echo server");
  }
  port_ = ntohs(at.sin_port);
  child_ = ::fork();
  if (child_ < 0) fail("fork");
  if (child_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // However the parent ends.
  try {
    pin_to_core(core);
    serve(listener.get(), busy ? 0 : -1, tls);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "echo server: %s\n", e.what());
    ::_exit(1);
  }
}

echo_server::~echo_server() {
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

}  // namespace bench

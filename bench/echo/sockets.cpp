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

stream::stream(descriptor socket, SSL_CTX* tls)
    : socket_(std::move(socket)), ssl_(tls ? SSL_new(tls) : nullptr, SSL_free) {
  if (!ssl_) return;
  SSL_set_fd(ssl_.get(), fd());
  SSL_set_accept_state(ssl_.get());
}

ssize_t stream::answer(int n) const {
  if (n > 0) return n;
  switch (SSL_get_error(ssl_.get(), n)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    default:
      errno = EPROTO;
      return -1;
  }
}

ssize_t stream::read(void* to, std::size_t size) {
  if (!ssl_) return ::recv(fd(), to, size, 0);
  return answer(SSL_read(ssl_.get(), to, static_cast<int>(size)));
}

ssize_t stream::write(const void* from, std::size_t size) {
  if (!ssl_) return ::send(fd(), from, size, MSG_NOSIGNAL);
  return answer(SSL_write(ssl_.get(), from, static_cast<int>(size)));
}

void stream::connect() {
  if (!ssl_) return;
  SSL_set_connect_state(ssl_.get());
  if (SSL_connect(ssl_.get()) != 1) throw std::runtime_error("TLS handshake");
}

std::string target::url() const {
  return (!ca_file ? "ws://127.0.0.1:" : "wss://127.0.0.1:") + std::to_string(port);
}

void write_all(stream& s, std::string_view data) {
  while (!data.empty()) {
    const ssize_t n = s.write(data.data(), data.size());
    if (n <= 0) fail("send");
    data.remove_prefix(static_cast<std::size_t>(n));
  }
}

stream dial(const target& to) {
  descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) fail("socket");
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(to.port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
    fail("connect");
  }
  tls_context context(nullptr, SSL_CTX_free);
  if (to.ca_file) {
    context.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_load_verify_file(context.get(), to.ca_file->c_str());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  stream s(std::move(socket), context.get());
  s.connect();
  write_all(s,
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  std::string response;
  std::array<char, 1024> piece;
  while (!response.ends_with("\r\n\r\n")) {  // The server says nothing more by itself.
    const ssize_t n = s.read(piece.data(), piece.size());
    if (n <= 0) fail("upgrade");
    response.append(piece.data(), static_cast<std::size_t>(n));
  }
  if (!response.starts_with("HTTP/1.1 101 ")) throw std::runtime_error("upgrade refused");
  return s;
}

}  // namespace bench

#include "tls/openssl_server.hpp"

#include "io/net/websocket_key.hpp"
#include "support/sockets.hpp"

#include <array>
#include <csignal>

namespace hawser::test {
namespace {

// Until the client leaves: hanging up first could overtake what was said to it.
void linger(int socket) {
  ::shutdown(socket, SHUT_WR);
  std::array<char, 4096> rest;
  while (::recv(socket, rest.data(), rest.size(), 0) > 0) {
  }
}

}  // namespace

openssl_server::openssl_server(plan p) : plan_(std::move(p)), listener_(listen_on_loopback(port_)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets whose peer is gone.
  thread_ = std::thread([this] { run(); });
}

openssl_server::~openssl_server() {
  ::shutdown(listener_, SHUT_RDWR);  // Wakes an accept that nobody came for.
  thread_.join();
  ::close(listener_);
}

void openssl_server::run() {
  const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) return;
  if (plan_.garbage.empty()) {
    secure(socket);
  } else {
    ::send(socket, plan_.garbage.data(), plan_.garbage.size(), MSG_NOSIGNAL);
    linger(socket);
  }
  ::close(socket);
}

void openssl_server::secure(int socket) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()),
                                                                  SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_use_certificate(context.get(), plan_.shown.shown.get());
  if (plan_.shown.issuer) {
    SSL_CTX_add1_chain_cert(context.get(), plan_.shown.issuer.get());
  }
  SSL_CTX_use_PrivateKey(context.get(), plan_.shown.key.get());
  if (plan_.prepare) plan_.prepare(context.get());
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  SSL_set_fd(ssl.get(), socket);
  if (SSL_accept(ssl.get()) == 1 && plan_.serve) return plan_.serve(ssl.get(), socket);
  linger(socket);
}

void accept_upgrade(SSL* ssl) {
  std::string request;
  std::array<char, 4096> piece;
  while (request.find("\r\n\r\n") == std::string::npos) {
    const int n = SSL_read(ssl, piece.data(), piece.size());
    if (n <= 0) return;
    request.append(piece.data(), static_cast<std::size_t>(n));
  }
  constexpr std::string_view name = "Sec-WebSocket-Key: ";
  const std::string key = request.substr(request.find(name) + name.size(), 24);
  const std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      io::accept_for(key) + "\r\n\r\n";
  SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
}

}  // namespace hawser::test

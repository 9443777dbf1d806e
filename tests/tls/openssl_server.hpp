// A TLS server of plain OpenSSL on blocking sockets, for one connection: what a peer that is not
// hawser does, rightly or wrongly.
#pragma once

#include "support/certificates.hpp"

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace hawser::test {

class openssl_server {
 public:
  struct plan {
    identity shown;
    std::function<void(SSL_CTX*)> prepare = {};
    /// Instead of a handshake: these bytes, then nothing more is read.
    std::string garbage = {};
    /// After the handshake; by default it waits until the client leaves.
    std::function<void(SSL*, int socket)> serve = {};
  };
  explicit openssl_server(plan p);
  ~openssl_server();

  std::string url() const { return "wss://127.0.0.1:" + std::to_string(port_); }

 private:
  void run();
  void secure(int socket);

  plan plan_;
  std::uint16_t port_ = 0;
  int listener_;
  std::thread thread_;
};

/// Reads the upgrade request and answers it with 101.
void accept_upgrade(SSL* ssl);

}  // namespace hawser::test

// The certificate that a benchmark's server shows, made for the run.
#pragma once

#include "sockets.hpp"

#include <string>

namespace bench {

class server_identity {
 public:
  /// Throws std::runtime_error.
  server_identity();
  ~server_identity();
  server_identity(const server_identity&) = delete;
  server_identity& operator=(const server_identity&) = delete;

  /// For 127.0.0.1, TLS 1.2 or 1.3.
  SSL_CTX* context() const noexcept { return context_.get(); }
  /// What verifies it, PEM.
  const std::string& ca_file() const noexcept { return ca_file_; }
  const std::string& certificate_file() const noexcept { return certificate_file_; }
  const std::string& key_file() const noexcept { return key_file_; }

 private:
  std::string folder_;
  std::string ca_file_;
  std::string certificate_file_;
  std::string key_file_;
  tls_context context_;
};

}  // namespace bench

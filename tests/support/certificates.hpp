// Certificates that a test makes for itself, right and wrong ones.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

namespace hawser::test {

using certificate = std::shared_ptr<X509>;
using private_key = std::shared_ptr<EVP_PKEY>;

struct certificate_request {
  std::string common_name = "hawser test";
  std::vector<std::string> alternative_names = {"IP:127.0.0.1", "DNS:localhost"};
  long begins = -3600;  // seconds from now
  long ends = 3600;
  int rsa_bits = 0;  // 0: P-256
  bool authority = false;
};

struct identity {
  certificate shown;
  private_key key;
  certificate issuer;  // null: itself

  /// Its certificate, then its issuer's, in PEM.
  std::string chain_pem() const;
  std::string certificate_pem() const;
  std::string key_pem() const;
  /// "sha256//..." of its public key.
  std::string pin() const;
};

/// Signed by `issuer`, or by itself.
identity make_identity(const certificate_request& r, const identity* issuer = nullptr);
/// An authority.
identity make_authority(const std::string& name = "hawser test authority");

}  // namespace hawser::test

// Which of our errors an OpenSSL failure is.
#pragma once

#include <hawser/error.hpp>

#include <openssl/ssl.h>

#include <string>

namespace hawser::io {

struct tls_failure {
  error_code error;
  std::string detail;  ///< in words
};

/// What made a handshake, read or write of `ssl`, whose app data are tls_notes, fail; empties
/// OpenSSL's queue of errors. `asked`: the peer wanted a certificate of ours, and there was none.
tls_failure explain_tls(SSL* ssl, bool asked);

/// The first error of OpenSSL's queue in words; empties the queue.
std::string last_openssl_error();

}  // namespace hawser::io

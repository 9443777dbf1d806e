// What the TLS links of one set of options share.
#pragma once

#include <hawser/error.hpp>
#include <hawser/tls.hpp>

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace hawser::io {

template <auto Free>
struct openssl_free {
  template <class T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};
using ssl_handle = std::unique_ptr<SSL, openssl_free<SSL_free>>;
using ssl_session = std::unique_ptr<SSL_SESSION, openssl_free<SSL_SESSION_free>>;

/// Certificates, keys and trust, as read from files: an SSL_CTX. Never changed once made, and then
/// used from any thread.
using tls_context = std::shared_ptr<SSL_CTX>;

/// The context for these options. Clients with the same options share one for as long as one of
/// them lives, since the system's authorities alone take more than a megabyte; a file that has
/// changed gives a new one. tls_errc::unusable_files; `complaint` says which and why. Thread-safe.
result<tls_context> client_context(const tls_options& o, std::string& complaint);
result<tls_context> server_context(const tls_server_options& o, std::string& complaint);

/// What a client keeps for its next link: the context, so that it is not read again, and the
/// session of the last link. Not thread-safe.
struct tls_resumption {
  tls_context context;  // that it belongs to
  ssl_session session;
};

/// What the callbacks of a context leave for one link, and find there: the app data of its SSL.
struct tls_notes {
  std::shared_ptr<tls_resumption> sessions;  // null: none are kept
  std::string refused;                       // the certificate that was not accepted
  bool refused_has_names = false;            // a subjectAltName
  std::string refused_names;                 // those in it, if it was for another name
  std::string asked;                         // the name that it should have had
};

}  // namespace hawser::io

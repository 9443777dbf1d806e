#include "io/tls/errors.hpp"

#include "io/tls/context.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cstring>

namespace hawser::io {
namespace {

std::string text_of(unsigned long e) {
  if (e == 0) return "unknown reason";
  if (ERR_SYSTEM_ERROR(e)) return std::strerror(static_cast<int>(ERR_GET_REASON(e)));
  const char* reason = ERR_reason_error_string(e);
  return reason != nullptr ? reason : "error " + std::to_string(e);
}

tls_errc error_for_verification(const tls_notes& notes, long verdict) {
  switch (verdict) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return tls_errc::self_signed;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return tls_errc::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return tls_errc::not_yet_valid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return notes.refused_has_names ? tls_errc::wrong_name : tls_errc::no_alternative_name;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return tls_errc::weak;
    default:
      return tls_errc::untrusted;
  }
}

// An alert about a certificate of whoever reads it.
bool is_about_certificate(int reason) {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
      return true;
    default:
      return false;
  }
}

// Whether a client's alert is about our certificate: it shows none before it has judged ours (RFC
// 8446 section 4.4).
bool refuses_certificate(int reason) {
  return is_about_certificate(reason) || reason == SSL_R_TLSV1_ALERT_DECRYPT_ERROR ||
         reason == SSL_R_TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE;
}

tls_errc error_for_reason(int reason, bool asked) {
  if (is_about_certificate(reason)) return tls_errc::client_certificate;
  switch (reason) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return tls_errc::truncated;
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return tls_errc::client_certificate;
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:  // All that TLS 1.2 says of a missing certificate.
      return asked ? tls_errc::client_certificate : tls_errc::failed;
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      return tls_errc::version;
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
      return tls_errc::weak;
    case SSL_R_WRONG_VERSION_NUMBER:  // The first bytes are no record: often plain HTTP.
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_ENCRYPTED_LENGTH_TOO_LONG:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_LENGTH_MISMATCH:
    case SSL_R_BAD_LENGTH:
      return tls_errc::malformed;
    default:
      return tls_errc::failed;
  }
}

}  // namespace

std::string last_openssl_error() {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  return text_of(first);
}

tls_failure explain_tls(SSL* ssl, bool asked) {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  const int reason = ERR_GET_LIB(first) == ERR_LIB_SSL ? ERR_GET_REASON(first) : 0;
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    const long verdict = SSL_get_verify_result(ssl);
    const auto& notes = *static_cast<const tls_notes*>(SSL_get_app_data(ssl));
    const tls_errc e = error_for_verification(notes, verdict);
    std::string detail =
        make_error_code(e).message() + ": " + X509_verify_cert_error_string(verdict) + ": ";
    if (e == tls_errc::wrong_name || e == tls_errc::no_alternative_name) {
      detail += "asked for " + notes.asked + ", the certificate is for " +
                (notes.refused_names.empty() ? "no name" : notes.refused_names) + ": ";
    }
    return {e, detail + notes.refused};
  }
  if (SSL_is_server(ssl) != 0 && refuses_certificate(reason)) {
    return {tls_errc::failed, "the client refuses our certificate: " + text_of(first)};
  }
  const tls_errc e = error_for_reason(reason, asked);
  return {e, make_error_code(e).message() + ": " + text_of(first)};
}

}  // namespace hawser::io

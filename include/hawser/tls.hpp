// What TLS is to prove, and with what. Plain values; OpenSSL stays inside the library.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hawser {

/// TLS of a client, for wss:// (RFC 8446, RFC 5246). Verified by default: the chain against the
/// trusted authorities, the name against the certificate's subjectAltName alone (RFC 9525 section
/// 6.3: a common name is not a name). TLS 1.2 or 1.3; keys and signatures of at least 112 bits.
/// Files are PEM; they are read before the first dial, and again by the next dial after they
/// changed. An empty path is refused: it is a variable that was not set, not a file that was not
/// given.
struct tls_options {
  std::optional<std::string> ca_file = {};  ///< trusted authorities; not given: the system's
  std::optional<std::string> certificate_file = {};  ///< ours, then its chain, for mutual TLS
  std::optional<std::string> key_file = {};          ///< of certificate_file, without a passphrase
  /// The name to ask for (SNI, RFC 6066 section 3) and to verify; empty: the URL's host.
  std::string server_name = {};
  /// If any are given, the public key of the server's own certificate must be one of them:
  /// "sha256//" and the base64 of SHA-256 over its SubjectPublicKeyInfo. Give the next key too,
  /// before the server changes to it.
  std::vector<std::string> pins = {};
  int verify_depth =
      8;               ///< authorities between the server's certificate and a trusted one, 0 to 100
  bool resume = true;  ///< try the session of the last link (RFC 8446 section 2.2)
  /// Verify neither chain nor name: whoever sits on the path may read and change everything, unless
  /// `pins` are given, which still hold. A warning is logged at each dial.
  bool insecure_skip_verify = false;
};

/// TLS of an acceptor. On if `certificate_file` is given; then `key_file` must be, too. An empty
/// path is refused: it is a variable that was not set, not a file that was not given.
struct tls_server_options {
  std::optional<std::string> certificate_file = {};  ///< ours, then its chain
  std::optional<std::string> key_file = {};          ///< of certificate_file, without a passphrase
  /// Given: clients must show a certificate of these authorities.
  std::optional<std::string> client_ca_file = {};
  int verify_depth = 8;  ///< as in tls_options
};

/// What protects a link.
struct tls_info {
  std::string_view version;  ///< "TLSv1.3"; empty: nothing does
  std::string_view cipher;   ///< by OpenSSL's name
  bool resumed = false;      ///< a session of an earlier link was taken up
  /// DNS names in the subjectAltName of the certificate that the peer showed; to be trusted only if
  /// it was verified: by a client unless insecure_skip_verify, by an acceptor with client_ca_file.
  std::vector<std::string> names = {};
};

}  // namespace hawser

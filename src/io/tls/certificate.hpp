// What is read off a certificate.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <vector>

namespace hawser::io {

/// The DNS names in its subjectAltName. None for null.
std::vector<std::string> dns_names_of(X509* certificate);

/// The DNS names and addresses in its subjectAltName for people: "a.example, *.b.example, 10.0.0.1
/// and 3 more", capped, since anybody can send a certificate.
std::string list_names_of(X509* certificate);

/// "sha256//" and the base64 of SHA-256 over its SubjectPublicKeyInfo (as in RFC 7469 section 2.4);
/// empty for null.
std::string pin_of(X509* certificate);

}  // namespace hawser::io

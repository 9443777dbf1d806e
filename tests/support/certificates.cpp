#include "support/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>

namespace hawser::test {
namespace {

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL");
}

template <class Write>
std::string pem(Write&& write) {
  BIO* memory = BIO_new(BIO_s_mem());
  require(write(memory) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  std::string out(text, static_cast<std::size_t>(size));
  BIO_free(memory);
  return out;
}

void extend(X509* of, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, of, nullptr, nullptr, 0);
  X509_EXTENSION* e = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  require(e != nullptr && X509_add_ext(of, e, -1) == 1);
  X509_EXTENSION_free(e);
}

}  // namespace

identity make_identity(const certificate_request& r, const identity* issuer) {
  identity made;
  made.key.reset(
      r.rsa_bits != 0 ? EVP_RSA_gen(static_cast<unsigned>(r.rsa_bits)) : EVP_EC_gen("P-256"),
      EVP_PKEY_free);
  made.shown.reset(X509_new(), X509_free);
  X509* x = made.shown.get();
  X509* from = issuer ? issuer->shown.get() : x;
  X509_set_version(x, X509_VERSION_3);
  static long serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
  X509_gmtime_adj(X509_getm_notBefore(x), r.begins);
  X509_gmtime_adj(X509_getm_notAfter(x), r.ends);
  X509_set_pubkey(x, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(r.common_name.data()),
                             static_cast<int>(r.common_name.size()), -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(from));
  extend(x, from, NID_basic_constraints, r.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  extend(x, from, NID_subject_key_identifier, "hash");
  std::string names;
  for (const std::string& name : r.alternative_names) names += (names.empty() ? "" : ",") + name;
  if (!names.empty() && !r.authority) extend(x, from, NID_subject_alt_name, names);
  EVP_PKEY* signer = issuer ? issuer->key.get() : made.key.get();
  require(X509_sign(x, signer, EVP_sha256()) > 0);
  if (issuer) made.issuer = issuer->shown;
  return made;
}

identity make_authority(const std::string& name) {
  return make_identity({.common_name = name, .authority = true});
}

std::string identity::certificate_pem() const {
  return pem([&](BIO* b) { return PEM_write_bio_X509(b, shown.get()); });
}

std::string identity::chain_pem() const {
  if (!issuer) return certificate_pem();
  return certificate_pem() + pem([&](BIO* b) { return PEM_write_bio_X509(b, issuer.get()); });
}

std::string identity::key_pem() const {
  return pem([&](BIO* b) {
    return PEM_write_bio_PrivateKey(b, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string identity::pin() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  require(size > 0);
  std::array<unsigned char, 32> digest;
  EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  std::array<char, 48> text;
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), digest.data(), digest.size());
  return "sha256//" + std::string(text.data());
}

}  // namespace hawser::test

#include "io/tls/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <array>

namespace hawser::io {

namespace {

constexpr std::size_t most_listed = 8;
constexpr std::size_t longest_listed = 80;  // bytes of a name

// A DNS name or an address; empty for what a server is not called by.
std::string name_in(const GENERAL_NAME* name) {
  if (name->type != GEN_DNS && name->type != GEN_IPADD) return {};
  const ASN1_STRING* s = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
  const unsigned char* data = ASN1_STRING_get0_data(s);
  const auto size = static_cast<std::size_t>(ASN1_STRING_length(s));
  if (name->type == GEN_DNS) return {reinterpret_cast<const char*>(data), size};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (size != 4 && size != 16) return "an address of " + std::to_string(size) + " bytes";
  ::inet_ntop(size == 4 ? AF_INET : AF_INET6, data, text.data(), text.size());
  return text.data();
}

}  // namespace

std::string list_names_of(X509* certificate) {
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string out;
  std::size_t found = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    std::string name = name_in(sk_GENERAL_NAME_value(all, i));
    if (name.empty() || ++found > most_listed) continue;
    if (name.size() > longest_listed) name.replace(longest_listed, std::string::npos, "...");
    out.append(out.empty() ? "" : ", ").append(name);
  }
  GENERAL_NAMES_free(all);
  if (found > most_listed) out += " and " + std::to_string(found - most_listed) + " more";
  return out;
}

std::vector<std::string> dns_names_of(X509* certificate) {
  std::vector<std::string> out;
  if (certificate == nullptr) return out;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_DNS) continue;
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    out.emplace_back(text, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  GENERAL_NAMES_free(all);
  return out;
}

std::string pin_of(X509* certificate) {
  if (certificate == nullptr) return {};
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return {};
  std::array<unsigned char, 32> digest;
  EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  std::array<char, 48> text;
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), digest.data(), digest.size());
  return "sha256//" + std::string(text.data());
}

}  // namespace hawser::io

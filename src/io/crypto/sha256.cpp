// SHA-256 over OpenSSL's EVP: the algorithm is fetched once, the context is reused.
#include <hawser/io/crypto.hpp>

#include <openssl/evp.h>

#include <stdexcept>

namespace hawser {
namespace {

void must(int ok) {
  if (ok != 1) throw std::runtime_error("SHA-256 failed in the crypto library");
}

class evp_sha256 final : public hasher {
 public:
  evp_sha256()
      : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free),
        context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (!algorithm_ || !context_) throw std::runtime_error("the crypto library has no SHA-256");
    must(EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr));
  }

  digest sha256(std::initializer_list<bytes_view> parts) override {
    // Without a type the context keeps its algorithm and its memory.
    must(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr));
    for (const bytes_view part : parts) {
      must(EVP_DigestUpdate(context_.get(), part.data(), part.size()));
    }
    digest out;
    must(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr));
    return out;
  }

 private:
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::unique_ptr<hasher> make_sha256() { return std::make_unique<evp_sha256>(); }

}  // namespace hawser

#include <hawser/io/crypto.hpp>

#include <climits>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>

namespace hawser {

void random_bytes(std::span<std::byte> out) {
  while (!out.empty()) {
    const auto part = out.first(std::min<std::size_t>(out.size(), INT_MAX));
    if (RAND_bytes(reinterpret_cast<unsigned char*>(part.data()), static_cast<int>(part.size())) !=
        1) {
      throw std::runtime_error("the system has no entropy");
    }
    out = out.subspan(part.size());
  }
}

std::string openssl_version() { return OpenSSL_version(OPENSSL_VERSION_STRING); }

std::uint64_t random_u64() {
  std::array<std::byte, sizeof(std::uint64_t)> out;
  random_bytes(out);
  return std::bit_cast<std::uint64_t>(out);
}

}  // namespace hawser

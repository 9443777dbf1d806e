#include <hawser/io/crypto.hpp>

#include <openssl/crypto.h>

namespace hawser {

bool constant_time_equal(bytes_view a, bytes_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace hawser

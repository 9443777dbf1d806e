// Sec-WebSocket-Key and what answers it, by OpenSSL's SHA-1 and base64.
#include "io/net/websocket_key.hpp"

#include <openssl/evp.h>

#include <array>
#include <span>

namespace hawser::io {
namespace {

std::string base64(std::span<const unsigned char> in) {
  std::string out(4 * ((in.size() + 2) / 3) + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), in.data(),
                                static_cast<int>(in.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

}  // namespace

std::string make_websocket_key(entropy& random) {
  std::array<std::byte, 16> nonce;
  random.fill(nonce);
  return base64({reinterpret_cast<const unsigned char*>(nonce.data()), nonce.size()});
}

std::string accept_for(std::string_view key) {
  std::string joined(key);
  joined += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned n = 0;
  EVP_Digest(joined.data(), joined.size(), digest.data(), &n, EVP_sha1(), nullptr);
  return base64({digest.data(), n});
}

}  // namespace hawser::io

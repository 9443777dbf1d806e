// A hash for tests of what is hashed: deterministic, quick, and of no cryptographic worth.
#pragma once

#include <hawser/core/hash.hpp>
#include <hawser/core/receipt/receipt.hpp>

namespace hawser::test {

/// Four FNV-1a sums with different seeds; keeps what it was given last.
class fake_hasher final : public hasher {
 public:
  digest sha256(std::initializer_list<bytes_view> parts) override {
    input.clear();
    for (const bytes_view part : parts) input.insert(input.end(), part.begin(), part.end());
    digest d;
    for (std::size_t lane = 0; lane < 4; ++lane) {
      std::uint64_t sum = 0xcbf29ce484222325 + lane;
      for (const std::byte b : input) {
        sum = (sum ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3;
      }
      for (std::size_t i = 0; i < 8; ++i) {
        d[lane * 8 + i] = static_cast<std::byte>(sum >> 8 * i & 0xff);
      }
    }
    return d;
  }

  bytes input;
};

/// Receipts 1 to `count` of a stream, chained.
inline std::vector<chained_receipt> fake_chain(const stream_key& key, std::uint64_t count,
                                               std::size_t key_size = 4) {
  fake_hasher h;
  digest at = chain_origin(h, key);
  std::vector<chained_receipt> chain;
  for (std::uint64_t seq = 1; seq <= count; ++seq) {
    receipt r;
    r.seq = seq;
    r.hlc = seq << 16;
    r.event = "record_usage";
    r.key = std::string(key_size, 'k');
    bytes body = encode(r);
    at = chain_next(h, at, body);
    chain.push_back({seq, at, std::move(body)});
  }
  return chain;
}

}  // namespace hawser::test

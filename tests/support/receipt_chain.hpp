// Makes the receipts of a stream, correctly chained.
#pragma once

#include <hawser/core/receipt/hlc.hpp>
#include <hawser/core/receipt/receipt.hpp>
#include <hawser/io/crypto.hpp>

#include <memory>
#include <vector>

namespace hawser::test {

class receipt_chain {
 public:
  explicit receipt_chain(stream_key key)
      : key_(std::move(key)), head_{0, chain_origin(*hasher_, key_)} {}

  const stream_key& key() const noexcept { return key_; }
  const stream_head& head() const noexcept { return head_; }

  /// The next receipt. Chains whose receipts differ in `event` have different hashes.
  chained_receipt next(wall_ms at = 1, const std::string& event = "record_usage") {
    receipt r;
    r.seq = head_.seq + 1;
    r.hlc = hlc_at(at);
    r.event = event;
    r.from = r.to = "active";
    r.reason = "usage_recorded";
    r.key = "key-" + std::to_string(r.seq);
    bytes body = encode(r);
    head_ = {r.seq, chain_next(*hasher_, head_.hash, body)};
    return {head_.seq, head_.hash, std::move(body)};
  }

  std::vector<chained_receipt> next_batch(std::size_t count,
                                          const std::string& event = "record_usage") {
    std::vector<chained_receipt> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(next(1, event));
    return out;
  }

 private:
  std::shared_ptr<hasher> hasher_ = make_sha256();  // shared by copies, which fork the chain
  stream_key key_;
  stream_head head_;
};

}  // namespace hawser::test

// A receipt, its frozen encoding, and the hash chain that binds the receipts of a stream.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/core/hash.hpp>
#include <hawser/error.hpp>

namespace hawser {

/// What names a stream for ever. The epoch is 64 random bits minted with the outbox file, so that a
/// wiped device cannot reuse sequence numbers.
struct stream_key {
  std::string device;
  std::string governor;  ///< kind and id: "quota/tenant-1/api"
  std::uint64_t epoch = 0;

  friend auto operator<=>(const stream_key&, const stream_key&) = default;
};

/// The last receipt of a history: its number and its hash. Number 0 is the stream's origin.
struct stream_head {
  std::uint64_t seq = 0;
  digest hash{};

  friend bool operator==(const stream_head&, const stream_head&) = default;
};

/// One transition of a governor. Encoded as the CBOR array [seq, hlc, event, from, to, reason, key,
/// metadata] in deterministic CBOR (RFC 8949 section 4.2); those bytes are what is hashed, stored
/// and sent, and they never change.
struct receipt {
  std::uint64_t seq = 0;  ///< from 1, without holes
  std::uint64_t hlc = 0;  ///< 48 bits of Unix milliseconds, 16 bits of counter
  std::string event;
  std::string from;
  std::string to;
  std::string reason;
  std::string key;  ///< the caller's idempotency key; empty: none
  bytes metadata;   ///< a deterministic CBOR map with text keys; empty: the empty map

  friend bool operator==(const receipt&, const receipt&) = default;
};

/// The frozen encoding. Deterministic: equal receipts give equal bytes.
bytes encode(const receipt& r);

/// Reads the frozen encoding back. Refuses anything that encode() would not have written
/// (wire_errc::malformed).
result<receipt> decode_receipt(bytes_view encoded);

/// h_0 = SHA-256(cbor(["hawser.v1/0", device, governor, epoch])).
digest chain_origin(hasher& h, const stream_key& stream);

/// h_n = SHA-256(cbor(["hawser.v1/n", h_{n-1}, receipt_n])).
digest chain_next(hasher& h, const digest& previous, bytes_view encoded_receipt);

/// A receipt as it lies in a store: its frozen encoding and the hash that the chain has after it.
struct chained_receipt {
  std::uint64_t seq = 0;
  digest hash{};
  bytes body;
  /// In a ledger: how far its HLC was ahead of the cloud's clock when it came, in milliseconds, if
  /// that was more than max_clock_ahead; else 0.
  std::int64_t clock_ahead = 0;
};

}  // namespace hawser

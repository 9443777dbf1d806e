// The seam to the cloud's ledger: an append-only chain per stream, compare-and-swap on its head.
#pragma once

#include <hawser/core/receipt/receipt.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace hawser {

/// What became of a batch.
enum class append_status : std::uint8_t {
  committed,  ///< all or the new tail of it
  repeated,   ///< all of it was there already
  gap,        ///< receipts before it are missing; `head` says what is expected
  fork,       ///< it contradicts what is committed; the stream is quarantined
  unrelated,  ///< it begins at no receipt of the stream: it is another one's, or damaged
};

struct append_result {
  append_status status = append_status::committed;
  stream_head head;  ///< of the stream, after this call
};

/// A stream as the ledger knows it.
struct ledger_stream {
  stream_key key;
  stream_head head;
  bool forked = false;  ///< quarantined: nothing is appended until an operator decides
};

/// One batch of a stream. The caller has recomputed the hashes of `rows` from `previous`.
struct batch {
  stream_key stream;
  stream_head previous;
  std::span<const chained_receipt> rows;
};

/// A durable ledger. Calls between begin() and commit() become durable together; after a failed
/// commit() nothing of the group happened, unless it answered store_errc::in_doubt: then a restart
/// may find it. Two ledgers may share a database: the head is swapped only if nobody moved it. Used
/// from one thread. Errors: store_errc::failed (see last_error()), store_errc::in_doubt,
/// store_errc::corrupt.
class ledger {
 public:
  virtual ~ledger() = default;
  virtual result<void> begin() = 0;
  virtual result<void> commit() = 0;
  virtual void rollback() noexcept = 0;
  /// After a failed write or commit every write answers store_errc::failed until this succeeds: it
  /// makes sure on disk that the failed group cannot come back, and opens the database anew.
  virtual result<void> reopen() = 0;

  /// The stream as it stands; nullopt: never seen.
  virtual result<std::optional<ledger_stream>> find(const stream_key& key) = 0;
  /// Appends what is new of the batch. An overlap is compared hash by hash.
  virtual result<append_result> append(const batch& b) = 0;
  virtual result<std::vector<chained_receipt>> read(const stream_key& key, std::uint64_t first,
                                                    std::size_t max_rows) = 0;
  virtual const std::string& last_error() const noexcept = 0;
  /// What an operator has to know although nothing failed, once; empty: nothing.
  virtual std::string notice() { return {}; }
  /// The same where something was lost.
  virtual std::string alarm() { return {}; }
};

}  // namespace hawser

// The seam to the cloud's ledger: an append-only chain per stream, compare-and-swap on its head.
#pragma once

#include <hawser/core/receipt/receipt.hpp>
#include <hawser/store/group_store.hpp>

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

/// The cloud's store. Two ledgers may share a database: the head is swapped only if nobody moved
/// it.
class ledger : public group_store {
 public:
  /// The stream as it stands; nullopt: never seen. Outside of a group store_errc::corrupt is about
  /// this stream alone.
  virtual result<std::optional<ledger_stream>> find(const stream_key& key) = 0;
  /// Appends what is new of the batch. An overlap is compared hash by hash.
  virtual result<append_result> append(const batch& b) = 0;
  virtual result<std::vector<chained_receipt>> read(const stream_key& key, std::uint64_t first,
                                                    std::size_t max_rows) = 0;
};

struct ledger_options {
  std::string path;  ///< made if missing; beside a SQLite file, `path`.id says that a store is here
  bool require_store = false;  ///< refuses where there is none, as in outbox_options
};

/// Makes the store of a cloud; the words of an error say why it cannot. An engine of your own is
/// such a function.
using ledger_factory =
    std::function<result<std::unique_ptr<ledger>, error_info>(const ledger_options& options)>;

}  // namespace hawser

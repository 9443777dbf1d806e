// Walks stored chains link by link and names the first broken one.
#pragma once

#include <hawser/core/receipt/receipt.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hawser {

/// A stream as a store claims to hold it: receipts from base.seq + 1 to last.seq.
struct stored_stream {
  stream_key key;
  stream_head base;  ///< seq 0: the hash must be the origin's
  stream_head last;
};

/// The first thing that is wrong: where, and what.
struct breakage {
  std::string stream;  ///< device/governor, or "" when the file itself is damaged
  std::uint64_t seq = 0;
  std::string what;
  stream_key key = {};  ///< of the stream; empty: the file
};

struct audit_result {
  std::uint64_t streams = 0;
  std::uint64_t receipts = 0;
  /// Streams with at least one break, rows whose checksum does not match (of a stream that is
  /// broken, its own row is the same break), and file damage as one.
  std::uint64_t broken = 0;
  std::optional<breakage> first_broken;
  std::vector<breakage> breaks;  ///< the first 100 of them
};

/// A part of a stream, and the bounds of the stream when it was read.
struct receipt_slice {
  stream_head base;  ///< what the store has of it begins behind this
  stream_head last;
  std::vector<chained_receipt> receipts;
};

/// A read-only view of an outbox or a ledger file; safe while its owner runs. Between two calls
/// nothing of the store is held, so whoever is shown receipts may take as long as they like.
class receipt_archive {
 public:
  virtual ~receipt_archive() = default;
  /// Damage of the file itself (SQLite's integrity check, rows without a stream); nullopt: none.
  virtual result<std::optional<std::string>> damage() = 0;
  /// Rows that are not what was written, the first 1,000; `key` for the row of a stream.
  virtual result<std::vector<breakage>> damaged_rows() { return std::vector<breakage>(); }
  /// That there were more receipts than there are, in words: the archive is an older copy, or the
  /// end of its log was lost. "": nothing says so. No breakage: what is there may be whole.
  virtual result<std::string> missing() { return std::string(); }
  /// Every stream, in a stable order.
  virtual result<std::vector<stored_stream>> streams() = 0;
  /// The next receipts of one stream behind `after`, in order of seq, as many as the archive
  /// likes; none: there are no more.
  virtual result<receipt_slice> read(const stream_key& key, std::uint64_t after) = 0;
  /// What the store said when a call failed last, in words; "": the error code is all.
  virtual std::string last_error() const { return {}; }
};

/// Recomputes every hash. `visit` (may be empty) sees each receipt after its link was verified, so
/// nothing unverified is ever shown. Each stream is read up to the head that it had at the
/// beginning; what the owner has deleted meanwhile (acknowledged receipts of an outbox) is left
/// out. Stops within a stream at its first break, goes on to the next. Content that cannot be read
/// (store_errc::corrupt) is a break like any other; an error is only what says nothing of the
/// content.
result<audit_result> audit(receipt_archive& archive, hasher& h,
                           const std::function<void(const stored_stream&, const receipt&)>& visit);

/// The same, for a visitor that wants to know what the store says of each receipt, too.
using row_visitor =
    std::function<void(const stored_stream&, const receipt&, const chained_receipt&)>;
result<audit_result> audit_rows(receipt_archive& archive, hasher& h, const row_visitor& visit);

}  // namespace hawser

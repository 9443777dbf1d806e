// The seam to the edge's durable store: receipts that wait, governors, answers by key.
#pragma once

#include <hawser/core/receipt/audit.hpp>
#include <hawser/core/receipt/device.hpp>
#include <hawser/core/receipt/outbox_stream.hpp>
#include <hawser/governor/types.hpp>
#include <hawser/store/group_store.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hawser {

/// Bounds of an outbox. Each one refuses by an error of its own and is counted.
struct outbox_limits {
  /// Receipts on disk; at 95 % appends answer store_errc::full. Those of streams that are parked
  /// or damaged do not count for the others, only for themselves.
  std::uint64_t rows = 1'000'000;
  /// Of the file, with what governors and answers take in it, without its log; likewise at 95 %, of
  /// a stream that is parked or damaged at half of that. Looked at once a group. What is retained
  /// gives way first. At least 1 MiB.
  std::uint64_t bytes = std::uint64_t{4} << 30;
  std::uint64_t keys = 1'000'000;  ///< answers kept per governor; the oldest go first
  /// Streams; an event that would begin one more is answered too_many_governors.
  std::uint64_t streams = max_device_streams;
  wall_ms retention = 24LL * 3'600'000;    ///< acknowledged receipts are kept this long ...
  std::uint64_t retention_rows = 100'000;  ///< ... and at most this many
};

/// A stream of this device, and what is wrong with it.
struct stream_record : outbox_stream {
  std::string damage = {};  ///< what is wrong with its rows; empty: nothing that is known
  /// With `damage`: nothing can be appended, and the numbers above only say how many receipts are
  /// kept. Without a `governor`, its name is lost as well.
  bool closed = false;
};

struct governor_record {
  std::uint32_t sid = 0;
  std::string governor;
  governor::snapshot state;
  std::string damage = {};  ///< what is wrong with its row: there is no `state`; empty: nothing
};

/// The edge's store. Errors beside those of every group_store: store_errc::full, store_errc::gap
/// (a number that is not the next one, not kept any more, or not reached yet). A refusal of one
/// call leaves the group as it was. A row that is damaged costs its stream or its key:
/// store_errc::corrupt for that one, the group goes on.
class outbox : public group_store {
 public:
  virtual const std::string& device() const noexcept = 0;
  /// Where it lies, for messages.
  virtual std::string location() const { return {}; }

  /// Makes the stream of that governor if there is none, with the file's epoch.
  virtual result<stream_record> open_stream(const std::string& governor) = 0;
  virtual result<void> append(std::uint32_t sid, const chained_receipt& r, std::uint64_t hlc) = 0;
  virtual result<void> save(std::uint32_t sid, const governor::snapshot& s) = 0;
  /// The answer that was given to that key, if it is still kept.
  virtual result<std::optional<std::string>> answer(std::uint32_t sid, const std::string& key) = 0;
  /// `event`: the digest of what came with the key.
  virtual result<void> remember(std::uint32_t sid, const std::string& key,
                                const std::string& answer,
                                const std::optional<digest>& event = std::nullopt) = 0;
  /// The digest that was remembered with a key that answer() knows, whose checksum is not looked at
  /// again; nullopt: none was, as in files of version 1.
  virtual result<std::optional<digest>> event_of(std::uint32_t sid, const std::string& key) = 0;
  /// Records that the ledger has committed up to `seq` (never lowered), and trims what retention
  /// allows, in bounded chunks.
  virtual result<void> acknowledge(std::uint32_t sid, std::uint64_t seq, wall_ms now) = 0;

  /// Notes the wall time where it is behind the largest HLC, or (nullopt) that it no longer is.
  virtual result<void> note_wall(std::optional<wall_ms> t) = 0;
  virtual result<std::optional<wall_ms>> noted_wall() = 0;

  virtual result<std::vector<stream_record>> streams() = 0;
  virtual result<std::vector<governor_record>> governors() = 0;
  /// Receipts from `first` on, at most `max_rows` and about `max_bytes`, at least one if there is
  /// one. Outside a group it sees committed receipts only.
  virtual result<std::vector<chained_receipt>> read(std::uint32_t sid, std::uint64_t first,
                                                    std::size_t max_rows,
                                                    std::size_t max_bytes) = 0;
  /// The hash of receipt `seq`: a kept one, the base, or the origin for 0.
  virtual result<digest> hash_at(std::uint32_t sid, std::uint64_t seq) = 0;
  /// Nothing of the stream is sent any more: what it has does not count against the others, until
  /// the ledger has acknowledged all that it had when it was parked. Not kept over a restart.
  virtual result<void> park(std::uint32_t sid) = 0;
  /// Receipts that the ledger has not acknowledged.
  virtual result<std::uint64_t> pending() = 0;
  /// Within a group: whether so many more receipts may be appended to the stream (0: one that is
  /// not there yet). Drops what is retained where that makes room.
  virtual result<bool> has_room(std::uint32_t sid, std::uint64_t receipts) = 0;
  /// The largest HLC on disk, 0 if there is none.
  virtual result<std::uint64_t> last_hlc() = 0;
  /// Rows that were found damaged since the last call, each in words with file, table and key.
  /// Closed streams and governors say it in their records.
  virtual std::vector<std::string> damages() { return {}; }
};

struct outbox_options {
  /// Made if missing. Of a SQLite file: beside it, `path`-lock keeps a second writer out, and
  /// `path`.id says that a store is here.
  std::string path;
  std::string device;  ///< whose outbox it is; a file of another device is refused
  outbox_limits limits = {};
  /// Refuses where there is no outbox: the file must have something in it, and `path`.id be there.
  /// One that is damaged is moved aside and begun anew all the same, told by `moved_aside`.
  bool require_store = false;
  std::function<std::uint64_t()> random = {};  ///< the epoch of a new one; empty: random_u64()
};

/// A damaged outbox that was put aside, never deleted: what its reset receipt has to say.
struct moved_outbox {
  std::string path;                    ///< where it is now, its log beside it; or its log alone
  std::string why;                     ///< what was wrong
  std::optional<std::uint64_t> epoch;  ///< of the old file or `path`.id, if one could be read
  std::vector<stored_stream> streams;  ///< as many as could be read; not verified
};

/// An outbox that is gone although `path`.id says that it was here: what its reset receipt has to
/// say.
struct lost_outbox {
  std::string why;                     ///< what is wrong, with the path
  std::optional<std::uint64_t> epoch;  ///< of the store that is gone, if it could be read
};

/// `moved_aside` or `lost` set: `store` is a new file with a new epoch. Told with every opening
/// until the file has a stream, so record it with the first one.
struct opened_outbox {
  std::unique_ptr<outbox> store;
  std::optional<moved_outbox> moved_aside;
  std::optional<lost_outbox> lost;
};

/// Makes the store of an edge; the words of an error say why it cannot. An engine of your own is
/// such a function.
using outbox_factory =
    std::function<result<opened_outbox, error_info>(const outbox_options& options)>;

}  // namespace hawser

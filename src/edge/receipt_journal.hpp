// The receipts of a device on the store's writer thread: numbered, timed, hashed, acknowledged.
#pragma once

#include <hawser/core/hash.hpp>
#include <hawser/core/receipt/hlc.hpp>
#include <hawser/core/receipt/outbox_window.hpp>
#include <hawser/governor/types.hpp>
#include <hawser/store/outbox.hpp>

#include "store/store_groups.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace hawser {

/// Appends to the streams of an outbox, and knows where each of them ends, this group included. On
/// the writer's thread only, but load() and last_hlc().
class receipt_journal {
 public:
  /// A stream that moved in the group that was just committed.
  struct movement {
    bool born = false;
    outbox_stream stream;               ///< of one that was not born, its number and head count
    digest previous{};                  ///< the hash before the first row
    std::vector<chained_receipt> rows;  ///< what the group appended
  };
  struct listeners {
    std::function<void(const std::string& stream, std::uint64_t seq)> acknowledged;
    std::function<void(std::vector<movement>)> moved;
    std::function<void(std::uint64_t)> pending;
    store_groups::tell log;
  };

  receipt_journal(std::unique_ptr<outbox> store, std::unique_ptr<hasher> h, listeners l);

  /// A stream that was sound when it was loaded, and is not now: its governor ("": its name is
  /// lost), and why. Set before the first group.
  std::function<void(const std::string& governor, const std::string& why)> tell_damaged;

  /// Before the first group.
  result<void, error_info> load();
  std::vector<outbox_stream> streams() const;
  outbox& store() noexcept { return *store_; }
  hasher& hash() noexcept { return *hasher_; }
  store_groups& groups() noexcept { return groups_; }
  std::size_t size() const noexcept { return streams_.size(); }
  /// device/kind/id
  std::string stream_name(std::string_view governor) const;
  const stream_head& head(std::uint32_t sid) const { return streams_.at(sid).record.last; }
  /// The time of the newest receipt, or the one that was noted because the clock was set back.
  wall_ms last_wall() const noexcept { return noted_wall_.value_or(hlc_wall(hlc_.last())); }
  /// The largest HLC of the receipts, as of the last group; from any thread.
  std::uint64_t last_hlc() const noexcept { return last_hlc_.load(); }

  // Within a group:
  result<std::uint32_t> open(const std::string& governor);
  /// The number of the receipt.
  result<std::uint64_t> append(std::uint32_t sid, const governor::step& s, const std::string& key,
                               wall_ms now);
  /// Goes into this group, and if that fails into the next one that does not.
  void acknowledge(std::uint32_t sid, std::uint64_t seq);
  bool owes_acknowledgments() const noexcept { return !acks_.empty(); }
  /// Nothing of the stream is sent: it takes no room from the others. If this group fails, the next
  /// link tells it again.
  void park(std::uint32_t sid);

  result<void> begin();
  /// `changed`: whether the group wrote anything of a governor.
  result<void> commit(wall_ms now, bool changed);
  /// The group is on disk, and counted; or what it did is undone, and told.
  void settled(error_code ec);
  /// Tells the listeners of a group that is on disk.
  void publish();

  // Outside of groups:
  struct fetched {
    error_code error;  ///< of the store; then there are no rows
    std::string why;   ///< for store_errc::corrupt: which receipt, and what is wrong with it
    stream_head base;  ///< for store_errc::gap: the receipt before the oldest one kept
    std::optional<digest> previous;  ///< the hash before the first row; empty: it cannot be read
    std::vector<chained_receipt> rows;
  };
  /// Only what is committed, and follows link by link from the receipt before it.
  fetched fetch(const window_effect::fetch& f);

 private:
  struct stream {
    outbox_stream record;
    bool closed = false;  // it is not written on
  };
  // What a stream got from the group that runs.
  struct change {
    bool born = false;
    stream_head before;
    std::vector<chained_receipt> rows;
  };

  bool is_as_we_left_it();
  void close(const stream_record& s);
  bool is_open(std::uint32_t sid) const;
  fetched failed(const window_effect::fetch& f, error_code ec);
  void keep_sound(fetched& out, std::uint64_t first);
  void report_pending();
  void tell_damages();

  std::unique_ptr<outbox> store_;
  std::unique_ptr<hasher> hasher_;
  listeners listeners_;
  store_groups groups_;
  std::unordered_map<std::uint32_t, stream> streams_;
  hybrid_clock hlc_{0};
  std::atomic<std::uint64_t> last_hlc_{0};
  std::optional<wall_ms> noted_wall_;  // on disk, because the clock is behind the HLC
  std::map<std::uint32_t, change> changes_;
  std::map<std::uint32_t, std::uint64_t> acks_;  // also those of groups that failed
};

}  // namespace hawser

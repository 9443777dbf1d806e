// The outbox's streams in memory: heads and counts, undone together with the group.
#pragma once

#include <hawser/store/outbox.hpp>

#include <optional>
#include <unordered_map>

namespace hawser::io::sqlite {

struct kept_stream {
  stream_record record;
  digest origin{};
  std::uint64_t hlc = 0;   ///< of the newest receipt, also after it was trimmed
  std::uint64_t keys = 0;  ///< answers kept
  /// Its newest receipt when it was parked; 0: it is not.
  std::uint64_t parked_at = 0;
  bool touched = false;  ///< by the group that is open

  /// Nothing of it is sent.
  bool stands() const noexcept { return parked_at != 0 || !record.damage.empty(); }
};

/// sid n is the n-th stream; streams are never removed, except by undo().
class outbox_streams {
 public:
  std::size_t size() const noexcept { return streams_.size(); }
  std::uint32_t next_sid() const noexcept { return static_cast<std::uint32_t>(size() + 1); }
  /// nullptr: there is none.
  const kept_stream* find(std::uint32_t sid) const noexcept;
  const kept_stream* find(const std::string& governor) const;
  const std::vector<kept_stream>& all() const noexcept { return streams_; }

  /// Receipts, whether they are kept or not. nullopt: a stream is closed, which says nothing of how
  /// many it had.
  std::optional<std::uint64_t> ever_appended() const noexcept {
    return any_closed_ ? std::nullopt : std::optional(totals_.appended);
  }
  std::uint64_t kept() const noexcept { return totals_.kept; }  ///< rows on disk
  std::uint64_t unacknowledged() const noexcept { return totals_.unacknowledged; }
  /// Rows that are kept although they are acknowledged, and can be deleted.
  std::uint64_t retained() const noexcept { return totals_.kept - fixed(); }
  /// Rows that cannot be: not acknowledged, or of a damaged stream, which stays as it was found.
  std::uint64_t fixed() const noexcept { return totals_.unacknowledged + totals_.stuck; }
  /// Those of them that are of streams of which nothing is sent.
  std::uint64_t standing() const noexcept { return totals_.standing; }

  void add(kept_stream s);
  void appended(std::uint32_t sid, const stream_head& head, std::uint64_t hlc);
  void acknowledged(std::uint32_t sid, std::uint64_t seq);
  void trimmed(std::uint32_t sid, const stream_head& base);
  void set_keys(std::uint32_t sid, std::uint64_t keys);
  /// Undone as well: whoever looks again finds it again.
  void damaged(std::uint32_t sid, const std::string& why);
  void park(std::uint32_t sid);

  /// The streams that the group changed.
  std::vector<std::uint32_t> touched() const;
  /// What the group did stands.
  void accept();
  /// Back to the last accept().
  void undo();

 private:
  struct totals {
    std::uint64_t appended = 0;
    std::uint64_t kept = 0;
    std::uint64_t unacknowledged = 0;
    std::uint64_t stuck = 0;     // acknowledged, of damaged streams
    std::uint64_t standing = 0;  // of those and the unacknowledged: of streams that stand
  };

  /// Changes a stream, and the totals that follow from what it is.
  template <class F>
  void change(std::uint32_t sid, F f);

  std::vector<kept_stream> streams_;
  std::unordered_map<std::string, std::uint32_t> by_governor_;
  totals totals_;
  bool any_closed_ = false;
  // As of the last accept().
  std::vector<kept_stream> before_;
  std::size_t size_before_ = 0;
  totals totals_before_;
};

}  // namespace hawser::io::sqlite

// FILE.id beside a store: proof that the store was here, and whether its log has to be.
#pragma once

#include "store/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace hawser::io::sqlite {

/// Whether the file is there and not empty.
bool has_content(const std::string& path);
/// Makes the names in the folder of `path` durable. Where the file system knows no such thing, or
/// the folder may not be read, there is nothing to be done, as for SQLite. Throws store_error.
void sync_folder_of(const std::string& path);

/// What FILE.id says.
struct store_record {
  std::string kind;                    ///< "outbox" or "ledger"; empty: it cannot be read
  std::string device;                  ///< of an outbox
  std::optional<std::uint64_t> epoch;  ///< of an outbox
  bool log_in_use = false;             ///< receipts were committed to a log that was not removed
  /// How many were ever appended, as of the last group; not synced, so after a power cut it may be
  /// of an earlier one.
  std::uint64_t receipts = 0;
  /// Of an outbox: the highest number of a file that was moved aside and is on record. nullopt: it
  /// was written by a program of before, or nothing is known of it.
  std::optional<std::uint64_t> aside;
  bool counted = false;           ///< `receipts` can be read
  bool noted_since_boot = false;  ///< `receipts` was written since the system started
};

/// That `store` has fewer receipts than were counted, in words that begin with its path; empty: it
/// has all of them. After a power cut the count may be of an earlier group, never of a later one.
std::string shortage(const std::string& store, const store_record& counted, std::uint64_t receipts);

/// The file. It is made whole and under its name at once; later, one sector of it at a time is
/// written over.
class store_id {
 public:
  explicit store_id(const std::string& store) : path_(store + ".id") {}
  ~store_id();
  store_id(const store_id&) = delete;
  store_id& operator=(const store_id&) = delete;

  const std::string& path() const noexcept { return path_; }
  /// nullopt: there is none. Throws store_error if it is there and cannot be read.
  std::optional<store_record> read() const;
  /// Makes or replaces it. On disk when it returns. Throws store_error.
  void write(const store_record& r);
  /// Of the file that is there. On disk when it returns. Throws store_error.
  void set_log_in_use(store_record& r, bool in_use);
  /// Notes a count without a sync.
  void note(std::uint64_t receipts) noexcept;

 private:
  [[noreturn]] void fail(const std::string& what) const;
  int opened();

  std::string path_;
  int descriptor_ = -1;
};

/// What a store has when it is opened.
struct store_content {
  enum class kind { nothing, reset_only, all };
  kind has = kind::all;
  std::optional<std::uint64_t> epoch;
  std::optional<std::uint64_t> receipts;  ///< nullopt: damage hides how many there are
};

/// FILE.id of a store that is open for writing, kept as the store goes on.
class store_mark {
 public:
  store_mark(const std::string& store, std::string kind, std::string device);

  const std::string& path() const noexcept { return id_.path(); }
  /// What it said when this owner came.
  const std::optional<store_record>& found() const noexcept { return found_; }

  /// Before SQLite opens the store. Throws store_errc::corrupt if its log has lost what is known to
  /// have been in it (judge_log).
  void prepare(const char* content);
  /// The store is open. If it has nothing yet and FILE.id names another epoch, that is a store
  /// whose loss is not on record: its name is kept until the first group.
  void opened(const store_content& c);
  /// A group is on disk: what cannot be noted of it is no reason to fail it, but told by notice(),
  /// and the next group tries again. `receipts` nullopt: damage hides how many there are.
  void committed(std::optional<std::uint64_t> receipts) noexcept;
  /// Before the last connection ends, which removes the log, unless FILE.id still says that it is
  /// in use.
  void closing(database& db) noexcept;
  /// Once a connection has ended. `others`: somebody else writes the store.
  void closed(bool others) noexcept;
  /// What an operator has to know of what was opened, once; empty: nothing.
  std::string alarm() { return std::exchange(alarm_, {}); }
  /// That FILE.id cannot be written, once; empty: nothing.
  std::string notice() { return std::exchange(notice_, {}); }

 private:
  bool is_ours(const std::optional<store_record>& r) const;
  void refresh();
  std::optional<std::uint64_t> aside_at_open(const store_content& c,
                                             const std::optional<store_record>& there) const;
  void compare(const store_content& c);
  void renew(std::optional<std::uint64_t> receipts);

  std::string store_;
  store_id id_;
  std::optional<store_record> found_;
  store_record now_;  // what is to be in the file
  bool on_disk_ = false;
  bool compared_ = false;
  bool owes_ = false;     // its first receipts may have to say what was moved aside
  bool failing_ = false;  // to write it
  std::string alarm_;
  std::string notice_;
};

}  // namespace hawser::io::sqlite

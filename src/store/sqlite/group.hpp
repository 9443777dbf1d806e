// Groups of writes that become durable together, and what remains after one that failed.
#pragma once

#include "store/sqlite/schema.hpp"

namespace hawser::io::sqlite {

/// Transactions of one connection. Needs a table meta, where it counts 'failed_commits'. A schema
/// that another connection has changed is compared with `ours` before the next group.
class group {
 public:
  group(database& db, std::string ours);
  ~group();
  group(const group&) = delete;
  group& operator=(const group&) = delete;

  bool open() const noexcept { return open_; }
  void begin();
  /// Throws if the group is not durable; then nothing of it is left, see seal().
  /// store_errc::in_doubt: a crash could bring it back, since the log may have all of it and could
  /// not be sealed.
  void commit();
  void rollback() noexcept;

  /// A commit whose sync failed lies in the log as if it were whole, and the next recovery would
  /// bring it back although its callers were told that it failed. So another commit is written over
  /// it. True if that is durable, or was not needed.
  bool seal() noexcept;
  /// The same; throws store_errc::in_doubt or store_errc::failed as commit() did.
  void require_sealed();

 private:
  void require_our_schema();
  bool in_doubt() const noexcept { return !sealed_ && may_be_logged_; }

  database* db_;
  std::string ours_;
  std::uint64_t schema_version_;
  statement begin_;
  statement ask_schema_version_;
  statement commit_;
  statement rollback_;
  statement seal_;
  bool open_ = false;
  bool sealed_ = true;
  bool may_be_logged_ = false;  // the commit that is not sealed
};

}  // namespace hawser::io::sqlite

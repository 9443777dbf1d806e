// The cloud's ledger in a SQLite file.
#pragma once

#include "store/sqlite/inode_lock.hpp"
#include "store/sqlite/ledger/ledger_file.hpp"
#include "store/sqlite/store_id.hpp"
#include "store/sqlite/store_state.hpp"

namespace hawser::io::sqlite {

/// Keeps nothing of the file in memory: another process may write it between two groups. A stream
/// whose rows contradict each other answers store_errc::corrupt, and the group goes on without it;
/// a database that is damaged, also to SQLite, ends the group.
class sqlite_ledger final : public ledger {
 public:
  /// Throws store_error.
  explicit sqlite_ledger(ledger_options options);
  ~sqlite_ledger() override { close(); }
  sqlite_ledger(const sqlite_ledger&) = delete;
  sqlite_ledger& operator=(const sqlite_ledger&) = delete;

  result<void> begin() override;
  result<void> commit() override;
  void rollback() noexcept override;
  result<void> reopen() override;

  result<std::optional<ledger_stream>> find(const stream_key& key) override;
  result<append_result> append(const batch& b) override;
  result<std::vector<chained_receipt>> read(const stream_key& key, std::uint64_t first,
                                            std::size_t max_rows) override;
  const std::string& last_error() const noexcept override { return state_.error(); }
  std::string notice() override;
  std::string alarm() override;

 private:
  struct stream_row {
    std::uint64_t id = 0;  ///< 0: not in the file yet
    digest origin{};
    stream_head head;
    bool forked = false;
  };

  bool in_group() const noexcept { return file_ && file_->writes.open(); }
  void require_store() const;
  void load();
  void close() noexcept;
  std::uint64_t receipts();
  ledger_file& readable();
  ledger_file& writable();
  stream_row look_up(const stream_key& key);
  void ensure(stream_row& s, const stream_key& key);
  void require_free(const stream_row& s);
  digest hash_at(const stream_row& s, std::uint64_t seq);
  bool contradicts(const stream_row& s, const batch& b);
  void insert(stream_row& s, std::span<const chained_receipt> rows);

  ledger_options options_;
  std::shared_ptr<inode_lock> held_;
  store_mark mark_;
  std::string lost_;                   // told by alarm()
  std::unique_ptr<ledger_file> file_;  // null: reopen() has failed
  store_state state_;
};

}  // namespace hawser::io::sqlite

// The cloud's ledger in a SQLite file.
#pragma once

#include "io/sqlite/ledger_file.hpp"
#include "io/sqlite/store_state.hpp"

namespace hawser::io::sqlite {

/// Keeps nothing of the file in memory: another process may write it between two groups.
class sqlite_ledger final : public ledger {
 public:
  /// Throws store_error.
  explicit sqlite_ledger(ledger_options options);

  result<void> begin() override;
  result<void> commit() override;
  void rollback() noexcept override;
  result<void> reopen() override;

  result<std::optional<ledger_stream>> find(const stream_key& key) override;
  result<append_result> append(const batch& b) override;
  result<std::vector<chained_receipt>> read(const stream_key& key, std::uint64_t first,
                                            std::size_t max_rows) override;
  const std::string& last_error() const noexcept override { return state_.error(); }

 private:
  struct stream_row {
    std::uint64_t id = 0;  ///< 0: not in the file yet
    digest origin{};
    stream_head head;
    bool forked = false;
  };

  bool in_group() const noexcept { return file_ && file_->writes.open(); }
  ledger_file& readable();
  ledger_file& writable();
  stream_row look_up(const stream_key& key);
  void ensure(stream_row& s, const stream_key& key);
  digest hash_at(const stream_row& s, std::uint64_t seq);
  bool contradicts(const stream_row& s, const batch& b);
  void insert(stream_row& s, std::span<const chained_receipt> rows);

  ledger_options options_;
  std::unique_ptr<ledger_file> file_;  // null: reopen() has failed
  store_state state_;
};

}  // namespace hawser::io::sqlite

// The edge's outbox in a SQLite file.
#pragma once

#include "store/sqlite/file_lock.hpp"
#include "store/sqlite/inode_lock.hpp"
#include "store/sqlite/outbox/outbox_file.hpp"
#include "store/sqlite/store_id.hpp"
#include "store/sqlite/store_state.hpp"

#include <functional>
#include <map>

namespace hawser::io::sqlite {

class sqlite_outbox final : public outbox {
 public:
  /// Opens and verifies. `held` empty: the file is made, and locked then. Throws store_error.
  sqlite_outbox(outbox_setup options, std::shared_ptr<file_lock> lock,
                std::shared_ptr<inode_lock> held);
  ~sqlite_outbox() override { close(); }
  sqlite_outbox(const sqlite_outbox&) = delete;
  sqlite_outbox& operator=(const sqlite_outbox&) = delete;

  /// Of the file.
  std::uint64_t epoch() const noexcept { return file_->epoch; }
  const std::string& device() const noexcept override { return options_.device; }
  std::string location() const override { return options_.path; }
  result<void> begin() override;
  result<void> commit() override;
  void rollback() noexcept override;
  result<void> reopen() override;

  result<stream_record> open_stream(const std::string& governor) override;
  result<void> append(std::uint32_t sid, const chained_receipt& r, std::uint64_t hlc) override;
  result<void> save(std::uint32_t sid, const governor::snapshot& s) override;
  result<std::optional<std::string>> answer(std::uint32_t sid, const std::string& key) override;
  result<void> remember(std::uint32_t sid, const std::string& key, const std::string& answer,
                        const std::optional<digest>& event) override;
  result<std::optional<digest>> event_of(std::uint32_t sid, const std::string& key) override;
  result<void> acknowledge(std::uint32_t sid, std::uint64_t seq, wall_ms now) override;
  result<void> note_wall(std::optional<wall_ms> t) override;
  result<std::optional<wall_ms>> noted_wall() override;

  result<std::vector<stream_record>> streams() override;
  result<std::vector<governor_record>> governors() override;
  result<std::vector<chained_receipt>> read(std::uint32_t sid, std::uint64_t first,
                                            std::size_t max_rows, std::size_t max_bytes) override;
  result<digest> hash_at(std::uint32_t sid, std::uint64_t seq) override;
  result<std::uint64_t> pending() override { return streams_.unacknowledged(); }
  result<void> park(std::uint32_t sid) override;
  result<bool> has_room(std::uint32_t sid, std::uint64_t receipts) override;
  result<std::uint64_t> last_hlc() override;
  const std::string& last_error() const noexcept override { return state_.error(); }
  std::string notice() override {
    std::string of_mark = mark_.notice();
    return of_mark.empty() ? state_.notice() : of_mark;
  }
  std::string alarm() override { return mark_.alarm(); }
  std::vector<std::string> damages() override;

 private:
  // A group must stay short: what one call deletes, and how many streams it looks at for it.
  static constexpr std::uint64_t delete_chunk = 1'000;

  bool in_group() const noexcept { return file_ && file_->writes.open(); }
  void load();
  void close() noexcept;
  outbox_file& readable();
  outbox_file& writable();
  const kept_stream& stream(std::uint32_t sid) const;
  const kept_stream& next_in_turn();
  std::uint64_t counted(const kept_stream* s) const noexcept;
  bool rows_fit(const kept_stream* s, std::uint64_t more) const noexcept;
  void make_room(const kept_stream& s);
  std::uint64_t used_bytes();
  bool file_has_room(const kept_stream* s);
  /// Returns how many receipts it has deleted.
  std::uint64_t drop_retained();
  /// Deletes acknowledged receipts of one stream, oldest first: `excess` of them, then as long as
  /// they are from before `cutoff`; at most `budget`. Returns how many.
  std::uint64_t trim(const kept_stream& s, std::uint64_t excess, wall_ms cutoff,
                     std::uint64_t budget);

  void require_link(const stream_record& record, const stream_head& base);
  /// Deletes that many of the oldest answers, but for those that cannot be. Returns how many.
  std::uint64_t forget(std::uint32_t sid, std::uint64_t excess);
  std::uint64_t forget_one_by_one(std::uint32_t sid, std::uint64_t excess);
  /// Runs what only tidies up. Where it meets damage, nothing of it was done and the group goes on;
  /// returns what is wrong.
  std::optional<std::string> tolerate(const std::function<void()>& tidy);
  std::string row_name(const char* table, std::uint32_t sid, const std::string& why) const;

  outbox_setup options_;
  std::shared_ptr<file_lock> lock_;
  std::shared_ptr<inode_lock> held_;
  store_mark mark_;
  std::unique_ptr<outbox_file> file_;  // null: reopen() has failed
  outbox_streams streams_;
  /// By sid: answers up to this row are gone, or cannot be deleted.
  std::map<std::uint32_t, std::uint64_t> forgotten_;
  std::uint32_t turn_ = 0;             // the stream that was trimmed last
  std::optional<bool> file_has_room_;  // of this group
  store_state state_;
};

}  // namespace hawser::io::sqlite

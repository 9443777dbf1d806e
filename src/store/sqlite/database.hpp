// SQLite with owners: a connection, statements kept for its life, rows that reset their statement.
#pragma once

#include <hawser/core/hash.hpp>
#include <hawser/error.hpp>

#include "store/sqlite/open_files.hpp"
#include "store/sqlite/store_vfs.hpp"

#include <sqlite3.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace hawser::io::sqlite {

/// What goes wrong inside the stores. It never leaves them: guarded calls answer its code.
class store_error : public std::runtime_error {
 public:
  store_error(error_code code, const std::string& text, bool broke_write = false,
              bool disk_full = false)
      : std::runtime_error(text), code_(code), broke_write_(broke_write), disk_full_(disk_full) {}
  error_code code() const noexcept { return code_; }
  /// The disk said no, so a group that was open is lost.
  bool broke_write() const noexcept { return broke_write_; }
  /// It said no for want of room: nothing behind that write is on it.
  bool disk_full() const noexcept { return disk_full_; }

 private:
  error_code code_;
  bool broke_write_;
  bool disk_full_;
};

/// What a file of ours says of itself in its header.
struct file_kind {
  const char* name;             ///< for errors: "an outbox of hawser"
  std::int32_t application_id;  ///< PRAGMA application_id
  std::int32_t version;         ///< PRAGMA user_version
  std::int32_t oldest;          ///< the oldest version that can be read and upgraded
};

class database {
 public:
  enum class access { read_write, read_only };

  /// `vfs` empty: SQLite's default. Read-write creates the file. A read-write connection leaves the
  /// log alone when it closes until checkpoint_on_close(): damage must not be tidied away.
  database(const std::string& path, access mode, const std::string& vfs);

  const std::string& path() const noexcept { return path_; }
  /// Runs statements without parameters or results.
  void execute(const char* sql);
  /// The first column of the first row.
  std::int64_t integer(const char* sql);
  std::string text(const char* sql);
  /// What is wrong with the file by SQLite's own check, PRAGMA quick_check(N) or
  /// integrity_check(N); nullopt: nothing but what `passed_over` accepts. A page that the disk did
  /// not give is an error, no damage.
  std::optional<std::string> damage(
      const char* check,
      const std::function<bool(std::string_view found)>& passed_over = [](auto) { return false; });
  std::int64_t changes() const noexcept { return sqlite3_changes64(handle_.get()); }
  /// Of a read-write connection; nullptr if its VFS has no shared index.
  content_watch* watch() noexcept { return vfs_ ? vfs_->watch() : nullptr; }
  bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle_.get()) == 0; }
  void checkpoint_on_close() noexcept;
  /// Takes that back.
  void keep_log() noexcept;
  /// Copies what it can of the log into the database; whether that is all of it.
  bool checkpoint();
  /// Writes to the header what the file is, and refuses by name one that is something else or of
  /// another version.
  void set_kind(const file_kind& kind);
  void check_kind(const file_kind& kind);
  /// Switches to a write-ahead log.
  void use_log();

  [[noreturn]] void fail(int code) const;
  [[noreturn]] void corrupt(const std::string& what) const;
  /// The same for rows that were read and make no sense: a group that is open stands.
  [[noreturn]] void contradicts(const std::string& what) const;
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  friend class statement;
  struct closer {
    void operator()(sqlite3* s) const noexcept { sqlite3_close_v2(s); }
  };

  std::string path_;
  std::optional<open_mark> mark_;  // before the handle: it goes last
  std::unique_ptr<store_vfs> vfs_;
  std::unique_ptr<sqlite3, closer> handle_;
};

/// The result of a query; columns count from 0. A column of another type than asked for means that
/// the file is damaged. Views are valid until next().
class rows {
 public:
  rows(const database& db, sqlite3_stmt* s) noexcept : db_(&db), statement_(s) {}
  ~rows() { sqlite3_reset(statement_); }
  rows(const rows&) = delete;
  rows& operator=(const rows&) = delete;

  bool next();
  bool is_null(int column) const noexcept { return is(column, SQLITE_NULL); }
  bool is_text(int column) const noexcept { return is(column, SQLITE_TEXT); }
  bool is_number(int column) const noexcept { return is(column, SQLITE_INTEGER); }
  std::uint64_t number(int column);
  std::string_view text(int column);
  bytes_view blob(int column);
  digest hash(int column);

 private:
  bool is(int column, int type) const noexcept {
    return sqlite3_column_type(statement_, column) == type;
  }
  void require(int column, int type);

  const database* db_;
  sqlite3_stmt* statement_;
};

/// A prepared statement. It must not outlive its database.
class statement {
 public:
  statement(database& db, const char* sql);

  /// Binds all parameters in order, numbers by value, text and blobs without a copy: they must
  /// outlive the rows, so temporaries are refused.
  template <class... A>
  rows run(A&&... args) {
    static_assert(((std::is_lvalue_reference_v<A> || std::is_integral_v<A>)&&...),
                  "a text or blob that is bound must outlive the rows");
    bind_all(args...);
    return {*db_, handle_.get()};
  }

  /// The same for a statement without result; returns how many rows it changed.
  template <class... A>
  std::int64_t execute(const A&... args) {
    bind_all(args...);
    step_to_end();
    return db_->changes();
  }

  /// The same for one row. That it was not written shows that the schema is not ours.
  template <class... A>
  void execute_once(const A&... args) {
    if (execute(args...) != 1) db_->corrupt("a row was not written");
  }

 private:
  struct finalizer {
    void operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }
  };

  template <class... A>
  void bind_all(const A&... args) {
    [[maybe_unused]] int i = 0;
    (bind(++i, args), ...);
    check_count(i);
  }
  /// 64 bits unsigned are stored as the signed number of the same bits.
  void bind(int i, std::uint64_t v);
  void bind(int i, std::string_view v);
  void bind(int i, bytes_view v);
  template <class T>
  void bind(int i, const std::optional<T>& v) {
    if (v) return bind(i, *v);
    bind_null(i);
  }
  void bind_null(int i);
  void check_count(int bound) const;
  void step_to_end();

  database* db_;
  std::unique_ptr<sqlite3_stmt, finalizer> handle_;
};

}  // namespace hawser::io::sqlite

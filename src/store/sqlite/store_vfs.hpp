// The VFS of a connection that writes a store: the system's, with a few methods of our own.
#pragma once

#include "store/sqlite/content_watch.hpp"
#include "store/sqlite/open_files.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <string>
#include <sys/types.h>

namespace hawser::io::sqlite {

struct file_range {
  off_t begin = 0;
  off_t end = 0;
};

/// What of the shared index one mapping touches: whole pages of memory, of `page` bytes each, which
/// may be larger than a region.
constexpr file_range range_of_region(int region, int size, long page) {
  const off_t unit = std::max<off_t>(size, page);
  const off_t begin = off_t{region} * size / unit * unit;
  return {begin, begin + unit};
}

/// For one connection, and for as long as it lives. It reserves each region of the shared index on
/// the disk before it is mapped: SQLite touches it page by page, and where its blocks are smaller
/// than a page of memory, a full disk would end the process by SIGBUS. (File systems that copy on
/// write reserve nothing by that.) And it shows a content_watch what happens to the database.
class store_vfs final : public watched_file {
 public:
  /// Over the VFS of that name, "": the default. nullptr: there is none.
  static std::unique_ptr<store_vfs> over(const std::string& base);
  ~store_vfs();
  store_vfs(const store_vfs&) = delete;
  store_vfs& operator=(const store_vfs&) = delete;

  /// To open the connection by.
  const char* name() const noexcept { return name_.c_str(); }
  /// Once it is open: nobody else finds the VFS. `database`: what close_beside() needs.
  void opened(const std::optional<file_id>& database);
  /// Why a region could not be reserved; 0: all could.
  int refusal() const noexcept { return refusal_; }
  /// While the connection is open; nullptr if the files have no shared index.
  content_watch* watch() noexcept { return watch_ ? &*watch_ : nullptr; }

  outcome read(std::int64_t at, std::span<std::byte> into) override;
  std::optional<wal_index> index() const override { return read_wal_index(index_); }
  bool others_copy() override;

 private:
  // Its methods are those of the file, found by their address.
  struct main_file {
    sqlite3_io_methods methods{};
    const sqlite3_io_methods* base = nullptr;
    sqlite3_file* file = nullptr;
    store_vfs* owner = nullptr;
  };

  explicit store_vfs(sqlite3_vfs* base);
  static sqlite3_vfs* base_of(sqlite3_vfs* v);
  static store_vfs& of(sqlite3_file* f);
  static int open(sqlite3_vfs* v, sqlite3_filename path, sqlite3_file* f, int flags, int* out);
  static int map(sqlite3_file* f, int region, int size, int extend, void volatile** out);
  static int unmap(sqlite3_file* f, int remove);
  static int lock(sqlite3_file* f, int offset, int count, int flags);
  static int write(sqlite3_file* f, const void* data, int size, sqlite3_int64 offset);
  void take(sqlite3_file* f, const char* path);
  int reserve(int region, int size, bool extend);

  std::string name_;
  sqlite3_vfs* base_;
  sqlite3_vfs vfs_;
  bool registered_ = false;
  main_file main_;
  std::string index_path_;
  int index_file_ = -1;
  int refusal_ = 0;
  std::optional<file_id> database_;
  const volatile void* index_ = nullptr;
  std::optional<content_watch> watch_;
};

}  // namespace hawser::io::sqlite

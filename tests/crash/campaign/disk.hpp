// A disk for SQLite, used by several threads, that fails when told and remembers what it was told.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace hawser::crash {

enum class disk_call { open, read, write, sync, truncate, remove, lock, shm };
inline constexpr int disk_calls = 8;
const char* to_string(disk_call c);

/// Something that has changed files, or made it sure that they are changed.
struct disk_event {
  enum class kind { made, written, synced, not_synced, truncated, removed, beside };
  kind what = kind::written;
  std::string file;         ///< its name without the folder
  std::int64_t offset = 0;  ///< truncated: its size
  std::string data = {};    ///< written; beside: the whole file as it is now
  bool gone = false;        ///< beside: there is none now
  bool folder = false;      ///< synced, removed: the folder, too
};

struct disk_fault {
  disk_call call = disk_call::write;
  int nth = 1;  ///< of the calls from now on
  int count = 1;
  int code = SQLITE_IOERR;
};

/// Wraps the default VFS under a name of its own. Everything that uses it must have ended before it
/// is destroyed. Thread-safe.
class disk {
 public:
  disk();
  ~disk();
  disk(const disk&) = delete;
  disk& operator=(const disk&) = delete;

  const std::string& name() const noexcept { return name_; }

  void fail(const disk_fault& f);
  /// From now on files may grow by so many bytes in all, then the disk is full.
  void fill(std::int64_t bytes);
  void heal();
  /// How many calls were made to fail since the last fail() or fill().
  int failed() const;
  /// How many calls of a kind there were since the disk was made.
  int calls(disk_call c) const;

  /// Remembers events from now on. Files of the folder that SQLite does not write are looked at
  /// before each of them.
  void record(const std::string& folder);
  /// How many events there are; all before it have ended.
  std::size_t position() const;
  std::vector<disk_event> take_events();

  // For the methods of its files.

  /// The code to fail with, or SQLITE_OK.
  int before(disk_call c, std::int64_t grows = 0);
  void after(disk_event e);

  struct shim;

 private:
  void look_beside();

  std::string name_;
  std::unique_ptr<shim> shim_;
  mutable std::mutex mutex_;
  std::optional<disk_fault> fault_;
  std::optional<std::int64_t> room_;
  int failed_ = 0;
  int calls_[disk_calls] = {};
  std::string recorded_;  // the folder; empty: none
  std::vector<disk_event> events_;
  std::vector<std::pair<std::string, std::string>> beside_;  // name and content, as last seen
};

}  // namespace hawser::crash

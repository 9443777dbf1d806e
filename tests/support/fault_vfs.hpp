// A disk for SQLite that remembers what was written and synced, and fails when told to.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace hawser::test {

/// Wraps the default VFS under a name of its own, for as long as it lives; databases must be closed
/// before. Not thread-safe.
class fault_vfs {
 public:
  /// lock: of the shared index, which every read takes; map: a region of it, by who will write it
  enum class kind { write, sync, lock, map };
  struct operation {
    kind what;
    std::string file;  ///< its path
    std::int64_t offset = 0;
    int size = 0;
  };

  fault_vfs();
  ~fault_vfs();
  fault_vfs(const fault_vfs&) = delete;
  fault_vfs& operator=(const fault_vfs&) = delete;

  const std::string& name() const noexcept { return name_; }
  /// Every write and sync since the last clear(), in order; failed ones too.
  const std::vector<operation>& log() const noexcept { return log_; }
  void clear() { log_.clear(); }

  /// From the n-th operation of that kind on (1: the next one), `count` of them answer `code` and
  /// do nothing.
  void fail(kind what, int nth, int code, int count = 1);
  void heal() { failing_ = {}; }
  /// Called when an operation is to fail, before it does.
  std::function<void()> failing_now = [] {};

  /// Called before each write, sync and map.
  std::function<void(const operation&)> watch = [](const operation&) {};

  /// Called by the file methods: logs, and answers the code to fail with, or SQLITE_OK.
  int happens(operation o);

 private:
  struct failure {
    kind what = kind::write;
    int skip = 0;
    int count = 0;
    int code = SQLITE_OK;
  };

  std::string name_;
  sqlite3_vfs vfs_;
  std::vector<operation> log_;
  failure failing_;
};

}  // namespace hawser::test

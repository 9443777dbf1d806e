// The right to write a file, held through a file beside it.
#pragma once

#include <string>

namespace hawser::io::sqlite {

/// An exclusive flock() on `path`, made if missing and never removed. The system gives it back when
/// the process ends, however it ends. It is apart from the database, whose own locks must stay open
/// to readers.
class file_lock {
 public:
  /// Throws store_error if somebody holds it (also this process) or the file cannot be made.
  explicit file_lock(const std::string& path);
  ~file_lock();
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;

 private:
  int descriptor_;
};

}  // namespace hawser::io::sqlite

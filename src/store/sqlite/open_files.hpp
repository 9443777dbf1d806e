// Which database files this process has open, and when a descriptor of one may be closed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>

namespace hawser::io::sqlite {

/// A file, whatever its names are.
using file_id = std::pair<dev_t, ino_t>;

/// nullopt: `path` leads to none, or not to a regular file.
std::optional<file_id> id_of(const std::string& path);

/// Says for as long as it lives that SQLite has the file behind `path` open. Thread-safe.
class open_mark {
 public:
  explicit open_mark(const std::string& path);
  ~open_mark();
  open_mark(open_mark&& other) noexcept : id_(std::exchange(other.id_, std::nullopt)) {}
  open_mark& operator=(open_mark&&) = delete;

  const std::optional<file_id>& id() const noexcept { return id_; }

 private:
  std::optional<file_id> id_;
};

/// Closes a descriptor of the file `id` as soon as no open_mark says that SQLite has it open:
/// closing any descriptor of a file gives up all POSIX locks that the process has on it (fcntl(2)),
/// SQLite's among them. Thread-safe.
void close_when_unused(int descriptor, const file_id& id);

/// The same for a descriptor of another file that SQLite opens and closes with the file `id`.
void close_beside(int descriptor, const file_id& id);

/// Asks a descriptor of the file `id` that waits to be closed, if there is one, instead of opening
/// another that would wait as long; false: there is none, and `f` was not called. Thread-safe.
bool use_parked(const file_id& id, const std::function<bool(int)>& f);

}  // namespace hawser::io::sqlite

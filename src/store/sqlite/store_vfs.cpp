#include "store/sqlite/store_vfs.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hawser::io::sqlite {
namespace {

constexpr int checkpoint_slot = 1;  // of the locks in the index ("WAL-mode File Format", 2.3)
constexpr int no_such_region = 32'767;

}  // namespace

std::unique_ptr<store_vfs> store_vfs::over(const std::string& base) {
  sqlite3_vfs* found = sqlite3_vfs_find(base.empty() ? nullptr : base.c_str());
  if (!found) return nullptr;
  return std::unique_ptr<store_vfs>(new store_vfs(found));
}

store_vfs::store_vfs(sqlite3_vfs* base) : base_(base), vfs_(*base) {
  static std::atomic<std::uint64_t> made{0};
  name_ = "hawser-store-" + std::to_string(++made);
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = open;
  // The others are called with our VFS, whose pAppData is not theirs.
  vfs_.xDelete = [](sqlite3_vfs* v, const char* path, int sync_folder) {
    return base_of(v)->xDelete(base_of(v), path, sync_folder);
  };
  vfs_.xAccess = [](sqlite3_vfs* v, const char* path, int flags, int* out) {
    return base_of(v)->xAccess(base_of(v), path, flags, out);
  };
  vfs_.xFullPathname = [](sqlite3_vfs* v, const char* path, int size, char* out) {
    return base_of(v)->xFullPathname(base_of(v), path, size, out);
  };
  vfs_.xRandomness = [](sqlite3_vfs* v, int size, char* out) {
    return base_of(v)->xRandomness(base_of(v), size, out);
  };
  vfs_.xSleep = [](sqlite3_vfs* v, int us) { return base_of(v)->xSleep(base_of(v), us); };
  vfs_.xCurrentTime = [](sqlite3_vfs* v, double* out) {
    return base_of(v)->xCurrentTime(base_of(v), out);
  };
  vfs_.xGetLastError = [](sqlite3_vfs* v, int size, char* out) {
    return base_of(v)->xGetLastError(base_of(v), size, out);
  };
  if (vfs_.iVersion >= 2 && base->xCurrentTimeInt64 != nullptr) {
    vfs_.xCurrentTimeInt64 = [](sqlite3_vfs* v, sqlite3_int64* out) {
      return base_of(v)->xCurrentTimeInt64(base_of(v), out);
    };
  }
  vfs_.iVersion = std::min(vfs_.iVersion, 2);  // no system calls by name
  registered_ = sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK;
}

store_vfs::~store_vfs() {
  if (registered_) sqlite3_vfs_unregister(&vfs_);
  if (index_file_ < 0) return;
  if (database_) {
    close_beside(index_file_, *database_);
  } else {
    ::close(index_file_);
  }
}

void store_vfs::opened(const std::optional<file_id>& database) {
  database_ = database;
  if (registered_) sqlite3_vfs_unregister(&vfs_);
  registered_ = false;
}

sqlite3_vfs* store_vfs::base_of(sqlite3_vfs* v) {
  return static_cast<store_vfs*>(v->pAppData)->base_;
}

store_vfs& store_vfs::of(sqlite3_file* f) {
  // The methods are the first member.
  return *reinterpret_cast<const main_file*>(f->pMethods)->owner;
}

int store_vfs::open(sqlite3_vfs* v, sqlite3_filename path, sqlite3_file* f, int flags, int* out) {
  auto& self = *static_cast<store_vfs*>(v->pAppData);
  const int code = self.base_->xOpen(self.base_, path, f, flags, out);
  if (code == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0 && f->pMethods->iVersion >= 2) {
    self.take(f, path);
  }
  return code;
}

void store_vfs::take(sqlite3_file* f, const char* path) {
  main_ = {*f->pMethods, f->pMethods, f, this};
  main_.methods.xShmMap = map;
  main_.methods.xShmUnmap = unmap;
  main_.methods.xShmLock = lock;
  main_.methods.xWrite = write;
  index_path_ = std::string(path) + "-shm";
  watch_.emplace(*this, path);
  f->pMethods = &main_.methods;
}

int store_vfs::map(sqlite3_file* f, int region, int size, int extend, void volatile** out) {
  store_vfs& self = of(f);
  *out = nullptr;
  int code = self.reserve(region, size, extend != 0);
  if (code != SQLITE_OK) return code;
  code = self.main_.base->xShmMap(f, region, size, extend, out);
  if (region == 0) self.index_ = code == SQLITE_OK ? *out : nullptr;
  return code;
}

int store_vfs::unmap(sqlite3_file* f, int remove) {
  of(f).index_ = nullptr;
  return of(f).main_.base->xShmUnmap(f, remove);
}

// The descriptor is opened behind SQLite's, which cuts the file to nothing when it is the first to
// open it. It stays open: closing one gives up all locks that the process has on the file.
int store_vfs::reserve(int region, int size, bool extend) {
  if (index_file_ < 0) {
    void volatile* none = nullptr;
    const int code = main_.base->xShmMap(main_.file, no_such_region, size, 0, &none);
    if (code != SQLITE_OK) return code;
    index_file_ = ::open(index_path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (index_file_ < 0) return SQLITE_OK;  // A VFS of the user's may have no such file.
  }
  const auto [begin, end] = range_of_region(region, size, ::sysconf(_SC_PAGESIZE));
  struct stat s {};
  if (::fstat(index_file_, &s) != 0 || (!extend && s.st_size < end)) return SQLITE_OK;
  int why = ::fallocate(index_file_, 0, begin, end - begin) == 0 ? 0 : errno;
  // What stands in for it writes zeros, which nobody may have written over meanwhile.
  const off_t from = std::max(begin, s.st_size);
  if (why == EOPNOTSUPP) why = from < end ? ::posix_fallocate(index_file_, from, end - from) : 0;
  if (why == 0 || why == EOPNOTSUPP || why == ENOSYS || why == EINVAL) return SQLITE_OK;
  if (why == EINTR) return reserve(region, size, extend);
  refusal_ = why;
  return SQLITE_IOERR_SHMSIZE;
}

int store_vfs::lock(sqlite3_file* f, int offset, int count, int flags) {
  store_vfs& self = of(f);
  const bool copies = (flags & SQLITE_SHM_EXCLUSIVE) != 0 && offset <= checkpoint_slot &&
                      checkpoint_slot < offset + count;
  if (copies && (flags & SQLITE_SHM_UNLOCK) != 0) self.watch_->copy_ends();
  const int code = self.main_.base->xShmLock(f, offset, count, flags);
  if (copies && (flags & SQLITE_SHM_LOCK) != 0 && code == SQLITE_OK) self.watch_->copy_begins();
  return code;
}

int store_vfs::write(sqlite3_file* f, const void* data, int size, sqlite3_int64 offset) {
  store_vfs& self = of(f);
  const int code = self.main_.base->xWrite(f, data, size, offset);
  if (code == SQLITE_OK) {
    self.watch_->page_written(
        offset, {static_cast<const std::byte*>(data), static_cast<std::size_t>(size)});
  }
  return code;
}

watched_file::outcome store_vfs::read(std::int64_t at, std::span<std::byte> into) {
  const int code = main_.base->xRead(main_.file, into.data(), static_cast<int>(into.size()), at);
  if (code == SQLITE_OK) return outcome::all;
  return code == SQLITE_IOERR_SHORT_READ ? outcome::shorter : outcome::failed;
}

bool store_vfs::others_copy() {
  constexpr int shared = SQLITE_SHM_SHARED;
  const auto slot = [&](int what) {
    return main_.base->xShmLock(main_.file, checkpoint_slot, 1, what | shared);
  };
  if (slot(SQLITE_SHM_LOCK) != SQLITE_OK) return true;
  slot(SQLITE_SHM_UNLOCK);
  return false;
}

}  // namespace hawser::io::sqlite

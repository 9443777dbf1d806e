#include "store/sqlite/cold_vfs.hpp"

#include <sqlite3.h>

#include <mutex>

namespace hawser::io::sqlite {
namespace {

// The methods of the system's database files, and ours: the same without shared memory.
const sqlite3_io_methods* system_methods = nullptr;
sqlite3_io_methods cold_methods;
std::once_flag methods_known;

sqlite3_vfs* system_vfs(sqlite3_vfs* self) { return static_cast<sqlite3_vfs*>(self->pAppData); }

int lock(sqlite3_file* file, int level) {
  return level > SQLITE_LOCK_SHARED ? SQLITE_OK : system_methods->xLock(file, level);
}

template <bool Cold>
int open(sqlite3_vfs* self, sqlite3_filename path, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* system = system_vfs(self);
  if ((flags & SQLITE_OPEN_WAL) != 0) {
    int exists = 0;
    system->xAccess(system, path, SQLITE_ACCESS_EXISTS, &exists);
    if (exists == 0) path = "/dev/null";
    flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_WAL;
  }
  const int code = system->xOpen(system, path, file, flags, out_flags);
  if (Cold && code == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0) {
    std::call_once(methods_known, [&] {
      system_methods = file->pMethods;
      cold_methods = *system_methods;
      cold_methods.iVersion = 1;
      cold_methods.xLock = lock;
    });
    file->pMethods = &cold_methods;
  }
  return code;
}

template <bool Cold>
sqlite3_vfs make(const char* name) {
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  sqlite3_vfs vfs = *system;
  vfs.pNext = nullptr;
  vfs.zName = name;
  vfs.pAppData = system;
  vfs.xOpen = open<Cold>;
  // The others are called with our VFS, whose pAppData is not theirs.
  vfs.xDelete = [](sqlite3_vfs*, const char*, int) { return SQLITE_IOERR_DELETE; };
  vfs.xAccess = [](sqlite3_vfs* self, const char* path, int flags, int* out) {
    return system_vfs(self)->xAccess(system_vfs(self), path, flags, out);
  };
  vfs.xFullPathname = [](sqlite3_vfs* self, const char* path, int size, char* out) {
    return system_vfs(self)->xFullPathname(system_vfs(self), path, size, out);
  };
  return vfs;
}

template <bool Cold>
const char* registered(const char* name) {
  static sqlite3_vfs vfs = make<Cold>(name);
  static const int done = sqlite3_vfs_register(&vfs, 0);
  return done == SQLITE_OK ? name : nullptr;
}

}  // namespace

const char* cold_vfs() { return registered<true>("hawser-cold"); }
const char* beside_vfs() { return registered<false>("hawser-beside"); }

}  // namespace hawser::io::sqlite

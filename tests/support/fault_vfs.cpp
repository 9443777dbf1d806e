#include "support/fault_vfs.hpp"

#include <map>

namespace hawser::test {
namespace {

// The system's files with two methods of ours; by file, because a method is given nothing else.
struct open_file {
  fault_vfs* owner;
  std::string path;
  const sqlite3_io_methods* system;
  sqlite3_io_methods methods;
};

std::map<sqlite3_file*, open_file>& open_files() {
  static std::map<sqlite3_file*, open_file> files;
  return files;
}

int file_write(sqlite3_file* f, const void* data, int size, sqlite3_int64 offset) {
  open_file& file = open_files().at(f);
  const int code = file.owner->happens({fault_vfs::kind::write, file.path, offset, size});
  return code != SQLITE_OK ? code : file.system->xWrite(f, data, size, offset);
}

int file_sync(sqlite3_file* f, int flags) {
  open_file& file = open_files().at(f);
  const int code = file.owner->happens({fault_vfs::kind::sync, file.path});
  return code != SQLITE_OK ? code : file.system->xSync(f, flags);
}

int file_lock(sqlite3_file* f, int offset, int count, int flags) {
  open_file& file = open_files().at(f);
  int code = SQLITE_OK;
  if ((flags & SQLITE_SHM_LOCK) != 0) {
    code = file.owner->happens({fault_vfs::kind::lock, file.path});
  }
  return code != SQLITE_OK ? code : file.system->xShmLock(f, offset, count, flags);
}

int file_map(sqlite3_file* f, int region, int size, int extend, void volatile** out) {
  open_file& file = open_files().at(f);
  const std::string index = file.path + "-shm";
  const fault_vfs::operation o{fault_vfs::kind::map, index, std::int64_t{region} * size, size};
  int code = extend != 0 ? file.owner->happens(o) : SQLITE_OK;
  if (code == SQLITE_OK) code = file.system->xShmMap(f, region, size, extend, out);
  if (extend == 0 && *out != nullptr) file.owner->happens(o);
  return code;
}

int file_close(sqlite3_file* f) {
  const auto node = open_files().extract(f);
  return node.mapped().system->xClose(f);
}

struct owned_vfs {
  fault_vfs* owner;
  sqlite3_vfs* system;
};

owned_vfs& of(sqlite3_vfs* vfs) { return *static_cast<owned_vfs*>(vfs->pAppData); }

int file_open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* f, int flags, int* out) {
  sqlite3_vfs* system = of(vfs).system;
  const int code = system->xOpen(system, path, f, flags, out);
  if (code != SQLITE_OK) return code;
  open_file file{of(vfs).owner, path ? path : "", f->pMethods, *f->pMethods};
  file.methods.xWrite = file_write;
  file.methods.xSync = file_sync;
  file.methods.xShmLock = file_lock;
  file.methods.xShmMap = file_map;
  file.methods.xClose = file_close;
  const auto at = open_files().insert_or_assign(f, std::move(file)).first;
  f->pMethods = &at->second.methods;
  return code;
}

}  // namespace

fault_vfs::fault_vfs() {
  static int made = 0;
  name_ = "hawser-fault-" + std::to_string(++made);
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  vfs_ = *system;
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = new owned_vfs{this, system};
  vfs_.xOpen = file_open;
  vfs_.xDelete = [](sqlite3_vfs* v, const char* path, int sync_folder) {
    return of(v).system->xDelete(of(v).system, path, sync_folder);
  };
  vfs_.xAccess = [](sqlite3_vfs* v, const char* path, int flags, int* out) {
    return of(v).system->xAccess(of(v).system, path, flags, out);
  };
  vfs_.xFullPathname = [](sqlite3_vfs* v, const char* path, int size, char* out) {
    return of(v).system->xFullPathname(of(v).system, path, size, out);
  };
  sqlite3_vfs_register(&vfs_, 0);
}

fault_vfs::~fault_vfs() {
  sqlite3_vfs_unregister(&vfs_);
  delete &of(&vfs_);
}

void fault_vfs::fail(kind what, int nth, int code, int count) {
  failing_ = {what, nth - 1, count, code};
}

int fault_vfs::happens(operation o) {
  const kind what = o.what;
  if (what != kind::lock) watch(o);
  if (what != kind::lock && what != kind::map) log_.push_back(std::move(o));
  if (failing_.count == 0 || what != failing_.what) return SQLITE_OK;
  if (failing_.skip > 0) {
    --failing_.skip;
    return SQLITE_OK;
  }
  --failing_.count;
  const int code = failing_.code;
  failing_now();
  return code;
}

}  // namespace hawser::test

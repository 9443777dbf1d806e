#include "crash/campaign/disk.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <utility>

namespace hawser::crash {

namespace fs = std::filesystem;

struct disk::shim {
  sqlite3_vfs vfs;
  sqlite3_vfs* system;
  disk* owner;
};

namespace {

// Ours lies before the system's file in what SQLite has reserved.
struct shim_file {
  sqlite3_file base;
  disk* owner;
  std::string* name;
  bool syncs_folder;  // the first sync of a new log or journal is one of the folder, too
};

sqlite3_file* system_of(sqlite3_file* f) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<shim_file*>(f) + 1);
}
shim_file& ours(sqlite3_file* f) { return *reinterpret_cast<shim_file*>(f); }
int before(sqlite3_file* f, disk_call c, std::int64_t grows = 0) {
  return ours(f).owner->before(c, grows);
}

int file_close(sqlite3_file* f) {
  sqlite3_file* system = system_of(f);
  const int code = system->pMethods ? system->pMethods->xClose(system) : SQLITE_OK;
  delete ours(f).name;
  return code;
}
int file_read(sqlite3_file* f, void* to, int size, sqlite3_int64 offset) {
  const int code = before(f, disk_call::read);
  return code != SQLITE_OK ? code : system_of(f)->pMethods->xRead(system_of(f), to, size, offset);
}
int file_write(sqlite3_file* f, const void* data, int size, sqlite3_int64 offset) {
  sqlite3_file* system = system_of(f);
  sqlite3_int64 now = 0;
  system->pMethods->xFileSize(system, &now);
  const std::int64_t grows = std::max<std::int64_t>(0, offset + size - now);
  int code = before(f, disk_call::write, grows);
  if (code == SQLITE_OK) code = system->pMethods->xWrite(system, data, size, offset);
  if (code == SQLITE_OK) {
    const auto* text = static_cast<const char*>(data);
    ours(f).owner->after({disk_event::kind::written, *ours(f).name, offset,
                          std::string(text, static_cast<std::size_t>(size))});
  }
  return code;
}
int file_truncate(sqlite3_file* f, sqlite3_int64 size) {
  int code = before(f, disk_call::truncate);
  if (code == SQLITE_OK) code = system_of(f)->pMethods->xTruncate(system_of(f), size);
  if (code == SQLITE_OK) {
    ours(f).owner->after({disk_event::kind::truncated, *ours(f).name, size});
  }
  return code;
}
int file_sync(sqlite3_file* f, int flags) {
  int code = before(f, disk_call::sync);
  if (code != SQLITE_OK) ours(f).owner->after({disk_event::kind::not_synced, *ours(f).name});
  if (code == SQLITE_OK) code = system_of(f)->pMethods->xSync(system_of(f), flags);
  if (code == SQLITE_OK) {
    disk_event e{disk_event::kind::synced, *ours(f).name};
    e.folder = std::exchange(ours(f).syncs_folder, false);
    ours(f).owner->after(std::move(e));
  }
  return code;
}
int file_size(sqlite3_file* f, sqlite3_int64* size) {
  return system_of(f)->pMethods->xFileSize(system_of(f), size);
}
int file_lock(sqlite3_file* f, int level) {
  return system_of(f)->pMethods->xLock(system_of(f), level);
}
int file_unlock(sqlite3_file* f, int level) {
  return system_of(f)->pMethods->xUnlock(system_of(f), level);
}
int file_check_lock(sqlite3_file* f, int* out) {
  return system_of(f)->pMethods->xCheckReservedLock(system_of(f), out);
}
int file_control(sqlite3_file* f, int op, void* arg) {
  return system_of(f)->pMethods->xFileControl(system_of(f), op, arg);
}
int file_sector(sqlite3_file* f) { return system_of(f)->pMethods->xSectorSize(system_of(f)); }
int file_traits(sqlite3_file* f) {
  return system_of(f)->pMethods->xDeviceCharacteristics(system_of(f));
}
int file_shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** to) {
  const int code = before(f, disk_call::shm);
  if (code != SQLITE_OK) return code;
  return system_of(f)->pMethods->xShmMap(system_of(f), page, size, extend, to);
}
int file_shm_lock(sqlite3_file* f, int offset, int n, int flags) {
  // An unlock does not fail.
  const int code = (flags & SQLITE_SHM_LOCK) != 0 ? before(f, disk_call::lock) : SQLITE_OK;
  if (code != SQLITE_OK) return code;
  return system_of(f)->pMethods->xShmLock(system_of(f), offset, n, flags);
}
void file_shm_barrier(sqlite3_file* f) { system_of(f)->pMethods->xShmBarrier(system_of(f)); }
int file_shm_unmap(sqlite3_file* f, int remove) {
  return system_of(f)->pMethods->xShmUnmap(system_of(f), remove);
}

const sqlite3_io_methods methods = {
    2,           file_close,   file_read,     file_write,       file_truncate,  file_sync,
    file_size,   file_lock,    file_unlock,   file_check_lock,  file_control,   file_sector,
    file_traits, file_shm_map, file_shm_lock, file_shm_barrier, file_shm_unmap, nullptr,
    nullptr};

disk::shim& of(sqlite3_vfs* vfs) { return *static_cast<disk::shim*>(vfs->pAppData); }

std::string name_of(const char* path) {
  return path ? fs::path(path).filename().string() : std::string("(temporary)");
}

int vfs_open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* f, int flags, int* out) {
  disk::shim& self = of(vfs);
  const std::string name = name_of(path);
  f->pMethods = nullptr;
  if (const int code = self.owner->before(disk_call::open); code != SQLITE_OK) return code;
  const bool is_new = path && !fs::exists(path);
  sqlite3_file* system = system_of(f);
  const int code = self.system->xOpen(self.system, path, system, flags, out);
  if (code != SQLITE_OK) return code;
  shim_file& file = *new (f) shim_file{{&methods}, self.owner, new std::string(name), false};
  file.syncs_folder = is_new && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
  if (is_new) self.owner->after({disk_event::kind::made, name});
  return SQLITE_OK;
}

int vfs_delete(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  disk::shim& self = of(vfs);
  int code = self.owner->before(disk_call::remove);
  if (code == SQLITE_OK) code = self.system->xDelete(self.system, path, sync_folder);
  if (code == SQLITE_OK) {
    disk_event e{disk_event::kind::removed, name_of(path)};
    e.folder = sync_folder != 0;
    self.owner->after(std::move(e));
  }
  return code;
}

int vfs_access(sqlite3_vfs* vfs, const char* path, int flags, int* out) {
  return of(vfs).system->xAccess(of(vfs).system, path, flags, out);
}
int vfs_full_name(sqlite3_vfs* vfs, const char* path, int size, char* out) {
  return of(vfs).system->xFullPathname(of(vfs).system, path, size, out);
}

bool is_sqlites(const std::string& name) {
  const auto ends = [&](const char* s) { return name.ends_with(s); };
  return ends(".db") || ends("-wal") || ends("-shm") || ends("-journal") || ends("-lock");
}

}  // namespace

const char* to_string(disk_call c) {
  constexpr const char* names[disk_calls] = {"open",     "read",   "write", "sync",
                                             "truncate", "remove", "lock",  "shm"};
  return names[static_cast<int>(c)];
}

disk::disk() : shim_(std::make_unique<shim>()) {
  static std::atomic<int> made{0};
  name_ = "hawser-crash-" + std::to_string(++made);
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  *shim_ = {*system, system, this};
  shim_->vfs.pNext = nullptr;
  shim_->vfs.zName = name_.c_str();
  shim_->vfs.pAppData = shim_.get();
  shim_->vfs.szOsFile = static_cast<int>(sizeof(shim_file)) + system->szOsFile;
  shim_->vfs.xOpen = vfs_open;
  shim_->vfs.xDelete = vfs_delete;
  shim_->vfs.xAccess = vfs_access;
  shim_->vfs.xFullPathname = vfs_full_name;
  sqlite3_vfs_register(&shim_->vfs, 0);
}

disk::~disk() { sqlite3_vfs_unregister(&shim_->vfs); }

void disk::fail(const disk_fault& f) {
  const std::lock_guard guard(mutex_);
  fault_ = f;
  failed_ = 0;
}

void disk::fill(std::int64_t bytes) {
  const std::lock_guard guard(mutex_);
  room_ = bytes;
  failed_ = 0;
}

void disk::heal() {
  const std::lock_guard guard(mutex_);
  fault_.reset();
  room_.reset();
}

int disk::failed() const {
  const std::lock_guard guard(mutex_);
  return failed_;
}

int disk::calls(disk_call c) const {
  const std::lock_guard guard(mutex_);
  return calls_[static_cast<int>(c)];
}

int disk::before(disk_call c, std::int64_t grows) {
  const std::lock_guard guard(mutex_);
  ++calls_[static_cast<int>(c)];
  if (room_ && grows > 0) {
    if (*room_ < grows) {
      ++failed_;
      return SQLITE_FULL;
    }
    *room_ -= grows;
  }
  if (!fault_ || fault_->call != c) return SQLITE_OK;
  if (--fault_->nth > 0 || fault_->count == 0) return SQLITE_OK;
  --fault_->count;
  ++failed_;
  return fault_->code;
}

void disk::record(const std::string& folder) {
  const std::lock_guard guard(mutex_);
  recorded_ = folder;
}

std::size_t disk::position() const {
  const std::lock_guard guard(mutex_);
  return events_.size();
}

std::vector<disk_event> disk::take_events() {
  const std::lock_guard guard(mutex_);
  recorded_.clear();
  return std::exchange(events_, {});
}

void disk::after(disk_event e) {
  const std::lock_guard guard(mutex_);
  if (recorded_.empty()) return;
  look_beside();
  events_.push_back(std::move(e));
}

// Whoever writes such a file syncs it and its folder before it goes on.
void disk::look_beside() {
  std::vector<std::pair<std::string, std::string>> now;
  for (const auto& entry : fs::directory_iterator(recorded_)) {
    const std::string name = entry.path().filename().string();
    if (is_sqlites(name) || !entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    now.emplace_back(name, std::string(std::istreambuf_iterator<char>(in), {}));
  }
  std::sort(now.begin(), now.end());
  if (now == beside_) return;
  for (const auto& old : beside_) {
    const bool kept =
        std::any_of(now.begin(), now.end(), [&](const auto& n) { return n.first == old.first; });
    disk_event e{disk_event::kind::beside, old.first};
    e.gone = true;
    if (!kept) events_.push_back(std::move(e));
  }
  for (const auto& file : now) {
    if (std::find(beside_.begin(), beside_.end(), file) != beside_.end()) continue;
    events_.push_back({disk_event::kind::beside, file.first, 0, file.second});
  }
  beside_ = std::move(now);
}

}  // namespace hawser::crash

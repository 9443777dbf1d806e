#include "store/sqlite/inode_lock.hpp"

#include "store/sqlite/database.hpp"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <thread>

namespace hawser::io::sqlite {
namespace {

// No database reaches so far: SQLite's files end at 2^48 bytes.
constexpr off_t first_byte = off_t{1} << 61;
constexpr off_t all_bytes = off_t{1} << 60;
constexpr off_t turn_byte = first_byte - 1;  // held by the one that opens the file
constexpr auto turn_limit = std::chrono::seconds(5);

bool set(int descriptor, short type, off_t at, off_t count) {
  struct flock l {};
  l.l_type = type;
  l.l_whence = SEEK_SET;
  l.l_start = at;
  l.l_len = count;
  return ::fcntl(descriptor, F_OFD_SETLK, &l) == 0;
}

bool is_free(int descriptor, off_t at, off_t count) {
  struct flock l {};
  l.l_type = F_WRLCK;
  l.l_whence = SEEK_SET;
  l.l_start = at;
  l.l_len = count;
  return count == 0 || (::fcntl(descriptor, F_OFD_GETLK, &l) == 0 && l.l_type == F_UNLCK);
}

// The byte that stands for a name: of the folder itself, since a folder may have several paths.
off_t byte_of(const std::string& path) {
  const std::filesystem::path p = path;
  struct stat folder {};
  if (::stat(p.parent_path().c_str(), &folder) != 0) return 0;
  std::uint64_t h = 0xcbf29ce484222325;  // FNV-1a
  const auto add = [&](unsigned char c) { h = (h ^ c) * 0x100000001b3; };
  for (unsigned i = 0; i < 64; i += 8) {
    add(static_cast<unsigned char>(folder.st_dev >> i));
    add(static_cast<unsigned char>(folder.st_ino >> i));
  }
  for (const char c : p.filename().string()) add(static_cast<unsigned char>(c));
  return static_cast<off_t>(h % static_cast<std::uint64_t>(all_bytes));
}

constexpr const char* no_turn = "is being opened by another writer, who does not come to an end";

}  // namespace

inode_lock::inode_lock(const std::string& path, writers w)
    : descriptor_(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK)) {
  const auto refuse = [&](const std::string& why) {
    throw store_error(store_errc::failed, path + ": " + why);
  };
  if (descriptor_ < 0) refuse(std::generic_category().message(errno));
  struct stat s {};
  ::fstat(descriptor_, &s);
  id_ = {s.st_dev, s.st_ino};
  const bool in_turn = w == writers::one || wait_for_turn();
  if (in_turn && (w == writers::one ? lock_all() : lock_name(path))) return;
  const int why = errno;
  set(descriptor_, F_UNLCK, turn_byte, 1 + all_bytes);
  close_when_unused(descriptor_, id_);
  if (!in_turn) refuse(no_turn);
  refuse(why == EAGAIN || why == EACCES
             ? "held by another writer, who may have opened it under another name (a hard link)"
             : std::generic_category().message(why));
}

inode_lock::~inode_lock() {
  set(descriptor_, F_UNLCK, turn_byte, 1 + all_bytes);
  close_when_unused(descriptor_, id_);
}

bool inode_lock::wait_for_turn() {
  const auto limit = std::chrono::steady_clock::now() + turn_limit;
  while (!set(descriptor_, F_WRLCK, turn_byte, 1)) {
    if ((errno != EAGAIN && errno != EACCES) || std::chrono::steady_clock::now() > limit) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

inode_lock::turn::turn(inode_lock& of, const std::string& path) : of_(of) {
  if (!of_.wait_for_turn()) throw store_error(store_errc::failed, path + ": " + no_turn);
}

void inode_lock::admit_others() { set(descriptor_, F_UNLCK, turn_byte, 1); }

bool inode_lock::alone() const { return is_free(descriptor_, first_byte, all_bytes); }

bool inode_lock::lock_all() { return set(descriptor_, F_WRLCK, first_byte, all_bytes); }

// Each writer marks the byte of the name that it has used, and finds those of other names.
bool inode_lock::lock_name(const std::string& path) {
  const off_t mine = byte_of(path);
  if (!set(descriptor_, F_RDLCK, first_byte + mine, 1)) return false;
  if (is_free(descriptor_, first_byte, mine) &&
      is_free(descriptor_, first_byte + mine + 1, all_bytes - mine - 1)) {
    return true;
  }
  errno = EAGAIN;
  return false;
}

bool is_held(const std::string& path) {
  const auto id = id_of(path);
  if (!id) return false;
  bool known = false;
  const bool held_here = use_parked(*id, [&](int descriptor) {
    known = true;
    return !is_free(descriptor, first_byte, all_bytes);
  });
  if (known) return held_here;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return false;
  const bool held = !is_free(descriptor, first_byte, all_bytes);
  close_when_unused(descriptor, *id);
  return held;
}

void hold(std::shared_ptr<inode_lock>& held, const std::string& path, inode_lock::writers w) {
  const auto found = id_of(path);
  if (held && found != held->id()) {
    throw store_error(store_errc::failed, path + ": is not the file any more that was opened");
  }
  if (!held && found) held = std::make_shared<inode_lock>(path, w);
}

}  // namespace hawser::io::sqlite

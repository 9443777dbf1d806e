#include "store/sqlite/open_files.hpp"

#include <map>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace hawser::io::sqlite {
namespace {

struct open_file {
  int marks = 0;
  std::vector<int> parked;  // descriptors that wait for the last mark to go
  std::vector<int> beside;  // the same, of other files
};

std::mutex& guard() {
  static std::mutex m;
  return m;
}

std::map<file_id, open_file>& files() {
  static std::map<file_id, open_file> all;
  return all;
}

void close_or_keep(int descriptor, const file_id& id, std::vector<int> open_file::*where) {
  const std::lock_guard lock(guard());
  const auto at = files().find(id);
  if (at == files().end()) {
    ::close(descriptor);
  } else {
    (at->second.*where).push_back(descriptor);
  }
}

}  // namespace

std::optional<file_id> id_of(const std::string& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0 || !S_ISREG(s.st_mode)) return std::nullopt;
  return file_id(s.st_dev, s.st_ino);
}

open_mark::open_mark(const std::string& path) : id_(id_of(path)) {
  const std::lock_guard lock(guard());
  if (id_) ++files()[*id_].marks;
}

open_mark::~open_mark() {
  if (!id_) return;
  const std::lock_guard lock(guard());
  const auto at = files().find(*id_);
  if (--at->second.marks > 0) return;
  for (const int descriptor : at->second.parked) ::close(descriptor);
  for (const int descriptor : at->second.beside) ::close(descriptor);
  files().erase(at);
}

bool use_parked(const file_id& id, const std::function<bool(int)>& f) {
  const std::lock_guard lock(guard());
  const auto at = files().find(id);
  return at != files().end() && !at->second.parked.empty() && f(at->second.parked.front());
}

void close_when_unused(int descriptor, const file_id& id) {
  close_or_keep(descriptor, id, &open_file::parked);
}

void close_beside(int descriptor, const file_id& id) {
  close_or_keep(descriptor, id, &open_file::beside);
}

}  // namespace hawser::io::sqlite

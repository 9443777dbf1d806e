#include "store/sqlite/names.hpp"

#include "store/sqlite/database.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>

namespace hawser::io::sqlite {

namespace fs = std::filesystem;

std::string only_name(const std::string& path) {
  constexpr int most_links = 40;  // as the system
  fs::path p = path;
  for (int i = 0; i < most_links && fs::is_symlink(p); ++i) {
    p = p.parent_path() / fs::read_symlink(p);
  }
  return fs::weakly_canonical(fs::absolute(p)).string();
}

std::string aside_name(const std::string& path, std::uint64_t n) {
  return path + ".corrupt-" + std::to_string(n);
}

std::uint64_t last_aside(const std::string& path) {
  const fs::path p = path;
  const std::string begin = p.filename().string() + ".corrupt-";
  std::uint64_t last = 0;
  std::error_code ec;
  for (fs::directory_iterator at(p.parent_path(), ec), end; !ec && at != end; at.increment(ec)) {
    std::string name = at->path().filename().string();
    if (!name.starts_with(begin)) continue;
    if (name.ends_with("-wal")) name.resize(name.size() - 4);
    std::uint64_t n = 0;
    const char* stop = name.data() + name.size();
    const auto r = std::from_chars(name.data() + begin.size(), stop, n);
    if (r.ec == std::errc() && r.ptr == stop) last = std::max(last, n);
  }
  return last;
}

name_watch::name_watch(database& db) : db_(&db) {
  constexpr std::array<const char*, 3> suffixes{"", "-wal", "-shm"};
  for (std::size_t i = 0; i < names_.size(); ++i) {
    names_[i].path = db.path() + suffixes[i];
    names_[i].id = id_of(names_[i].path);
  }
  if (content_watch* content = db.watch()) content->look();  // So it shall stay.
}

name_watch::finding name_watch::look() const {
  finding out;
  for (const name& n : names_) {
    if (!n.id) continue;  // A VFS of the user's may have no such file.
    struct stat s {};
    const int failed = ::stat(n.path.c_str(), &s) == 0 ? 0 : errno;
    const bool database = &n == names_.data();
    if (failed != 0 && failed != ENOENT && failed != ENOTDIR) {
      if (!out.unseen.empty()) continue;
      out.unseen = n.path + ": cannot be looked at: " + std::generic_category().message(failed);
      continue;
    }
    if (failed != 0) {
      out.lost = n.path + ": was removed or renamed while it was in use (" +
                 std::generic_category().message(failed) + ")";
    } else if (n.id != file_id(s.st_dev, s.st_ino)) {
      out.lost = n.path + ": was replaced by another file while it was in use";
    } else if (database && s.st_size == 0) {
      out.lost = n.path + ": was emptied while it was in use";
    }
    if (!out.lost.empty()) return out;
    if (database) out.another_link = s.st_nlink > 1;
  }
  if (content_watch* content = db_->watch()) {
    content_watch::finding found = content->look();
    out.lost = std::move(found.lost);
    out.doubt = std::move(found.doubt);
    if (out.unseen.empty()) out.unseen = std::move(found.unseen);
  }
  return out;
}

}  // namespace hawser::io::sqlite

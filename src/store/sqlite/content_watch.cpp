#include "store/sqlite/content_watch.hpp"

#include "store/sqlite/wal_judge.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace hawser::io::sqlite {
namespace {

constexpr int most_tries = 5;
constexpr std::size_t first_bytes = 100;  // the header of a database

std::uint32_t big_endian(const std::byte* b) {
  std::uint32_t n = 0;
  for (std::size_t i = 0; i < 4; ++i) n = n << 8 | std::to_integer<std::uint32_t>(b[i]);
  return n;
}

enum class log_state { as_written, other, unread };

// unread: errno says why.
log_state compare_log(int log, const wal_index& index) {
  const auto size = static_cast<off_t>(wal_judge::frame_header_size + index.page_size);
  const auto last = static_cast<off_t>(wal_judge::header_size) + (index.frames - 1) * size;
  std::array<std::byte, wal_judge::header_size> header{};
  std::array<std::byte, wal_judge::frame_header_size> frame{};
  std::array<std::byte, 1> end{};
  const auto read = [&](std::span<std::byte> into, off_t at) {
    const ssize_t n = ::pread(log, into.data(), into.size(), at);
    if (n < 0) return log_state::unread;
    return n == ssize_t(into.size()) ? log_state::as_written : log_state::other;
  };
  for (const log_state s : {read(header, 0), read(frame, last), read(end, last + size - 1)}) {
    if (s != log_state::as_written) return s;
  }
  const bool same = std::memcmp(header.data() + 16, index.salt.data(), 8) == 0 &&
                    std::memcmp(frame.data() + 8, index.salt.data(), 8) == 0 &&
                    big_endian(frame.data() + 16) == index.sum[0] &&
                    big_endian(frame.data() + 20) == index.sum[1];
  return same ? log_state::as_written : log_state::other;
}

}  // namespace

content_watch::content_watch(watched_file& file, std::string path)
    : file_(file), path_(std::move(path)) {}

content_watch::~content_watch() {
  if (log_ >= 0) ::close(log_);
}

std::optional<content_watch::stamp> content_watch::stamp_of_database() const {
  struct stat s {};
  if (::stat(path_.c_str(), &s) != 0) return std::nullopt;
  return stamp{s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec};
}

void content_watch::remember() {
  stamp_ = stamp_of_database();
  index_ = file_.index();
}

void content_watch::copy_begins() {
  copying_ = true;
  if (stamp_) judge_database();
}

void content_watch::page_written(std::int64_t at, bytes_view content) {
  page* p = at == 0 ? pages_.data() : nullptr;
  for (page& known : pages_) {
    if (known.at == at) p = &known;
  }
  if (!p) {
    p = &pages_[next_page_];
    next_page_ = next_page_ + 1 < pages_.size() ? next_page_ + 1 : 1;
  }
  p->at = at;
  p->content.assign(content.begin(), content.end());
}

void content_watch::copy_ends() {
  copying_ = false;
  if (!stamp_) return;
  remember();
  for (page& p : pages_) {
    if (stamp_ && p.at >= stamp_->size) p.at = -1;  // The database has become shorter.
  }
}

// The stamp is taken before the index is read: a checkpoint says in the index that it begins before
// it writes.
void content_watch::judge_database() {
  const auto now = stamp_of_database();
  const auto index = file_.index();
  if (!now || !index) return;
  if (now == stamp_ || !index_) {
    // As it stands.
  } else if (!index->same_copies(*index_)) {
    for (page& p : pages_) p.at = -1;
  } else if (!copying_ && file_.others_copy()) {
    return;
  } else {
    switch (read_pages()) {
      case watched_file::outcome::failed:
        found_.unseen = path_ + ": cannot be read";
        return;
      case watched_file::outcome::shorter:
        if (copied_meanwhile(*index)) return;
        found_.lost = path_ + ": was written over while it was in use";
        break;
      case watched_file::outcome::all:
        found_.doubt = path_ + ": was touched or written by another program while it was in use";
    }
  }
  stamp_ = now;
  index_ = index;
}

// A checkpoint of another connection may have begun before the pages were read.
bool content_watch::copied_meanwhile(const wal_index& before) {
  const auto now = file_.index();
  return !now || !now->same_copies(before) || (!copying_ && file_.others_copy());
}

// shorter: they are not there as they were written.
watched_file::outcome content_watch::read_pages() {
  auto out = watched_file::outcome::all;
  for (const page& p : pages_) {
    if (p.at < 0) continue;
    bytes now(p.content.size());
    const auto got = file_.read(p.at, now);
    if (got == watched_file::outcome::failed) {
      out = got;
    } else if (got == watched_file::outcome::shorter || now != p.content) {
      return watched_file::outcome::shorter;
    }
  }
  return out;
}

// What the index says is on disk before the index says it.
void content_watch::judge_log() {
  const std::string log = path_ + "-wal";
  if (log_ < 0) log_ = ::open(log.c_str(), O_RDONLY | O_CLOEXEC);
  for (int i = 0; log_ >= 0 && i < most_tries; ++i) {
    const auto index = file_.index();
    if (!index || index->frames == 0) return;
    const log_state found = compare_log(log_, *index);
    if (found == log_state::as_written) return;
    if (found == log_state::unread) {
      found_.unseen = log + ": cannot be read: " + std::generic_category().message(errno);
      return;
    }
    // Another connection may have begun the log anew meanwhile.
    const auto again = file_.index();
    if (again && again->salt == index->salt && again->frames == index->frames) {
      found_.lost = log + ": was emptied or written over while it was in use";
      return;
    }
  }
}

content_watch::finding content_watch::look() {
  if (stamp_) {
    judge_database();
  } else {
    remember();
  }
  if (pages_[0].at < 0) {
    bytes first(first_bytes);
    if (file_.read(0, first) == watched_file::outcome::all) page_written(0, first);
  }
  if (found_.lost.empty()) judge_log();
  return std::exchange(found_, {});
}

}  // namespace hawser::io::sqlite

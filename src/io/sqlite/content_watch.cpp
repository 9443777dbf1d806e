#include "io/sqlite/content_watch.hpp"

#include "io/sqlite/wal_judge.hpp"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
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
  } else if (!pages_are_there()) {
    found_.lost = path_ + ": was written over while it was in use";
  } else {
    found_.doubt = path_ + ": was touched or written by another program while it was in use";
  }
  stamp_ = now;
  index_ = index;
}

bool content_watch::pages_are_there() {
  return std::ranges::all_of(pages_, [&](const page& p) {
    bytes now(p.content.size());
    return p.at < 0 || (file_.read(p.at, now) && now == p.content);
  });
}

// What the index says is on disk before the index says it.
std::string content_watch::wrong_log() {
  if (log_ < 0) log_ = ::open((path_ + "-wal").c_str(), O_RDONLY | O_CLOEXEC);
  for (int i = 0; log_ >= 0 && i < most_tries; ++i) {
    const auto index = file_.index();
    if (!index || index->frames == 0) return {};
    const auto size = static_cast<off_t>(wal_judge::frame_header_size + index->page_size);
    const auto last = static_cast<off_t>(wal_judge::header_size) + (index->frames - 1) * size;
    std::array<std::byte, wal_judge::header_size> header{};
    std::array<std::byte, wal_judge::frame_header_size> frame{};
    struct stat s {};
    const bool there = ::fstat(log_, &s) == 0 && s.st_size >= last + size &&
                       ::pread(log_, header.data(), header.size(), 0) == ssize_t(header.size()) &&
                       ::pread(log_, frame.data(), frame.size(), last) == ssize_t(frame.size());
    if (there && std::memcmp(header.data() + 16, index->salt.data(), 8) == 0 &&
        std::memcmp(frame.data() + 8, index->salt.data(), 8) == 0 &&
        big_endian(frame.data() + 16) == index->sum[0] &&
        big_endian(frame.data() + 20) == index->sum[1]) {
      return {};
    }
    // Another connection may have begun the log anew meanwhile.
    const auto again = file_.index();
    if (again && again->salt == index->salt && again->frames == index->frames) {
      return path_ + "-wal: was emptied or written over while it was in use";
    }
  }
  return {};
}

content_watch::finding content_watch::look() {
  if (stamp_) {
    judge_database();
  } else {
    remember();
  }
  if (pages_[0].at < 0) {
    bytes first(first_bytes);
    if (file_.read(0, first)) page_written(0, first);
  }
  finding out = std::exchange(found_, {});
  if (out.lost.empty()) out.lost = wrong_log();
  return out;
}

}  // namespace hawser::io::sqlite

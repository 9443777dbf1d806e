// Whether the files of an open database still have in them what was written.
#pragma once

#include <hawser/core/bytes.hpp>

#include "store/sqlite/wal_index.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>

namespace hawser::io::sqlite {

/// The database file as its connection has it.
class watched_file {
 public:
  enum class outcome { all, shorter, failed };
  /// Reads all of `into`, unless the file ends before, or the disk does not give it.
  virtual outcome read(std::int64_t at, std::span<std::byte> into) = 0;
  virtual std::optional<wal_index> index() const = 0;
  /// Whether another connection is copying the log into the database.
  virtual bool others_copy() = 0;

 protected:
  ~watched_file() = default;
};

/// Somebody may write over a database that is in use, or over its log (`cp backup store.db`): the
/// names lead to the same files, and what was answered for is gone. The log is compared with the
/// shared index. Of the database, a time of change that no checkpoint explains lets the pages be
/// compared that a checkpoint wrote last.
class content_watch {
 public:
  content_watch(watched_file& file, std::string path);
  ~content_watch();
  content_watch(const content_watch&) = delete;
  content_watch& operator=(const content_watch&) = delete;

  struct finding {
    std::string lost;    ///< what is wrong, in words; empty: nothing
    std::string doubt;   ///< somebody has written the database, but no page is known to be another
    std::string unseen;  ///< what could not be looked at: the next look tells
  };
  /// After a commit, or when all is as it shall stay.
  finding look();

  // What its own connection does:
  void copy_begins();  ///< of the log; nobody else does it from here on
  void page_written(std::int64_t at, bytes_view page);
  void copy_ends();

 private:
  struct stamp {
    off_t size = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    bool operator==(const stamp&) const = default;
  };
  struct page {
    std::int64_t at = -1;
    bytes content;
  };

  std::optional<stamp> stamp_of_database() const;
  void remember();
  void judge_database();
  bool copied_meanwhile(const wal_index& before);
  watched_file::outcome read_pages();
  void judge_log();

  watched_file& file_;
  std::string path_;
  int log_ = -1;
  std::optional<stamp> stamp_;
  std::optional<wal_index> index_;  // when stamp_ was taken
  bool copying_ = false;
  std::array<page, 16> pages_;  // the first is the database's first one
  std::size_t next_page_ = 1;
  finding found_;
};

}  // namespace hawser::io::sqlite

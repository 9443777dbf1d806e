// The names of a database's files, and whether they still lead to what SQLite has open.
#pragma once

#include "store/sqlite/open_files.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace hawser::io::sqlite {

/// One name for one file, absolute, without links. A link that leads nowhere yet is followed as
/// well: SQLite makes the file where it points.
std::string only_name(const std::string& path);

/// What is moved aside from `path` as number `n`.
std::string aside_name(const std::string& path, std::uint64_t n);
/// The highest number that something was moved aside as; 0: nothing was.
std::uint64_t last_aside(const std::string& path);

class database;

/// Knows which files the names of an open database lead to: SQLite goes on writing a file that was
/// removed, renamed or replaced, and nobody would find again what it wrote. Nor what it wrote into
/// a file whose content somebody has replaced.
class name_watch {
 public:
  /// After the first read of the connection, when its log and its index are there.
  explicit name_watch(database& db);

  struct finding {
    std::string lost;           ///< what is wrong, in words; empty: nothing
    std::string doubt;          ///< the same where it may be nothing
    std::string unseen;         ///< what could not be looked at: the next look tells
    bool another_link = false;  ///< the database has a second name
  };
  finding look() const;
  const std::string& path() const noexcept { return names_[0].path; }

 private:
  struct name {
    std::string path;
    std::optional<file_id> id;
  };
  std::array<name, 3> names_;  // database, log, index
  database* db_;
};

}  // namespace hawser::io::sqlite

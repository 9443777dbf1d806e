// Looks into a store's file, and damages it, behind the store's back.
#pragma once

#include "store/sqlite/row_sum.hpp"

#include <sqlite3.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace hawser::test {

/// Runs `sql` on the database and returns the first column of the first row, or "". It knows the
/// stores' checksum, hawser_sum().
inline std::string sql(const std::string& path, const std::string& text) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db(opened, sqlite3_close);
  if (code != SQLITE_OK) throw std::runtime_error(path + ": cannot be opened");
  io::sqlite::add_row_sum(opened);
  std::string out;
  char* error = nullptr;
  sqlite3_exec(
      opened, text.c_str(),
      [](void* to, int, char** values, char**) {
        auto& first = *static_cast<std::string*>(to);
        if (first.empty() && values[0]) first = values[0];
        return 0;
      },
      &out, &error);
  if (error) {
    const std::string what = error;
    sqlite3_free(error);
    throw std::runtime_error(what);
  }
  return out;
}

/// Puts in the place of an index one of other rows, as damage can make it: the statement fills the
/// table `graft` of those columns, whose rowids the index will name.
inline void graft_index(const std::string& path, const std::string& index,
                        const std::string& columns, const std::string& fill) {
  sql(path, "CREATE TABLE graft(id INTEGER PRIMARY KEY, " + columns + "); " + fill +
                "; CREATE INDEX graft_index ON graft(" + columns + ")");
  const auto root = [&](const std::string& name) {
    return sql(path, "SELECT rootpage FROM sqlite_schema WHERE name = '" + name + "'");
  };
  const std::string was = root(index);
  const std::string is = root("graft_index");
  sql(path, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = CASE name WHEN '" +
                index + "' THEN " + is + " ELSE " + was + " END WHERE name IN ('" + index +
                "', 'graft_index')");
  sql(path, "DROP TABLE graft");
}

}  // namespace hawser::test

#include "store/sqlite/schema.hpp"

#include <map>
#include <string_view>
#include <utility>

namespace hawser::io::sqlite {
namespace {

using object = std::pair<std::string, std::string>;  // type and name

std::string to_text(const object& o) { return o.first + ": " + o.second; }

// With their statements, without the tables and indexes that SQLite keeps itself (their names are
// reserved).
std::map<object, std::string> objects_of(database& db) {
  std::map<object, std::string> all;
  statement query(db, "SELECT type, name, coalesce(sql, '') FROM sqlite_schema");
  rows r = query.run();
  while (r.next()) {
    object o{r.text(0), r.text(1)};
    const bool kept_by_sqlite =
        o.second.starts_with("sqlite_") && (o.first == "table" || o.first == "index");
    if (!kept_by_sqlite) all.emplace(std::move(o), r.text(2));
  }
  return all;
}

// Whether a finding of SQLite's check is the type of one cell, which whoever reads the row will
// find: "NULL value in T.C" or "non-TEXT value in T.C" (3.40). A name has no blank in our schema.
bool is_of_a_cell(std::string_view finding) {
  constexpr std::string_view sign = " value in ";
  const auto at = finding.find(sign);
  if (at == std::string_view::npos || finding.find('\n') != std::string_view::npos) return false;
  const std::string_view type = finding.substr(0, at);
  const std::string_view cell = finding.substr(at + sign.size());
  return (type == "NULL" || type.starts_with("non-")) && type.find(' ') == std::string_view::npos &&
         cell.find(' ') == std::string_view::npos;
}

}  // namespace

std::optional<schema_fault> compare_schema(database& db, const std::string& ours) {
  database model(":memory:", database::access::read_write, "");
  model.execute(ours.c_str());
  const auto expected = objects_of(model);
  const auto found = objects_of(db);
  for (const bool tables : {true, false}) {  // An index goes with its table.
    for (const auto& [o, sql] : expected) {
      if ((o.first == "table") != tables) continue;
      const auto at = found.find(o);
      if (at == found.end()) return schema_fault{false, "no such " + to_text(o)};
      if (at->second != sql) return schema_fault{false, "changed " + to_text(o)};
    }
  }
  for (const auto& [o, sql] : found) {
    if (!expected.contains(o)) return schema_fault{true, "foreign " + to_text(o)};
  }
  return std::nullopt;
}

void require_schema(database& db, const std::string& ours) {
  const auto fault = compare_schema(db, ours);
  if (!fault) return;
  if (!fault->foreign) db.corrupt(fault->what);
  db.refuse(fault->what + ": it could undo what is written; drop it, then start again");
}

void require_sound(database& db) {
  if (const auto found = db.damage("PRAGMA quick_check(1)")) db.corrupt(*found);
}

// SQLite looks at the cells after it has found all trees of the file sound, and stops after so many
// findings: what it does not come to is judged like what is passed over.
void require_sound_trees(database& db) {
  if (const auto found = db.damage("PRAGMA quick_check(100)", is_of_a_cell)) db.corrupt(*found);
}

}  // namespace hawser::io::sqlite

#include "io/sqlite/schema.hpp"

#include <map>
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

}  // namespace hawser::io::sqlite

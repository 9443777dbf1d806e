#include "crash/campaign/version_1.hpp"

#include "support/sql.hpp"

#include <filesystem>
#include <sstream>

namespace hawser::crash {
namespace {

namespace fs = std::filesystem;
using test::sql;

// Of an outbox and of a ledger: nothing that came later has a name of the other one's.
constexpr struct {
  const char* table;
  const char* columns;
} version_1[] = {
    {"meta", "key value"},
    {"stream",
     "sid name epoch origin seq head acked_seq base_seq base_head hlc id device governor status"},
    {"receipt", "lsn stream seq hash body"},
    {"outbox", "lsn sid seq class hlc hash body"},
    {"governor", "sid state data timers"},
    {"applied", "id sid key answer"},
};

std::string quoted_words(const std::string& words) {
  std::istringstream in(words);
  std::string out;
  for (std::string word; in >> word;) out += (out.empty() ? "'" : ", '") + word + "'";
  return out;
}

// Texts of SQL that a query makes, run one after the other.
void run_made(const std::string& path, const std::string& query) {
  const std::string texts = sql(path, "SELECT group_concat(t, ';') FROM (" + query + ")");
  if (!texts.empty()) sql(path, texts);
}

}  // namespace

void make_version_1(const std::string& path) {
  std::string tables;
  for (const auto& t : version_1) {
    tables += std::string(tables.empty() ? "" : " ") + t.table;
    const std::string name = t.table;
    run_made(path, "SELECT 'ALTER TABLE " + name + " DROP COLUMN ' || name AS t " +
                       "FROM pragma_table_info('" + name + "') WHERE name NOT IN (" +
                       quoted_words(t.columns) + ") ORDER BY cid DESC");
  }
  run_made(path,
           "SELECT 'DROP TABLE ' || name AS t FROM sqlite_schema WHERE type = 'table' AND "
           "name NOT LIKE 'sqlite%' AND name NOT IN (" +
               quoted_words(tables) + ")");
  sql(path,
      "DELETE FROM meta WHERE key NOT IN ('device', 'epoch', 'failed_commits', 'wall');"
      "PRAGMA user_version = 1");
  for (const auto& entry : fs::directory_iterator(fs::path(path).parent_path())) {
    const std::string file = entry.path().string();
    if (file.starts_with(path + '.')) fs::remove(file);
  }
}

int version_of(const std::string& path) { return std::stoi(sql(path, "PRAGMA user_version")); }

}  // namespace hawser::crash

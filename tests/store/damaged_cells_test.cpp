// Every cell of every table of the stores, changed: it is named, and nothing that is answered, sent
// or acknowledged changes with it.
#include <hawser/core/receipt/hlc.hpp>
#include <hawser/io/crypto.hpp>
#include <hawser/store/sqlite.hpp>

#include "support/edge_driver.hpp"
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

#include <fstream>
#include <sstream>

namespace hawser {
namespace damaged_cells_test {

namespace fs = std::filesystem;
using test::ask;
using test::receipt_chain;
using test::set_quota;
using test::sql;
using test::usage_of;
using test::use;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

struct cell {
  std::string table;
  std::string column;
  std::string rowid;
};

std::vector<cell> cells_of(const std::string& path) {
  std::vector<cell> out;
  for (const auto& table : lines_of(sql(path,
                                        "SELECT group_concat(name, char(10)) FROM sqlite_schema "
                                        "WHERE type = 'table'"))) {
    const auto columns = lines_of(
        sql(path, "SELECT group_concat(name, char(10)) FROM pragma_table_info('" + table + "')"));
    for (const auto& rowid :
         lines_of(sql(path, "SELECT group_concat(rowid, char(10)) FROM " + table))) {
      for (const auto& column : columns) out.push_back({table, column, rowid});
    }
  }
  return out;
}

/// Changes the lowest bit or one far up of a number, the first or the last byte of the others.
std::string changed(const std::string& column, bool last) {
  const std::string bit = last ? "1099511627776" : "1";
  const std::string raw = "CAST(" + column + " AS BLOB)";
  const std::string rest =
      last ? "substr(" + raw + ", 1, length(" + raw + ") - 1)" : "substr(" + raw + ", 2)";
  const auto replaced = [&](const std::string& byte, const std::string& type) {
    return "CAST(" + (last ? rest + " || " + byte : byte + " || " + rest) + " AS " + type + ")";
  };
  const auto other = [&](const std::string& type) {
    return "CASE WHEN " + replaced("'Q'", type) + " = " + column + " THEN " +
           replaced("'S'", type) + " ELSE " + replaced("'Q'", type) + " END";
  };
  return "CASE typeof(" + column + ") WHEN 'integer' THEN (" + column + " | " + bit + ") - (" +
         column + " & " + bit + ") WHEN 'text' THEN " + other("TEXT") + " WHEN 'blob' THEN " +
         other("BLOB") + " END";
}

audit_result audited(const result<std::unique_ptr<receipt_archive>>& archive) {
  const auto h = make_sha256();
  return audit(*archive.value(), *h, {}).value();
}

/// Does `act` on a copy of the file for each of its cells.
template <class F>
void for_each_cell(const std::string& whole, const std::string& copy, F act) {
  for (const cell& c : cells_of(whole)) {
    for (const bool last : {false, true}) {
      SCOPED_TRACE(c.table + "." + c.column + " of row " + c.rowid + (last ? ", last" : ", first"));
      for (const char* suffix : {"", "-wal", "-shm", "-lock"}) fs::remove(copy + suffix);
      fs::copy_file(whole, copy);
      const auto where = " WHERE rowid = " + c.rowid;
      const auto read = "SELECT quote(" + c.column + ") FROM " + c.table + where;
      const auto before = sql(copy, read);
      if (before == "NULL" || before == "''" || before == "X''") continue;
      try {
        sql(copy,
            "UPDATE " + c.table + " SET " + c.column + " = " + changed(c.column, last) + where);
      } catch (const std::runtime_error&) {
        continue;  // It would be another row's key: no index has it twice.
      }
      act(c);
    }
  }
}

class damaged_cells : public ::testing::Test {
 protected:
  damaged_cells() {
    options.device = "gw-7";
    options.store = whole;
    options.clocks = clocks.get();
    options.log = log;
    start();
    for (const char* id : {"a", "b"}) {
      EXPECT_TRUE(ask(*node, set_quota(id)).ok);
      for (const char* key : {"k1", "k2"}) EXPECT_TRUE(ask(*node, use(id, 100, key)).ok);
      usage[id] = ask(*node, usage_of(id)).json;
    }
    node.reset();
    options.store = copy;
  }
  void start() {
    node = std::make_unique<edge>(options);
    ASSERT_TRUE(take_words(node->start(), error)) << error;
  }
  /// Of the two governors, one at most is refused; the other is as it was.
  void expect_usage() {
    std::size_t refused = 0;
    for (const char* id : {"a", "b"}) {
      const answer a = ask(*node, usage_of(id));
      if (a.error == "governor_damaged") {
        ++refused;
      } else {
        EXPECT_EQ(a.json, usage[id]);
      }
    }
    EXPECT_LE(refused, 1U);
  }
  void expect_applied_once() {
    for (const char* id : {"a", "b"}) {
      for (const char* key : {"k1", "k2"}) {
        const answer a = ask(*node, use(id, 100, key));
        EXPECT_TRUE(a.repeated || a.error == "governor_damaged" || a.error == "answer_damaged")
            << a.json;
      }
    }
  }

  test::temp_folder folder;
  std::string whole = folder / "whole.db";
  std::string copy = folder / "copy.db";
  test::manual_clocks clocks;
  std::shared_ptr<test::line_log> log = std::make_shared<test::line_log>();
  edge_options options;
  std::string error;
  std::map<std::string, std::string> usage;
  std::unique_ptr<edge> node;
};

TEST_F(damaged_cells, of_an_outbox_are_named_and_change_no_answer) {
  const std::string last_lsn = sql(whole, "SELECT max(lsn) FROM outbox");
  int tried = 0;
  for_each_cell(whole, copy, [&](const cell& c) {
    ++tried;
    // A count that nobody reads, and the order of the file.
    const bool harmless =
        (c.table == "meta" &&
         sql(copy, "SELECT key FROM meta WHERE rowid = " + c.rowid) == "failed_commits" &&
         c.column == "value") ||
        c.column == "lsn" || c.column == "id";
    if (!harmless) {
      EXPECT_GT(audited(take_words(open_outbox_archive(copy), error)).broken, 0U);
    }
    start();
    expect_usage();
    expect_applied_once();
    expect_usage();
    for (const char* id : {"a", "b"}) (void)ask(*node, use(id, 1, "k3"));
    node.reset();
    EXPECT_EQ(sql(copy, "SELECT count(*) FROM outbox WHERE lsn > " + last_lsn +
                            " AND hlc >> 16 <> " + std::to_string(clocks.now())),
              "0");
  });
  EXPECT_GT(tried, 150);
}

/// Gives cells another type, which no statement can while their table is STRICT.
void set_type(const std::string& path, const std::string& statement) {
  const std::string schema_of = "UPDATE sqlite_master SET sql = ";
  sql(path,
      "PRAGMA writable_schema = ON; CREATE TEMP TABLE was AS SELECT name, sql FROM "
      "sqlite_master; " +
          schema_of +
          "replace(replace(sql, ') STRICT', ')'), 'NOT NULL', '') WHERE type = 'table'; "
          "PRAGMA writable_schema = RESET; " +
          statement + "; PRAGMA writable_schema = ON; " + schema_of +
          "(SELECT sql FROM was WHERE was.name = sqlite_master.name); "
          "PRAGMA writable_schema = RESET");
}

TEST_F(damaged_cells, of_another_type_cost_their_row_and_not_the_file) {
  int tried = 0;
  for (const cell& c : cells_of(whole)) {
    const std::string where = " WHERE rowid = " + c.rowid;
    const std::string was = sql(whole, "SELECT typeof(" + c.column + ") FROM " + c.table + where);
    const bool rowid = c.column == "lsn" || c.column == "id" ||
                       (c.column == "sid" && (c.table == "stream" || c.table == "governor"));
    if (was == "null" || rowid) continue;
    for (const std::string& is :
         std::vector<std::string>{"x'51'", "CAST(" + c.column + " AS BLOB)", "'Q'",
                                  "CAST(" + c.column + " AS TEXT) || 'Q'", "NULL"}) {
      SCOPED_TRACE(c.table + "." + c.column + " of row " + c.rowid + " as " + is);
      for (const char* suffix : {"", "-wal", "-shm", "-lock"}) fs::remove(copy + suffix);
      fs::copy_file(whole, copy);
      set_type(copy, "UPDATE " + c.table + " SET " + c.column + " = " + is + where);
      if (sql(copy, "SELECT typeof(" + c.column + ") FROM " + c.table + where) == was) continue;
      ++tried;
      start();
      expect_usage();
      expect_applied_once();
      node.reset();
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(tried, 100);
}

TEST_F(damaged_cells, of_a_ledger_are_named_and_acknowledge_nothing_else) {
  receipt_chain chains[] = {receipt_chain({"gw-1", "quota/a", 1}),
                            receipt_chain({"gw-2", "quota/a", 1})};
  const std::string ledger = folder / "ledger.db";
  {
    const auto l = take_words(open_ledger({.path = ledger}), error).value();
    for (receipt_chain& c : chains) {
      const stream_head origin = c.head();
      const auto rows = c.next_batch(4);
      ASSERT_TRUE(l->begin());
      ASSERT_TRUE(l->append({c.key(), origin, rows}));
      ASSERT_TRUE(l->commit());
    }
  }
  int tried = 0;
  for_each_cell(ledger, copy, [&](const cell& c) {
    ++tried;
    const bool harmless = c.column == "lsn" || (c.table == "meta" && c.column == "value");
    if (!harmless) {
      EXPECT_GT(audited(take_words(open_ledger_archive(copy), error)).broken, 0U);
    }
    const auto l = take_words(open_ledger({.path = copy}), error).value();
    int served = 0;
    for (receipt_chain chain : chains) {
      const stream_head head = chain.head();
      const auto rows = chain.next_batch(1);
      ASSERT_TRUE(l->begin());
      const auto found = l->find(chain.key());
      const auto done = l->append({chain.key(), head, rows});
      if (done && done->status == append_status::committed) {
        EXPECT_EQ(done->head, chain.head());
        ++served;
      }
      if (found && *found) {
        EXPECT_EQ((*found)->head, head) << "an edge would trim what is not here";
        EXPECT_FALSE((*found)->forked);
      }
      EXPECT_TRUE(l->commit()) << "nobody else pays";
    }
    EXPECT_GE(served, 1);
  });
  EXPECT_GT(tried, 60);
}

}  // namespace damaged_cells_test
}  // namespace hawser

#include "io/sqlite/ledger_file.hpp"

#include <hawser/io/crypto.hpp>

namespace hawser::io::sqlite {
namespace {

// status: 0 open, 1 quarantined.
constexpr const char* schema = R"(
  CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT;
  INSERT INTO meta VALUES('failed_commits', 0);
  CREATE TABLE stream(
    id INTEGER PRIMARY KEY, device TEXT NOT NULL, governor TEXT NOT NULL, epoch INTEGER NOT NULL,
    origin BLOB NOT NULL, seq INTEGER NOT NULL, head BLOB NOT NULL,
    status INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE UNIQUE INDEX stream_key ON stream(device, governor, epoch);
  CREATE TABLE receipt(
    lsn INTEGER PRIMARY KEY, stream INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,
    body BLOB NOT NULL) STRICT;
  CREATE UNIQUE INDEX receipt_seq ON receipt(stream, seq);
)";

// Receipts that came from a clock that was far ahead, by how many milliseconds.
constexpr const char* upgrade_to_2 = R"(
  CREATE TABLE clock(
    stream INTEGER NOT NULL, seq INTEGER NOT NULL, ahead INTEGER NOT NULL,
    PRIMARY KEY(stream, seq)) STRICT, WITHOUT ROWID;
)";

// In one group: another process may be upgrading it too.
void upgrade(database& db) {
  if (db.integer("PRAGMA user_version") == ledger_kind.version) return;
  db.execute("BEGIN IMMEDIATE");
  const std::int64_t version = db.integer("PRAGMA user_version");
  if (version < ledger_kind.version) {
    require_schema(db, ledger_schema(version));
    db.execute(upgrade_to_2);
    db.set_kind(ledger_kind);
  }
  db.execute("COMMIT");
}

database open_ledger_database(const ledger_options& options) {
  database db(options.path, database::access::read_write, options.vfs);
  // In a group, because another process may be making the same file.
  db.execute("BEGIN IMMEDIATE");
  if (db.integer("SELECT count(*) FROM sqlite_schema") == 0 &&
      db.integer("PRAGMA application_id") == 0) {
    db.execute(ledger_schema(ledger_kind.version).c_str());
    db.set_kind(ledger_kind);
  }
  db.execute("COMMIT");
  db.check_kind(ledger_kind);
  db.use_log();
  upgrade(db);
  require_schema(db, ledger_schema(ledger_kind.version));
  return db;
}

}  // namespace

std::string ledger_schema(std::int64_t version) {
  return version == 1 ? schema : std::string(schema) + upgrade_to_2;
}

ledger_file::ledger_file(const ledger_options& options)
    : db(open_ledger_database(options)),
      hash(make_sha256()),
      writes(db, ledger_schema(ledger_kind.version)),
      find_stream(db,
                  "SELECT id, origin, seq, head, status FROM stream "
                  "WHERE device = ? AND governor = ? AND epoch = ?"),
      add_stream(db,
                 "INSERT INTO stream(device, governor, epoch, origin, seq, head) "
                 "VALUES(?1, ?2, ?3, ?4, 0, ?4) RETURNING id"),
      swap_head(db, "UPDATE stream SET seq = ?, head = ? WHERE id = ? AND seq = ? AND head = ?"),
      quarantine(db, "UPDATE stream SET status = 1 WHERE id = ?"),
      add_receipt(db, "INSERT INTO receipt(stream, seq, hash, body) VALUES(?, ?, ?, ?)"),
      mark_clock(db, "INSERT INTO clock(stream, seq, ahead) VALUES(?, ?, ?)"),
      hash_of(db, "SELECT hash FROM receipt WHERE stream = ? AND seq = ?"),
      read_receipts(db,
                    "SELECT seq, hash, body, coalesce(ahead, 0) FROM receipt LEFT JOIN clock "
                    "USING(stream, seq) WHERE stream = ? AND seq >= ? ORDER BY seq"),
      content(db, ledger_content),
      names(db) {}

}  // namespace hawser::io::sqlite

#include "store/sqlite/ledger/ledger_file.hpp"

#include <hawser/io/crypto.hpp>

namespace hawser::io::sqlite {
namespace {

// Version 1; a new file is made of it by the upgrade, so that there is one schema. status: 0 open,
// 1 quarantined.
constexpr const char* ledger_version_1 = R"(
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

// What version 2 adds: a checksum of what no chain covers; and receipts that came from a clock that
// was far ahead, by how many milliseconds.
constexpr const char* ledger_version_2 = R"(
  ALTER TABLE stream ADD COLUMN sum INTEGER;
  UPDATE stream SET sum = hawser_sum(id, device, governor, epoch, origin, seq, head, status);
  CREATE TABLE clock(
    stream INTEGER NOT NULL, seq INTEGER NOT NULL, ahead INTEGER NOT NULL, sum INTEGER,
    PRIMARY KEY(stream, seq)) STRICT;
)";

void upgrade_ledger(database& db) {
  db.execute(ledger_version_2);
  db.set_kind(ledger_kind);
}

// Whether every row is what was written, once, and of the names that it was written under: a
// checksum of a false name would have it indexed under that name.
bool is_whole(database& db, hasher& h) {
  statement query(db,
                  "SELECT device, governor, epoch, origin, "
                  "sum IS hawser_sum(id, device, governor, epoch, origin, seq, head, status) "
                  "FROM stream NOT INDEXED");
  rows r = query.run();
  while (r.next()) {
    if (r.number(4) == 0) return false;
    const stream_key key{std::string(r.text(0)), std::string(r.text(1)), r.number(2)};
    if (r.hash(3) != chain_origin(h, key)) return false;
  }
  // Two of one name fit no index. SQLite takes columns of a unique one for distinct; these are
  // none.
  return db.integer(
             "SELECT (SELECT count(*) FROM stream NOT INDEXED) = (SELECT count(*) FROM "
             "(SELECT DISTINCT +device, +governor, +epoch FROM stream NOT INDEXED))") != 0;
}

// A stream that the index misses would be begun once more, beside what it has. Returns what to
// tell.
std::string verify_index(database& db, hasher& h) {
  const bool same =  // of one snapshot: another process may add streams
      db.integer(
          "SELECT (SELECT hawser_total(id, device, governor, epoch) FROM stream NOT INDEXED) = "
          "(SELECT hawser_total(id, device, governor, epoch) FROM stream INDEXED BY stream_key)") !=
      0;
  if (same) return {};
  const bool whole = is_whole(db, h);
  if (whole) db.execute("REINDEX stream_key");
  return db.path() + ": index stream_key is not that of its table" +
         (whole ? ": it was made anew" : ", which is damaged: see `hawser ledger verify`");
}

database open_ledger_database(const ledger_setup& options) {
  database db(options.path, database::access::read_write, options.file_system);
  // In a group, because another process may be making, or upgrading, the same file.
  db.execute("BEGIN IMMEDIATE");
  if (db.integer("SELECT count(*) FROM sqlite_schema") == 0 &&
      db.integer("PRAGMA application_id") == 0) {
    db.execute(ledger_version_1);
    upgrade_ledger(db);
  }
  db.check_kind(ledger_kind);
  const std::int64_t version = db.integer("PRAGMA user_version");
  require_schema(db, ledger_schema(version));
  if (version < ledger_kind.version) upgrade_ledger(db);
  db.execute("COMMIT");
  db.use_log();
  return db;
}

}  // namespace

std::string ledger_schema(std::int64_t version) {
  return version == 1 ? ledger_version_1 : std::string(ledger_version_1) + ledger_version_2;
}

ledger_file::ledger_file(const ledger_setup& options)
    : db(open_ledger_database(options)),
      hash(make_sha256()),
      notice(verify_index(db, *hash)),
      writes(db, ledger_schema(ledger_kind.version)),
      // By the index; what it says is then held against the row itself.
      find_stream(db,
                  "SELECT found.id, origin, seq, head, status, "
                  "sum IS hawser_sum(s.id, device, governor, epoch, origin, seq, head, status), "
                  "device IS ?1 AND governor IS ?2 AND epoch IS ?3 "
                  "FROM (SELECT id FROM stream WHERE device = ?1 AND governor = ?2 AND epoch = ?3) "
                  "AS found LEFT JOIN stream AS s ON s.id = found.id"),
      // Its checksum comes with its first head or its quarantine, in the same group.
      add_stream(db,
                 "INSERT INTO stream(device, governor, epoch, origin, seq, head) "
                 "VALUES(?1, ?2, ?3, ?4, 0, ?4) RETURNING id"),
      swap_head(db,
                "UPDATE stream SET seq = ?1, head = ?2, sum = hawser_sum(id, device, governor, "
                "epoch, origin, ?1, ?2, status) WHERE id = ?3 AND seq = ?4 AND head = ?5 AND "
                "(sum IS hawser_sum(id, device, governor, epoch, origin, seq, head, status) "
                "OR sum IS NULL AND seq = 0)"),
      quarantine(db,
                 "UPDATE stream SET status = 1, sum = hawser_sum(id, device, governor, epoch, "
                 "origin, seq, head, 1) WHERE id = ? AND "
                 "(sum IS hawser_sum(id, device, governor, epoch, origin, seq, head, status) "
                 "OR sum IS NULL AND seq = 0)"),
      add_receipt(db, "INSERT INTO receipt(stream, seq, hash, body) VALUES(?, ?, ?, ?)"),
      mark_clock(db, "INSERT OR REPLACE INTO clock VALUES(?1, ?2, ?3, hawser_sum(?1, ?2, ?3))"),
      hash_of(db, "SELECT hash FROM receipt WHERE stream = ? AND seq = ?"),
      read_receipts(
          db,
          "SELECT r.seq, hash, body, coalesce(ahead, 0) FROM receipt AS r LEFT JOIN clock "
          "AS c ON c.stream = r.stream AND c.seq = r.seq AND "
          "c.sum IS hawser_sum(c.stream, c.seq, c.ahead) "
          "WHERE r.stream = ? AND r.seq >= ? ORDER BY r.seq"),
      content(db, ledger_content),
      names(db) {}

}  // namespace hawser::io::sqlite

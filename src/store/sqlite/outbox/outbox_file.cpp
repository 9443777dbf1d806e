#include "store/sqlite/outbox/outbox_file.hpp"

#include <hawser/io/crypto.hpp>

#include "store/sqlite/cold_vfs.hpp"
#include "store/sqlite/outbox/outbox_check.hpp"
#include "store/sqlite/outbox/outbox_identity.hpp"

namespace hawser::io::sqlite {
namespace {

// Version 1; a new file is made of it by the upgrade, so that there is one schema. meta has
// 'device', 'epoch', 'failed_commits', and 'wall' where the wall clock was set back. Rowid tables:
// a WITHOUT ROWID outbox is slower by half. lsn is the order of the file, seq that of a stream.
// class: 0 critical, 1 receipt, 2 event, 3 telemetry; so far all are receipts.
constexpr const char* outbox_version_1 = R"(
  CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT;
  CREATE TABLE stream(
    sid INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch INTEGER NOT NULL,
    origin BLOB NOT NULL, seq INTEGER NOT NULL, head BLOB NOT NULL, acked_seq INTEGER NOT NULL,
    base_seq INTEGER NOT NULL, base_head BLOB NOT NULL, hlc INTEGER NOT NULL) STRICT;
  CREATE TABLE outbox(
    lsn INTEGER PRIMARY KEY, sid INTEGER NOT NULL, seq INTEGER NOT NULL,
    class INTEGER NOT NULL DEFAULT 1, hlc INTEGER NOT NULL, hash BLOB NOT NULL,
    body BLOB NOT NULL) STRICT;
  CREATE UNIQUE INDEX outbox_seq ON outbox(sid, seq);
  CREATE TABLE governor(
    sid INTEGER PRIMARY KEY, state TEXT NOT NULL, data BLOB NOT NULL, timers BLOB NOT NULL) STRICT;
  CREATE TABLE applied(
    id INTEGER PRIMARY KEY, sid INTEGER NOT NULL, key TEXT NOT NULL, answer TEXT NOT NULL) STRICT;
  CREATE UNIQUE INDEX applied_key ON applied(sid, key);
  CREATE INDEX applied_age ON applied(sid);
)";

// What version 2 adds: the digest of the event that came with a key, and a checksum of each row
// that no chain covers. Rows of version 1 have no digest.
constexpr const char* outbox_version_2 = R"(
  ALTER TABLE applied ADD COLUMN event BLOB;
  ALTER TABLE meta ADD COLUMN sum INTEGER;
  ALTER TABLE stream ADD COLUMN sum INTEGER;
  ALTER TABLE governor ADD COLUMN sum INTEGER;
  ALTER TABLE applied ADD COLUMN sum INTEGER;
  UPDATE meta SET sum = hawser_sum(key, value) WHERE key <> 'failed_commits';
  UPDATE stream SET sum = hawser_sum(sid, name, epoch, origin, seq, head, acked_seq, base_seq,
                                     base_head, hlc);
  UPDATE governor SET sum = hawser_sum(sid, state, data, timers);
  UPDATE applied SET sum = hawser_sum(sid, key, answer, event);
)";

void upgrade_outbox(database& db) {
  db.execute("BEGIN IMMEDIATE");
  db.execute(outbox_version_2);
  db.set_kind(outbox_kind);
  db.execute("COMMIT");
}

// Of a file of version 1, nothing says which rows are sound.
std::string where_sound(std::int64_t version, const char* columns) {
  return version < 2 ? "" : " AND sum IS hawser_sum(" + std::string(columns) + ")";
}

}  // namespace

outbox_stream stream_of(rows& r) {
  outbox_stream s;
  s.record.sid = static_cast<std::uint32_t>(r.number(0));
  s.record.governor = r.text(1);
  s.record.epoch = r.number(2);
  s.origin = r.hash(3);
  s.record.last = {r.number(4), r.hash(5)};
  s.record.acked = r.number(6);
  s.record.base = {r.number(7), r.hash(8)};
  s.hlc = r.number(9);
  return s;
}

void require_device(database& db, const std::string& wanted) {
  const std::string device = db.text("SELECT value FROM meta WHERE key = 'device'");
  if (device == wanted) return;
  throw store_error(errc::invalid_option, db.path() + ": is the outbox of device '" + device +
                                              "', not of '" + wanted + "'");
}

std::string outbox_schema(std::int64_t version) {
  return version == 1 ? outbox_version_1 : std::string(outbox_version_1) + outbox_version_2;
}

database open_outbox_database(const outbox_options& options) {
  database db(options.path, database::access::read_write, options.vfs);
  if (db.integer("PRAGMA page_count") == 0) {
    // One transaction with a rollback journal, so that the header of a file of ours always says so.
    db.execute("BEGIN IMMEDIATE");
    db.execute(outbox_version_1);
    const std::uint64_t epoch = draw_epoch(options);
    statement(db, "INSERT INTO meta VALUES('device', ?), ('epoch', ?), ('failed_commits', 0)")
        .execute(options.device, epoch);
    db.execute(outbox_version_2);
    db.set_kind(outbox_kind);
    db.execute("COMMIT");
  }
  db.check_kind(outbox_kind);
  db.use_log();
  // What a savepoint may undo needs no file: the disk may be full.
  db.execute("PRAGMA temp_store = MEMORY");
  const std::int64_t version = db.integer("PRAGMA user_version");
  require_schema(db, outbox_schema(version));
  if (version < outbox_kind.version) {
    // Another device's program of before could not open it any more.
    require_device(db, options.device);
    // A damaged file is kept as it was found, and no damaged cell gets a checksum.
    require_sound(db);
    upgrade_outbox(db);
  }
  return db;
}

outbox_file::outbox_file(const outbox_options& options)
    : db(open_outbox_database(options)),
      hash(make_sha256()),
      device(options.device),
      writes(db, outbox_schema(outbox_kind.version)),
      add_stream(db,
                 "INSERT OR IGNORE INTO stream VALUES(?1, ?2, ?3, ?4, 0, ?4, 0, 0, ?4, 0, "
                 "hawser_sum(?1, ?2, ?3, ?4, 0, ?4, 0, 0, ?4, 0))"),
      update_stream(db,
                    "UPDATE stream SET seq = ?2, head = ?3, acked_seq = ?4, base_seq = ?5, "
                    "base_head = ?6, hlc = ?7, sum = hawser_sum(?1, name, epoch, origin, ?2, ?3, "
                    "?4, ?5, ?6, ?7) WHERE sid = ?1"),
      add_receipt(db, "INSERT INTO outbox(sid, seq, hlc, hash, body) VALUES(?, ?, ?, ?, ?)"),
      // What the index points to is compared with the row itself: a damaged index would have
      // another stream's receipt deleted.
      delete_receipts(db,
                      "DELETE FROM outbox WHERE lsn IN (SELECT lsn FROM outbox WHERE sid = ?1 AND "
                      "seq <= ?2) AND +sid = ?1 AND +seq <= ?2"),
      acknowledged_receipts(db,
                            "SELECT seq, hash, hlc FROM outbox "
                            "WHERE sid = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"),
      read_receipts(db,
                    "SELECT seq, hash, body FROM outbox WHERE sid = ? AND seq >= ? ORDER BY seq"),
      hash_of(db, "SELECT hash FROM outbox WHERE sid = ? AND seq = ?"),
      save_governor(db,
                    "INSERT OR REPLACE INTO governor VALUES(?1, ?2, ?3, ?4, "
                    "hawser_sum(?1, ?2, ?3, ?4))"),
      all_governors(db,
                    "SELECT sid, state, data, timers, sum IS hawser_sum(sid, state, data, timers) "
                    "FROM governor ORDER BY sid"),
      answer_of(db,
                "SELECT answer, sum IS hawser_sum(?1, ?2, answer, event) FROM applied "
                "WHERE sid = ?1 AND key = ?2"),
      event_of(db, "SELECT event FROM applied WHERE sid = ? AND key = ?"),
      add_answer(db,
                 "INSERT INTO applied(sid, key, answer, event, sum) "
                 "VALUES(?1, ?2, ?3, ?4, hawser_sum(?1, ?2, ?3, ?4))"),
      delete_answers(db,
                     "DELETE FROM applied WHERE id IN (SELECT id FROM applied "
                     "WHERE sid = ?1 AND id > ?2 ORDER BY id LIMIT ?3) AND +sid = ?1"),
      oldest_answers(db, "SELECT id FROM applied WHERE sid = ? AND id > ? ORDER BY id LIMIT ?"),
      delete_answer(db, "DELETE FROM applied WHERE id = ? AND +sid = ?"),
      note_wall(db, "INSERT OR REPLACE INTO meta VALUES('wall', ?1, hawser_sum('wall', ?1))"),
      forget_wall(db, "DELETE FROM meta WHERE key = 'wall'"),
      noted_wall(db,
                 "SELECT value FROM meta WHERE key = 'wall' AND typeof(value) = 'integer' "
                 "AND sum IS hawser_sum(key, value)"),
      names(db) {
  outbox_identity found = read_identity(db, *hash, options);
  epoch = found.epoch;
  damages.add(std::move(found.damage));
}

void salvage(moved_outbox& out) noexcept {
  try {
    database db(out.path, database::access::read_only, cold_vfs());
    db.execute("PRAGMA locking_mode = EXCLUSIVE");
    const auto version = db.integer("PRAGMA user_version");
    const std::string meta =
        "SELECT value FROM meta WHERE key = ?" + where_sound(version, "key, value");
    statement value(db, meta.c_str());
    const std::string_view names[] = {"device", "epoch"};
    if (rows r = value.run(names[1]); r.next()) out.epoch = r.number(0);
    std::string device;
    if (rows r = value.run(names[0]); r.next()) device = r.text(0);
    constexpr const char* columns =
        "sid, name, epoch, origin, seq, head, acked_seq, base_seq, base_head, hlc";
    const std::string all = "SELECT " + std::string(columns) + " FROM stream WHERE 1" +
                            where_sound(version, columns) + " ORDER BY sid";
    statement query(db, all.c_str());
    rows r = query.run();
    while (r.next()) {
      const outbox_stream s = stream_of(r);
      out.streams.push_back(
          {{device, s.record.governor, s.record.epoch}, s.record.base, s.record.last});
    }
  } catch (const std::exception&) {
    // What was read so far is what there is; the file itself is kept.
  }
}

}  // namespace hawser::io::sqlite

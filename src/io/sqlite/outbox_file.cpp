#include "io/sqlite/outbox_file.hpp"

#include <hawser/io/crypto.hpp>

#include "io/sqlite/cold_vfs.hpp"
#include "io/sqlite/timers.hpp"

#include <algorithm>

namespace hawser::io::sqlite {
namespace {

constexpr std::uint64_t verified_tail = 1'000;

// Version 1; a new file is made of it by the upgrade, so that there is one schema. meta has
// 'device', 'epoch', 'failed_commits', and 'wall' where the wall clock was set back. Rowid tables:
// a WITHOUT ROWID outbox is slower by half. lsn is the order of the file, seq that of a stream.
// class: 0 critical, 1 receipt, 2 event, 3 telemetry; so far all are receipts.
constexpr const char* schema = R"(
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
constexpr const char* upgrade_to_2 = R"(
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

void upgrade(database& db) {
  db.execute("BEGIN IMMEDIATE");
  db.execute(upgrade_to_2);
  db.set_kind(outbox_kind);
  db.execute("COMMIT");
}

void require_sound(database& db) {
  if (const auto found = db.damage("PRAGMA quick_check(1)")) db.corrupt(*found);
}

std::uint64_t meta(database& db, const char* sql) {
  return static_cast<std::uint64_t>(db.integer(sql));
}

void verify_tail(outbox_file& file, const outbox_stream& s) {
  const stream_record& r = s.record;
  const auto broken = [&](const std::string& what) {
    file.db.corrupt("stream " + r.governor + ": " + what);
  };
  stream_head at = r.base;
  if (r.last.seq - r.base.seq > verified_tail) {
    at.seq = r.last.seq - verified_tail;
    rows known = file.hash_of.run(r.sid, at.seq);
    if (!known.next()) broken("receipt " + std::to_string(at.seq) + " is missing");
    at.hash = known.hash(0);
  }
  rows tail = file.read_receipts.run(r.sid, at.seq + 1);
  while (tail.next()) {
    const std::uint64_t seq = tail.number(0);
    if (seq != at.seq + 1 || seq > r.last.seq) {
      broken("receipt " + std::to_string(seq) + " is out of place");
    }
    at = {seq, chain_next(*file.hash, at.hash, tail.blob(2))};
    if (at.hash != tail.hash(1)) broken("receipt " + std::to_string(seq) + " is changed");
  }
  if (at != r.last) broken("its head is not that of its receipts");
}

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

constexpr const char* all_streams =
    "SELECT sid, name, epoch, origin, seq, head, acked_seq, base_seq, base_head, hlc "
    "FROM stream ORDER BY sid";

}  // namespace

void require_device(database& db, const std::string& wanted) {
  const std::string device = db.text("SELECT value FROM meta WHERE key = 'device'");
  if (device == wanted) return;
  throw store_error(errc::invalid_option, db.path() + ": is the outbox of device '" + device +
                                              "', not of '" + wanted + "'");
}

std::string outbox_schema(std::int64_t version) {
  return version == 1 ? schema : std::string(schema) + upgrade_to_2;
}

database open_outbox_database(const outbox_options& options) {
  database db(options.path, database::access::read_write, options.vfs);
  if (db.integer("PRAGMA page_count") == 0) {
    // One transaction with a rollback journal, so that the header of a file of ours always says so.
    db.execute("BEGIN IMMEDIATE");
    db.execute(schema);
    const std::uint64_t epoch = random_u64();
    statement(db, "INSERT INTO meta VALUES('device', ?), ('epoch', ?), ('failed_commits', 0)")
        .execute(options.device, epoch);
    db.execute(upgrade_to_2);
    db.set_kind(outbox_kind);
    db.execute("COMMIT");
  }
  db.check_kind(outbox_kind);
  db.use_log();
  const std::int64_t version = db.integer("PRAGMA user_version");
  require_schema(db, outbox_schema(version));
  if (version < outbox_kind.version) {
    // Another device's program of before could not open it any more.
    require_device(db, options.device);
    require_sound(db);  // A damaged file is kept as it was found.
    upgrade(db);
  }
  return db;
}

outbox_file::outbox_file(const outbox_options& options)
    : db(open_outbox_database(options)),
      hash(make_sha256()),
      device(db.text("SELECT value FROM meta WHERE key = 'device'")),
      epoch(meta(db, "SELECT value FROM meta WHERE key = 'epoch'")),
      writes(db, outbox_schema(outbox_kind.version)),
      add_stream(db,
                 "INSERT INTO stream VALUES(?1, ?2, ?3, ?4, 0, ?4, 0, 0, ?4, 0, "
                 "hawser_sum(?1, ?2, ?3, ?4, 0, ?4, 0, 0, ?4, 0))"),
      update_stream(db,
                    "UPDATE stream SET seq = ?2, head = ?3, acked_seq = ?4, base_seq = ?5, "
                    "base_head = ?6, hlc = ?7, sum = hawser_sum(?1, name, epoch, origin, ?2, ?3, "
                    "?4, ?5, ?6, ?7) WHERE sid = ?1"),
      add_receipt(db, "INSERT INTO outbox(sid, seq, hlc, hash, body) VALUES(?, ?, ?, ?, ?)"),
      delete_receipts(db, "DELETE FROM outbox WHERE sid = ? AND seq <= ?"),
      acknowledged_receipts(db,
                            "SELECT seq, hash, hlc FROM outbox "
                            "WHERE sid = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"),
      read_receipts(db,
                    "SELECT seq, hash, body FROM outbox WHERE sid = ? AND seq >= ? ORDER BY seq"),
      hash_of(db, "SELECT hash FROM outbox WHERE sid = ? AND seq = ?"),
      save_governor(db,
                    "INSERT OR REPLACE INTO governor VALUES(?1, ?2, ?3, ?4, "
                    "hawser_sum(?1, ?2, ?3, ?4))"),
      all_governors(db, "SELECT sid, state, data, timers FROM governor ORDER BY sid"),
      answer_of(db, "SELECT answer FROM applied WHERE sid = ? AND key = ?"),
      event_of(db, "SELECT event FROM applied WHERE sid = ? AND key = ?"),
      add_answer(db,
                 "INSERT INTO applied(sid, key, answer, event, sum) "
                 "VALUES(?1, ?2, ?3, ?4, hawser_sum(?1, ?2, ?3, ?4))"),
      delete_answers(db,
                     "DELETE FROM applied WHERE id IN "
                     "(SELECT id FROM applied WHERE sid = ? ORDER BY id LIMIT ?)"),
      note_wall(db, "INSERT OR REPLACE INTO meta VALUES('wall', ?1, hawser_sum('wall', ?1))"),
      forget_wall(db, "DELETE FROM meta WHERE key = 'wall'"),
      noted_wall(db, "SELECT value FROM meta WHERE key = 'wall'"),
      names(db) {}

outbox_streams verify_outbox(outbox_file& file) {
  database& db = file.db;
  require_sound(db);
  outbox_streams streams;
  {
    statement query(db, all_streams);
    rows r = query.run();
    while (r.next()) {
      outbox_stream s = stream_of(r);
      const stream_record& record = s.record;
      if (record.sid != streams.next_sid() || record.base.seq > record.acked ||
          record.acked > record.last.seq ||
          s.origin != chain_origin(*file.hash, {file.device, record.governor, record.epoch})) {
        db.corrupt("stream " + record.governor + " contradicts itself");
      }
      streams.add(std::move(s));
    }
  }
  if (meta(db, "SELECT count(*) FROM outbox") != streams.kept()) {
    db.corrupt("the receipts are not as many as the streams say");
  }
  for (const outbox_stream& s : streams.all()) verify_tail(file, s);

  statement counts(db, "SELECT sid, count(*) FROM applied GROUP BY sid");
  rows r = counts.run();
  while (r.next()) {
    const auto sid = static_cast<std::uint32_t>(r.number(0));
    if (!streams.find(sid)) db.corrupt("an answer belongs to no stream");
    streams.set_keys(sid, r.number(1));
  }
  read_governors(file, streams);
  if (rows noted = file.noted_wall.run(); noted.next()) noted.number(0);
  streams.accept();
  return streams;
}

std::vector<governor_record> read_governors(outbox_file& file, const outbox_streams& streams) {
  std::vector<governor_record> out;
  rows r = file.all_governors.run();
  while (r.next()) {
    const auto sid = static_cast<std::uint32_t>(r.number(0));
    const outbox_stream* s = streams.find(sid);
    const bytes_view data = r.blob(2);
    auto timers = decode_timers(r.blob(3));
    if (!s || !timers) file.db.corrupt("governor " + std::to_string(sid) + " cannot be read");
    out.push_back({sid,
                   s->record.governor,
                   {std::string(r.text(1)), bytes(data.begin(), data.end()), *std::move(timers)}});
  }
  return out;
}

void salvage(moved_outbox& out) noexcept {
  try {
    database db(out.path, database::access::read_only, cold_vfs());
    db.execute("PRAGMA locking_mode = EXCLUSIVE");
    const std::string device = db.text("SELECT value FROM meta WHERE key = 'device'");
    out.epoch = meta(db, "SELECT value FROM meta WHERE key = 'epoch'");
    statement query(db, all_streams);
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

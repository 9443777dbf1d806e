// Read-only views of an outbox or a ledger file, for audits.
#include <hawser/io/crypto.hpp>
#include <hawser/store/sqlite.hpp>

#include "store/sqlite/access.hpp"
#include "store/sqlite/cold_vfs.hpp"
#include "store/sqlite/inode_lock.hpp"
#include "store/sqlite/ledger/ledger_file.hpp"
#include "store/sqlite/log_check.hpp"
#include "store/sqlite/outbox/outbox_file.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/store_state.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

namespace hawser::io::sqlite {
namespace {

/// How each kind of file answers the same questions.
struct archive_queries {
  file_kind kind;
  const char*
      streams;  ///< id, device, governor, epoch, origin, base seq and hash, last seq and hash
  const char* stream;   ///< base seq and hash, last seq and hash; by id
  const char* read;     ///< seq, hash, body, clock_ahead, hlc or NULL; by id, behind a seq, so many
  const char* read_1;   ///< the same of a file of version 1
  const char* orphans;  ///< text
  const char* damaged;  ///< of version 2: text, and of a stream's row device, governor and epoch
  std::string (*schema)(std::int64_t version);
  const char* content;  ///< as judge_log() asks for it
};

// From the tables themselves: whether their indexes agree is SQLite's own check.
constexpr const char* damaged_outbox_rows = R"(
  SELECT 'table meta, key ' || quote(key) || ': its checksum does not match', NULL, NULL, NULL
    FROM meta NOT INDEXED
    WHERE CASE WHEN key IS 'failed_commits' THEN sum IS NOT NULL OR typeof(value) <> 'integer'
               ELSE sum IS NOT hawser_sum(key, value) END
  UNION ALL SELECT 'table meta: has no ' || column1, NULL, NULL, NULL
    FROM (VALUES('device'), ('epoch'), ('failed_commits'))
    WHERE column1 NOT IN (SELECT key FROM meta NOT INDEXED WHERE key IS NOT NULL)
  UNION ALL SELECT 'table stream, sid ' || sid || ': its checksum does not match',
      (SELECT value FROM meta WHERE key = 'device'), name, epoch
    FROM stream NOT INDEXED
    WHERE sum IS NOT hawser_sum(sid, name, epoch, origin, seq, head, acked_seq, base_seq,
                                base_head, hlc)
  UNION ALL SELECT 'table stream, sid ' || sid || ': its numbers contradict each other',
      (SELECT value FROM meta WHERE key = 'device'), name, epoch
    FROM stream NOT INDEXED WHERE base_seq > acked_seq OR acked_seq > seq
  UNION ALL SELECT 'table governor, sid ' || sid || ': its checksum does not match',
      NULL, NULL, NULL
    FROM governor WHERE sum IS NOT hawser_sum(sid, state, data, timers)
  UNION ALL SELECT 'table governor, sid ' || sid || ': there is no such stream', NULL, NULL, NULL
    FROM governor WHERE sid NOT IN (SELECT sid FROM stream)
  UNION ALL SELECT 'table governor, sid ' || sid || ': there is no such row', NULL, NULL, NULL
    FROM stream NOT INDEXED
    WHERE name IS NOT 'device' AND sid NOT IN (SELECT sid FROM governor)
  UNION ALL SELECT 'table applied, sid ' || quote(sid) || ', key ' || quote(key) ||
      ': its checksum does not match', NULL, NULL, NULL
    FROM applied NOT INDEXED WHERE sum IS NOT hawser_sum(sid, key, answer, event)
  UNION ALL SELECT 'table applied, sid ' || quote(sid) || ', key ' || quote(key) ||
      ': there is no such stream', NULL, NULL, NULL
    FROM applied NOT INDEXED WHERE sid NOT IN (SELECT sid FROM stream)
  UNION ALL SELECT 'table outbox, sid ' || quote(sid) || ', seq ' || quote(seq) ||
      ': its class is not 1', NULL, NULL, NULL
    FROM outbox NOT INDEXED WHERE class IS NOT 1
  LIMIT 1000)";

constexpr const char* damaged_ledger_rows = R"(
  SELECT 'table meta, key ' || quote(key) || ': is not one of ours', NULL, NULL, NULL
    FROM meta NOT INDEXED WHERE key IS NOT 'failed_commits' OR typeof(value) <> 'integer'
  UNION ALL SELECT 'table stream, id ' || id || ': its checksum does not match',
      device, governor, epoch
    FROM stream NOT INDEXED
    WHERE sum IS NOT hawser_sum(id, device, governor, epoch, origin, seq, head, status)
  UNION ALL SELECT 'table clock, stream ' || quote(stream) || ', seq ' || quote(seq) ||
      ': its checksum does not match', NULL, NULL, NULL
    FROM clock WHERE sum IS NOT hawser_sum(stream, seq, ahead)
  LIMIT 1000)";

constexpr archive_queries outbox_queries{
    outbox_kind,
    "SELECT sid, (SELECT value FROM meta WHERE key = 'device'), name, epoch, origin, base_seq, "
    "base_head, seq, head FROM stream ORDER BY sid",
    "SELECT base_seq, base_head, seq, head FROM stream WHERE sid = ?",
    "SELECT seq, hash, body, 0, hlc FROM outbox WHERE sid = ? AND seq > ? ORDER BY seq LIMIT ?",
    "SELECT seq, hash, body, 0, hlc FROM outbox WHERE sid = ? AND seq > ? ORDER BY seq LIMIT ?",
    "SELECT 'receipt ' || seq || ' belongs to no stream (' || sid || ')' FROM outbox "
    "WHERE sid NOT IN (SELECT sid FROM stream) LIMIT 1",
    damaged_outbox_rows,
    outbox_schema,
    outbox_content};

constexpr archive_queries ledger_queries{
    ledger_kind,
    "SELECT id, device, governor, epoch, origin, 0, origin, seq, head FROM stream ORDER BY id",
    "SELECT 0, origin, seq, head FROM stream WHERE id = ?",
    "SELECT r.seq, hash, body, coalesce(ahead, 0), NULL FROM receipt AS r LEFT JOIN clock AS c "
    "ON c.stream = r.stream AND c.seq = r.seq AND c.sum IS hawser_sum(c.stream, c.seq, c.ahead) "
    "WHERE r.stream = ? AND r.seq > ? ORDER BY r.seq LIMIT ?",
    "SELECT seq, hash, body, 0, NULL FROM receipt WHERE stream = ? AND seq > ? ORDER BY seq "
    "LIMIT ?",
    "SELECT 'receipt ' || seq || ' belongs to no stream (' || stream || ')' FROM receipt "
    "WHERE stream NOT IN (SELECT id FROM stream) LIMIT 1",
    damaged_ledger_rows,
    ledger_schema,
    ledger_content};

/// What changes when somebody opens the database or writes to it.
class fingerprint {
 public:
  explicit fingerprint(const std::string& path)
      : of_{of(path), of(path + "-wal"), of(path + "-shm")} {}
  /// Of a database that somebody has emptied, the log is what is left: no leftover to be removed.
  void require_whole(const std::string& path) const {
    const auto& [exists, inode, size, seconds, nanoseconds] = of_[0];
    if (exists && size == 0 && std::get<2>(of_[1]) > 0) {
      throw store_error(store_errc::corrupt, path + ": is empty, its log is not");
    }
  }
  bool operator==(const fingerprint&) const = default;

 private:
  using state = std::tuple<bool, ino_t, off_t, time_t, long>;
  static state of(const std::string& path) {
    struct stat s {};
    if (::stat(path.c_str(), &s) != 0) return {};
    return {true, s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec};
  }

  std::array<state, 3> of_;
};

/// Whether an owner came, or went, since `before`: what was read means nothing then.
bool owner_changed(const std::string& path, const fingerprint& before, bool cold) {
  const bool held = is_held(path);
  if (cold) return held || fingerprint(path) != before;
  return !held || ::access((path + "-shm").c_str(), F_OK) != 0;
}

database open_archive_database(const std::string& path, bool cold) {
  if (cold) (void)store_id(path).read();  // What cannot be read could not say that the log is gone.
  database db(path, database::access::read_only, cold ? cold_vfs() : beside_vfs());
  if (cold) db.execute("PRAGMA locking_mode = EXCLUSIVE");
  return db;
}

// What a slice holds: an owner that runs cannot begin its log anew while it is read.
constexpr std::uint64_t slice_rows = 256;
constexpr std::size_t slice_bytes = std::size_t{1} << 20;

/// What is read within it is of one snapshot.
class read_transaction {
 public:
  explicit read_transaction(database& db) : db_(db) { db_.execute("BEGIN"); }
  ~read_transaction() {
    try {
      if (db_.in_transaction()) db_.execute("COMMIT");
    } catch (const store_error&) {  // It has read; nothing of it can fail to be written.
    }
  }
  read_transaction(const read_transaction&) = delete;
  read_transaction& operator=(const read_transaction&) = delete;

 private:
  database& db_;
};

// Without an owner nothing may be opened as if there was one.
bool is_cold(const std::string& path) {
  return !is_held(path) || ::access((path + "-shm").c_str(), F_OK) != 0;
}

class archive final : public receipt_archive {
 public:
  archive(const std::string& path, const archive_queries& queries, const fingerprint& before,
          bool cold)
      : before_(before),
        cold_(cold),
        db_((require_regular_files(path), before_.require_whole(path),
             open_archive_database(path, cold_))),
        queries_((db_.check_kind(queries.kind), queries)),
        hash_(make_sha256()),
        streams_(db_, queries.streams),
        stream_(db_, queries.stream),
        read_(db_, db_.integer("PRAGMA user_version") == 1 ? queries.read_1 : queries.read) {}

  std::string last_error() const override { return store_.error(); }
  result<std::optional<std::string>> damage() override {
    return guarded([&]() -> std::optional<std::string> {
      try {
        if (auto lost = lost_log(); !lost.empty()) return lost;
        if (auto found = db_.damage("PRAGMA integrity_check(1)")) return found;
        const auto version = db_.integer("PRAGMA user_version");
        if (auto fault = compare_schema(db_, queries_.schema(version))) return fault->what;
        statement orphans(db_, queries_.orphans);
        rows r = orphans.run();
        if (r.next()) return std::string(r.text(0));
        return wrong_origin();
      } catch (const store_error& e) {
        if (e.code() != store_errc::corrupt) throw;
        return e.what();
      }
    });
  }

  result<std::vector<breakage>> damaged_rows() override {
    return guarded([&] {
      std::vector<breakage> out;
      if (db_.integer("PRAGMA user_version") < 2) return out;  // without checksums
      statement query(db_, queries_.damaged);
      rows r = query.run();
      while (r.next()) {
        breakage b{"", 0, std::string(r.text(0))};
        // The names of a row that is damaged may be anything.
        if (r.is_text(1) && r.is_text(2) && r.is_number(3)) {
          b.key = {std::string(r.text(1)), std::string(r.text(2)), r.number(3)};
          b.stream = b.key.device + '/' + b.key.governor;
        }
        out.push_back(std::move(b));
      }
      return out;
    });
  }

  result<std::string> missing() override {
    // A log that is gone is damage already: the same loss.
    return guarded([&] { return lost_log().empty() ? lost_receipts() : std::string(); });
  }

  result<std::vector<stored_stream>> streams() override {
    return guarded([&] { return list(); });
  }

  result<receipt_slice> read(const stream_key& key, std::uint64_t after) override {
    return guarded([&] {
      const read_transaction snapshot(db_);
      if (!ids_.contains(key)) list();
      const auto id = ids_.find(key);
      if (id == ids_.end()) db_.refuse("has no stream " + key.device + '/' + key.governor);
      rows stream = stream_.run(id->second);
      if (!stream.next()) db_.contradicts("stream " + key.governor + " is gone");
      receipt_slice out{{stream.number(0), stream.hash(1)}, {stream.number(2), stream.hash(3)}, {}};
      std::size_t size = 0;
      rows r = read_.run(id->second, after, slice_rows);
      try {
        while (size < slice_bytes && r.next()) {
          const bytes_view body = r.blob(2);
          chained_receipt next;
          next.seq = r.number(0);
          next.hash = r.hash(1);
          next.body.assign(body.begin(), body.end());
          next.clock_ahead = static_cast<std::int64_t>(r.number(3));
          if (!r.is_null(4)) require_hlc(next, r.number(4));
          out.receipts.push_back(std::move(next));
          size += body.size();
        }
      } catch (const store_error& e) {
        if (e.broke_write() || out.receipts.empty()) throw;  // What is before it goes first.
      }
      return out;
    });
  }

 private:
  /// While somebody writes it, the log is never whole.
  std::string lost_log() const {
    if (!cold_) return {};
    return judge_log(db_.path(), store_id(db_.path()).read(), queries_.content).damage;
  }

  /// What the log itself cannot show: that its end is gone. An owner that runs counts later.
  std::string lost_receipts() {
    const auto known = cold_ ? store_id(db_.path()).read() : std::nullopt;
    if (!known || !known->counted) return {};
    statement ask(db_, queries_.content);
    rows r = ask.run();
    // Of another store, FILE.id says nothing.
    if (!r.next() || (!r.is_null(0) && r.number(0) != known->epoch)) return {};
    // What the heads have is missed by the walk along their chains, which names it.
    const auto heads = db_.integer("SELECT coalesce(sum(seq), 0) FROM stream");
    return shortage(db_.path(), *known, std::max(r.number(1), static_cast<std::uint64_t>(heads)));
  }

  /// Reads the table itself, and keeps the numbers: an index that is damaged hides no stream.
  std::vector<stored_stream> list() {
    std::vector<stored_stream> out;
    rows r = streams_.run();
    while (r.next()) {
      out.push_back({{std::string(r.text(1)), std::string(r.text(2)), r.number(3)},
                     {r.number(5), r.hash(6)},
                     {r.number(7), r.hash(8)}});
      ids_[out.back().key] = r.number(0);
    }
    return out;
  }

  /// The row of a receipt has its HLC once more, for trimming.
  void require_hlc(const chained_receipt& r, std::uint64_t hlc) {
    const auto decoded = decode_receipt(r.body);
    if (decoded && decoded->hlc != hlc) {
      db_.contradicts("receipt " + std::to_string(r.seq) + ": its row has another HLC");
    }
  }

  /// The names of a stream are bound to its hash: nothing else would show that they were changed
  /// once its first receipts are gone.
  std::optional<std::string> wrong_origin() {
    rows r = streams_.run();
    while (r.next()) {
      const stream_key key{std::string(r.text(1)), std::string(r.text(2)), r.number(3)};
      if (chain_origin(*hash_, key) != r.hash(4)) {
        return "stream " + key.device + '/' + key.governor + " has the origin of another one";
      }
    }
    return std::nullopt;
  }

  template <class F>
  auto guarded(F&& body) -> result<std::invoke_result_t<F&>> {
    auto out = store_.guarded(false, body);
    // Without the index a writer does not see this reader, and may have changed what it read.
    if (cold_ && fingerprint(db_.path()) != before_) return archive_in_use();
    if (!out && owner_changed(db_.path(), before_, cold_)) return archive_in_use();
    return out;
  }

  fingerprint before_;
  bool cold_;
  database db_;
  archive_queries queries_;
  std::unique_ptr<hasher> hash_;
  statement streams_;
  statement stream_;
  statement read_;
  std::map<stream_key, std::uint64_t> ids_;
  store_state store_;
};

result<std::unique_ptr<receipt_archive>, error_info> open(const std::string& path,
                                                          const archive_queries& queries) {
  const fingerprint before(path);
  const bool cold = is_cold(path);
  try {
    return std::make_unique<archive>(path, queries, before, cold);
  } catch (const store_error& e) {
    const bool changed = owner_changed(path, before, cold);
    return error_info{changed ? archive_in_use() : error_code(e.code()), e.what()};
  } catch (const std::exception& e) {  // of the crypto library
    return error_info{store_errc::failed, path + ": " + e.what()};
  }
}

}  // namespace
}  // namespace hawser::io::sqlite

namespace hawser {

result<std::unique_ptr<receipt_archive>, error_info> open_outbox_archive(const std::string& path) {
  return io::sqlite::open(path, io::sqlite::outbox_queries);
}

result<std::unique_ptr<receipt_archive>, error_info> open_ledger_archive(const std::string& path) {
  return io::sqlite::open(path, io::sqlite::ledger_queries);
}

}  // namespace hawser

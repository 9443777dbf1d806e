#include "store/sqlite/outbox/outbox_check.hpp"

#include "store/sqlite/outbox/outbox_answers.hpp"
#include "store/sqlite/outbox/timers.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace hawser::io::sqlite {
namespace {

constexpr std::uint64_t verified_tail = 1'000;
constexpr std::uint64_t most_streams = 1'000'000;

using counts = std::map<std::uint64_t, std::uint64_t>;  // of rows, by sid

counts count_by_sid(database& db, const char* sql) {
  counts out;
  statement query(db, sql);
  rows r = query.run();
  while (r.next()) out[r.number(0)] = r.number(1);
  return out;
}

std::uint64_t count_of(const counts& all, std::uint32_t sid) {
  const auto at = all.find(sid);
  return at == all.end() ? 0 : at->second;
}

// Runs `read` on a row; nullopt, and `why`, if the row makes no sense.
template <class F>
auto attempt(F read, std::string& why) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const store_error& e) {
    if (e.code() != store_errc::corrupt || e.broke_write()) throw;
    why = "it cannot be read";
    return std::nullopt;
  }
}

// The name of a stream that is damaged, in its row or in the index of names: the one that its chain
// begins with; "": neither.
std::string name_of(outbox_file& file, rows& r, std::uint64_t sid) {
  std::string ignored;
  const auto in_row = attempt([&] { return std::string(r.text(1)); }, ignored);
  const auto origin = attempt([&] { return r.hash(3); }, ignored);
  const auto base = attempt([&] { return r.hash(8); }, ignored);  // the same until it is trimmed
  std::optional<std::string> in_index;
  {
    statement query(file.db,
                    "SELECT name FROM stream INDEXED BY sqlite_autoindex_stream_1 WHERE +sid = ?");
    rows found = query.run(sid);
    if (found.next()) in_index = attempt([&] { return std::string(found.text(0)); }, ignored);
  }
  for (const auto& name : {in_row, in_index}) {
    if (!name) continue;
    const digest begin = chain_origin(*file.hash, {file.device, *name, file.epoch});
    if (begin == origin || begin == base) return *name;
  }
  return "";
}

// What contradicts itself although its checksum may match: it was so before it had one.
std::string contradiction(outbox_file& file, const outbox_stream& s) {
  const stream_record& r = s.record;
  if (r.base.seq > r.acked || r.acked > r.last.seq) return "its numbers contradict each other";
  if (s.origin != chain_origin(*file.hash, {file.device, r.governor, r.epoch})) {
    return "its origin is that of another one";
  }
  return {};
}

// A row of the table, or what is left of one.
struct stream_row {
  std::uint64_t sid = 0;  // as it says
  std::string why;        // what is wrong; empty: nothing
  outbox_stream stream;   // if something is: its name alone, if that is proven
};

stream_row read_row(outbox_file& file, rows& r) {
  stream_row out;
  out.sid = r.number(0);
  auto read = attempt([&] { return stream_of(r); }, out.why);
  if (read)
    out.why = r.number(10) == 0 ? "its checksum does not match" : contradiction(file, *read);
  if (out.why.empty()) {
    out.stream = *std::move(read);
  } else {
    out.stream.record.governor = name_of(file, r, out.sid);
  }
  return out;
}

// Nothing of it is believed but that it is there, with so many receipts.
outbox_stream closed_stream(outbox_file& file, std::uint32_t sid, std::uint64_t kept,
                            std::string name, const std::string& why) {
  outbox_stream s;
  s.record.sid = sid;
  s.record.epoch = file.epoch;
  s.record.last.seq = kept;
  s.record.damage = "table stream, sid " + std::to_string(sid) + " (" +
                    (name.empty() ? "no name" : name) + "): " + why;
  s.record.governor = std::move(name);
  s.record.closed = true;
  return s;
}

// Follows the last links of the chain; what is wrong with them, or "". The HLC of the stream is
// that of its newest receipt, which is hashed.
std::string walk_tail(outbox_file& file, outbox_stream& s) {
  const stream_record& r = s.record;
  stream_head at = r.base;
  if (r.last.seq - r.base.seq > verified_tail) {
    at.seq = r.last.seq - verified_tail;
    rows known = file.hash_of.run(r.sid, at.seq);
    if (!known.next()) return "receipt " + std::to_string(at.seq) + " is missing";
    at.hash = known.hash(0);
  }
  rows tail = file.read_receipts.run(r.sid, at.seq + 1);
  while (tail.next()) {
    const std::uint64_t seq = tail.number(0);
    if (seq != at.seq + 1 || seq > r.last.seq) {
      return "receipt " + std::to_string(seq) + " is out of place";
    }
    at = {seq, chain_next(*file.hash, at.hash, tail.blob(2))};
    if (at.hash != tail.hash(1)) return "receipt " + std::to_string(seq) + " is changed";
    if (at != r.last) continue;
    if (const auto newest = decode_receipt(tail.blob(2))) s.hlc = newest->hlc;
  }
  return at == r.last ? "" : "its head is not that of its receipts";
}

// Only then is it known what the next receipt follows from, and that its place is free.
bool ends_at(outbox_file& file, std::uint32_t sid, const stream_head& last) {
  std::string ignored;
  rows r = file.read_receipts.run(sid, last.seq);
  const auto hash = r.next() ? attempt([&] { return r.hash(1); }, ignored) : std::nullopt;
  return hash == last.hash && !r.next();
}

void verify_tail(outbox_file& file, outbox_stream& s, std::uint64_t kept) {
  stream_record& r = s.record;
  std::string why;
  const auto walked = attempt([&] { return walk_tail(file, s); }, why);
  if (walked) why = *walked;
  const std::uint64_t expected = r.last.seq - r.base.seq;
  if (why.empty() && kept != expected) {
    why = "has " + std::to_string(kept) + " receipts, not " + std::to_string(expected);
  }
  if (why.empty()) return;
  r.damage = "table outbox, sid " + std::to_string(r.sid) + " (" + r.governor + "): " + why;
  r.closed = !ends_at(file, r.sid, r.last);
}

// Stream n is row n: one that is damaged may say another number.
outbox_streams read_streams(outbox_file& file, const counts& kept) {
  std::map<std::uint64_t, outbox_stream> sound;
  std::vector<stream_row> damaged;
  statement query(file.db,
                  "SELECT sid, name, epoch, origin, seq, head, acked_seq, base_seq, base_head, "
                  "hlc, sum IS hawser_sum(sid, name, epoch, origin, seq, head, acked_seq, "
                  "base_seq, base_head, hlc) FROM stream NOT INDEXED ORDER BY sid");
  rows r = query.run();
  while (r.next()) {
    stream_row row = read_row(file, r);
    if (row.sid == 0 || row.sid > most_streams) row.why = "its number is none of ours";
    if (row.why.empty()) {
      sound.emplace(row.sid, std::move(row.stream));
    } else {
      damaged.push_back(std::move(row));
    }
  }
  const std::uint64_t most = std::max<std::uint64_t>(sound.empty() ? 0 : sound.rbegin()->first,
                                                     sound.size() + damaged.size());
  outbox_streams streams;
  while (streams.size() < most) {
    const std::uint32_t sid = streams.next_sid();
    if (auto found = sound.extract(sid)) {
      outbox_stream& s = found.mapped();
      verify_tail(file, s, count_of(kept, sid));
      if (!s.record.damage.empty() && !s.record.closed) file.damages.add(s.record.damage);
      streams.add(std::move(s));
      continue;
    }
    auto row = std::ranges::find(damaged, sid, &stream_row::sid);
    if (row == damaged.end()) row = damaged.begin();
    std::string name;
    std::string why = "there is no such row";
    if (row != damaged.end()) {
      name = std::move(row->stream.record.governor);
      why = std::move(row->why);
      damaged.erase(row);
    }
    streams.add(closed_stream(file, sid, count_of(kept, sid), std::move(name), why));
  }
  return streams;
}

// By an index of other rows, a note of the clock would be sought where there is none, and written
// never. Its rows are read without it.
void verify_meta_index(outbox_file& file) {
  const bool same =
      file.db.integer(
          "SELECT (SELECT hawser_total(rowid, key) FROM meta NOT INDEXED) = "
          "(SELECT hawser_total(rowid, key) FROM meta INDEXED BY sqlite_autoindex_meta_1)") != 0;
  if (same) return;
  file.db.execute("REINDEX meta");
  file.damages.add("the index of table meta is not that of its table: it was made anew");
}

governor::snapshot state_of(const database& db, rows& r) {
  const bytes_view data = r.blob(2);
  auto timers = decode_timers(r.blob(3));
  if (!timers) db.contradicts("timers that are none");
  return {std::string(r.text(1)), bytes(data.begin(), data.end()), *std::move(timers)};
}

}  // namespace

outbox_streams verify_outbox(outbox_file& file) {
  require_sound_trees(file.db);
  verify_meta_index(file);
  const counts kept = count_by_sid(file.db,
                                   "SELECT sid, count(*) FROM outbox "
                                   "WHERE typeof(sid) = 'integer' GROUP BY sid");
  outbox_streams streams = read_streams(file, kept);
  for (const auto& [sid, n] : kept) {
    if (sid != 0 && sid <= streams.size()) continue;
    file.damages.add("table outbox, sid " + std::to_string(sid) + ": there is no such stream");
  }
  verify_answers(file, streams);
  streams.accept();
  return streams;
}

std::vector<governor_record> read_governors(outbox_file& file, const outbox_streams& streams) {
  std::vector<governor_record> out;
  rows r = file.all_governors.run();
  while (r.next()) {
    const std::uint64_t sid = r.number(0);
    const outbox_stream* s =
        sid > streams.size() ? nullptr : streams.find(static_cast<std::uint32_t>(sid));
    const std::string row = "table governor, sid " + std::to_string(sid);
    if (!s) {
      file.damages.add(row + ": there is no such stream");
      continue;
    }
    governor_record g{s->record.sid, s->record.governor, {}, {}};
    std::string why = "its checksum does not match";
    const auto state =
        r.number(4) == 0 ? std::nullopt : attempt([&] { return state_of(file.db, r); }, why);
    if (state) {
      g.state = *state;
    } else {
      g.damage = row + " (" + g.governor + "): " + why;
    }
    out.push_back(std::move(g));
  }
  return out;
}

}  // namespace hawser::io::sqlite

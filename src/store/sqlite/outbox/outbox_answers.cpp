#include "store/sqlite/outbox/outbox_answers.hpp"

#include <hawser/core/receipt/receipt.hpp>

#include <charconv>

namespace hawser::io::sqlite {
namespace {

constexpr std::uint64_t most_rows = 100;  // of those that are damaged

std::string row_name(std::string_view sid, std::string_view key) {
  return "table applied, sid " + std::string(sid) + ", key " + std::string(key);
}

// The number of the receipt that an answer belongs to; 0: it says none.
std::uint64_t seq_of(std::string_view answer) {
  constexpr std::string_view member = R"("seq":)";
  std::uint64_t seq = 0;
  if (const auto at = answer.rfind(member); at != std::string_view::npos) {
    std::from_chars(answer.data() + at + member.size(), answer.data() + answer.size(), seq);
  }
  return seq;
}

// The receipt has the key as it was, and is hashed.
void doubt(outbox_file& file, std::uint32_t sid, std::uint64_t seq) {
  statement query(file.db, "SELECT body FROM outbox WHERE sid = ? AND seq = ?");
  rows r = query.run(sid, seq);
  if (!r.next()) return;
  const auto receipt = decode_receipt(r.blob(0));
  if (receipt && !receipt->key.empty()) file.doubtful.emplace(sid, receipt->key);
}

void doubt_all_of(outbox_file& file, const outbox_streams& streams, std::string_view answer,
                  const std::string& row_sid) {
  const std::uint64_t seq = seq_of(answer);
  if (seq == 0) return;  // Then the answer is what is damaged, and its key is not.
  for (const kept_stream& s : streams.all()) {
    const bool named = answer.find("\"stream\":\"" + file.device + "/" + s.record.governor +
                                   "\"") != std::string_view::npos;
    if (named || std::to_string(s.record.sid) == row_sid) doubt(file, s.record.sid, seq);
  }
}

// Whether every row is what was written.
bool name_damaged(outbox_file& file, const outbox_streams& streams) {
  statement query(file.db,
                  "SELECT quote(sid), quote(key), CAST(answer AS TEXT) FROM applied NOT INDEXED "
                  "WHERE sum IS NOT hawser_sum(sid, key, answer, event) LIMIT ?");
  rows r = query.run(most_rows);
  bool whole = true;
  while (r.next()) {
    whole = false;
    const std::string sid(r.text(0));
    file.damages.add(row_name(sid, r.text(1)) + ": its checksum does not match");
    if (r.is_text(2)) doubt_all_of(file, streams, r.text(2), sid);
  }
  return whole;
}

std::int64_t total(database& db, const std::string& columns, const std::string& by) {
  return db.integer(("SELECT hawser_total(" + columns + ") FROM applied " + by).c_str());
}

// Fails where two rows have one key: their event was applied once more while the index was damaged.
bool make_anew(database& db, const std::string& index) {
  try {
    db.execute(("REINDEX " + index).c_str());
    return true;
  } catch (const store_error& e) {
    if (e.broke_write()) throw;
    return false;
  }
}

// A key that the index misses would have its event applied once more.
void doubt_what_is_missing(outbox_file& file) {
  statement query(file.db,
                  "SELECT sid, key FROM applied AS t NOT INDEXED WHERE typeof(sid) = 'integer' AND "
                  "typeof(key) = 'text' AND NOT EXISTS (SELECT 1 FROM applied AS i INDEXED BY "
                  "applied_key WHERE i.sid = t.sid AND i.key = t.key)");
  rows r = query.run();
  while (r.next()) {
    file.doubtful.emplace(static_cast<std::uint32_t>(r.number(0)), std::string(r.text(1)));
  }
}

void verify_index(outbox_file& file, const std::string& index, const std::string& columns,
                  bool whole) {
  database& db = file.db;
  if (total(db, columns, "NOT INDEXED") == total(db, columns, "INDEXED BY " + index)) return;
  const bool anew = whole && make_anew(db, index);
  if (!anew) doubt_what_is_missing(file);
  file.damages.add("index " + index + " is not that of its table" +
                   (anew    ? ": it was made anew"
                    : whole ? ", and cannot be made anew: two rows have one key"
                            : ", which is damaged"));
}

}  // namespace

void verify_answers(outbox_file& file, outbox_streams& streams) {
  const bool whole = name_damaged(file, streams);
  verify_index(file, "applied_key", "id, sid, key", whole);
  verify_index(file, "applied_age", "id, sid", whole);
  statement query(file.db,
                  "SELECT sid, count(*) FROM applied INDEXED BY applied_age "
                  "WHERE typeof(sid) = 'integer' GROUP BY sid");
  rows r = query.run();
  while (r.next()) {
    const std::uint64_t sid = r.number(0);
    if (sid != 0 && sid <= streams.size()) {
      streams.set_keys(static_cast<std::uint32_t>(sid), r.number(1));
    } else {
      file.damages.add(row_name(std::to_string(sid), "any") + ": there is no such stream");
    }
  }
}

}  // namespace hawser::io::sqlite

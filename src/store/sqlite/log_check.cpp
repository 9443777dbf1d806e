#include "store/sqlite/log_check.hpp"

#include "store/sqlite/cold_vfs.hpp"
#include "store/sqlite/wal_judge.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace hawser::io::sqlite {
namespace {

constexpr std::size_t page_size = 4096;  // SQLite's default, and so that of our files

struct log_content {
  bool there = false;
  std::string damage;
};

log_content look_at(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const auto read = [&](bytes& into) {
    in.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
    return static_cast<std::size_t>(in.gcount());
  };
  bytes header(wal_judge::header_size);
  header.resize(read(header));
  wal_judge judge(header, page_size);
  bytes frame(judge.frame_size());
  while (read(frame) == frame.size()) judge.add(frame);
  return {judge.header_valid(), judge.damage()};
}

enum class completeness { unknown, as_of_an_earlier_boot, complete };

// Whether the database, without its log, has every receipt that FILE.id counted.
completeness look_for_all(const std::string& path, const store_record& known, const char* content) {
  try {
    database db(path, database::access::read_only, cold_vfs());
    db.execute("PRAGMA locking_mode = EXCLUSIVE");
    statement ask(db, content);
    rows r = ask.run();
    if (!r.next()) return completeness::unknown;
    const bool same = r.is_null(0) || r.number(0) == known.epoch;
    // Of another store, FILE.id says nothing.
    if (!same) return completeness::complete;
    if (!known.counted || r.number(1) < known.receipts) return completeness::unknown;
    return known.noted_since_boot ? completeness::complete : completeness::as_of_an_earlier_boot;
  } catch (const store_error&) {
    return completeness::unknown;
  }
}

}  // namespace

log_verdict judge_log(const std::string& path, const std::optional<store_record>& known,
                      const char* content) {
  const log_content log = look_at(path + "-wal");
  if (!log.damage.empty()) return {path + ": " + log.damage, {}};
  if (log.there || !known || !known->log_in_use) return {};
  const std::string name = std::filesystem::path(path + "-wal").filename().string();
  const std::string gone = path + ": its log (" + name + ") is gone or empty, and was in use";
  switch (look_for_all(path, *known, content)) {
    case completeness::unknown:
      return {gone, {}};
    case completeness::as_of_an_earlier_boot:
      return {{},
              gone + "; the database has the " + std::to_string(known->receipts) +
                  " receipts that were counted before the system was restarted, newer ones may be "
                  "missing"};
    case completeness::complete:
      break;
  }
  return {};
}

}  // namespace hawser::io::sqlite

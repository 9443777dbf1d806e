#include "store/sqlite/group.hpp"

namespace hawser::io::sqlite {

group::group(database& db, std::string ours)
    : db_(&db),
      ours_(std::move(ours)),
      schema_version_(static_cast<std::uint64_t>(db.integer("PRAGMA schema_version"))),
      begin_(db, "BEGIN IMMEDIATE"),
      ask_schema_version_(db, "PRAGMA schema_version"),
      commit_(db, "COMMIT"),
      rollback_(db, "ROLLBACK"),
      seal_(db,
            "INSERT INTO meta(key, value) VALUES('failed_commits', 1) "
            "ON CONFLICT(key) DO UPDATE SET value = value + 1") {}

group::~group() {
  rollback();
  seal();
}

void group::begin() {
  if (open_) db_->refuse("a group is open already");
  begin_.execute();
  open_ = true;
  try {
    require_our_schema();
  } catch (const store_error&) {
    rollback();
    throw;
  }
}

// Within the transaction: nobody changes it from here on.
void group::require_our_schema() {
  rows r = ask_schema_version_.run();
  if (!r.next()) db_->corrupt("has no schema version");
  const std::uint64_t now = r.number(0);
  if (now == schema_version_) return;
  require_schema(*db_, ours_);
  schema_version_ = now;
}

void group::commit() {
  try {
    commit_.execute();
    open_ = false;
  } catch (const store_error& e) {
    rollback();
    sealed_ = false;
    may_be_logged_ = !e.disk_full();  // The mark that ends a commit is written last.
    seal();
    if (in_doubt()) throw store_error(store_errc::in_doubt, e.what(), true);
    throw;
  }
}

void group::rollback() noexcept {
  open_ = false;
  if (!db_->in_transaction()) return;  // SQLite rolls back by itself after some errors
  try {
    rollback_.execute();
  } catch (const store_error&) {
    // A rollback writes nothing; what it reports is the error that led here.
  }
}

bool group::seal() noexcept {
  if (sealed_) return true;
  try {
    seal_.execute_once();
    sealed_ = true;
  } catch (const store_error&) {
  }
  return sealed_;
}

void group::require_sealed() {
  if (seal()) return;
  throw store_error(in_doubt() ? store_errc::in_doubt : store_errc::failed,
                    db_->path() + ": still cannot write over the commit that failed");
}

}  // namespace hawser::io::sqlite

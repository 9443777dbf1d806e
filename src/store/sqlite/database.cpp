#include "store/sqlite/database.hpp"

#include "store/sqlite/row_sum.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <system_error>

namespace hawser::io::sqlite {
namespace {

constexpr int busy_timeout_ms = 5'000;

store_errc code_of(int sqlite_code) noexcept {
  const int primary = sqlite_code & 0xff;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB ? store_errc::corrupt
                                                               : store_errc::failed;
}

// Whether a line of SQLite's check is about reading a page, not about what was read. It names the
// code for pages of trees, and none for their overflow.
bool is_unread_page(std::string_view line) {
  constexpr std::string_view sign = "error code";
  const auto at = line.find(sign);
  if (at == std::string_view::npos) return line.find("failed to get page") != line.npos;
  int code = 0;
  const char* end = line.data() + line.size();
  std::from_chars(std::min(line.data() + at + sign.size() + 1, end), end, code);
  return code_of(code) != store_errc::corrupt;
}

// One finding has a line for each fault of the trees. One page that the disk did not give puts
// the others in doubt as well.
bool has_unread_page(std::string_view finding) {
  for (std::size_t at = 0; at < finding.size();) {
    const std::size_t end = std::min(finding.find('\n', at), finding.size());
    if (is_unread_page(finding.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

database::database(const std::string& path, access mode, const std::string& vfs) : path_(path) {
  const int flags = (mode == access::read_only ? SQLITE_OPEN_READONLY
                                               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  sqlite3* opened = nullptr;
  if (mode == access::read_write) vfs_ = store_vfs::over(vfs);
  const char* name = vfs_ ? vfs_->name() : vfs.empty() ? nullptr : vfs.c_str();
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, name);
  handle_.reset(opened);  // there is one also after an error
  mark_.emplace(path);
  if (vfs_) vfs_->opened(mark_->id());
  if (code != SQLITE_OK) fail(code);
  sqlite3_busy_timeout(opened, busy_timeout_ms);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  add_row_sum(opened);
  execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
  if (mode == access::read_write) execute("PRAGMA synchronous = FULL");  // reads the schema
}

void database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t database::integer(const char* sql) {
  statement s(*this, sql);
  rows r = s.run();
  if (!r.next()) corrupt(std::string("no answer to ") + sql);
  return static_cast<std::int64_t>(r.number(0));
}

std::string database::text(const char* sql) {
  statement s(*this, sql);
  rows r = s.run();
  if (!r.next()) corrupt(std::string("no answer to ") + sql);
  return std::string(r.text(0));
}

std::optional<std::string> database::damage(
    const char* check, const std::function<bool(std::string_view)>& passed_over) {
  std::optional<std::string> first;
  statement s(*this, check);
  rows r = s.run();
  while (r.next()) {
    const std::string found(r.text(0));
    if (found == "ok" || passed_over(found)) continue;
    if (has_unread_page(found)) throw store_error(store_errc::failed, path_ + ": " + found);
    if (!first) first = found;
  }
  return first;
}

void database::checkpoint_on_close() noexcept {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

void database::keep_log() noexcept {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

bool database::checkpoint() {
  int in_log = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             &in_log, &copied);
  if (code != SQLITE_OK && code != SQLITE_BUSY) fail(code);
  return code == SQLITE_OK && in_log == copied;
}

void database::set_kind(const file_kind& kind) {
  execute(("PRAGMA application_id = " + std::to_string(kind.application_id)).c_str());
  execute(("PRAGMA user_version = " + std::to_string(kind.version)).c_str());
}

void database::check_kind(const file_kind& kind) {
  if (integer("PRAGMA application_id") != kind.application_id) {
    refuse(std::string("is not ") + kind.name);
  }
  const std::int64_t version = integer("PRAGMA user_version");
  if (version < kind.oldest || version > kind.version) {
    refuse(std::string("is ") + kind.name + " of version " + std::to_string(version) +
           ", this program knows version " + std::to_string(kind.version));
  }
}

void database::use_log() {
  if (text("PRAGMA journal_mode = WAL") != "wal") refuse("cannot use a write-ahead log");
  integer("SELECT count(*) FROM sqlite_schema");  // The first read opens the log and its index.
}

void database::fail(int code) const {
  // Out of memory, SQLite has no handle to ask.
  const char* cause = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  std::string text = path_ + ": " + cause;
  if (const std::string_view kind = sqlite3_errstr(code); kind != cause) {
    text.append(" (").append(kind).append(")");
  }
  if (handle_ && (code & 0xff) == SQLITE_CANTOPEN) {
    const int why = sqlite3_system_errno(handle_.get());
    if (why != 0) text += ": " + std::generic_category().message(why);
  }
  if (handle_ && (code & 0xff) == SQLITE_IOERR) {
    text += ", I/O error " + std::to_string(code) + ", errno " +
            std::to_string(sqlite3_system_errno(handle_.get()));
    if (code == SQLITE_IOERR_SHMSIZE && vfs_ && vfs_->refusal() != 0) {
      text +=
          ": no room for the index of the log: " + std::generic_category().message(vfs_->refusal());
    }
  }
  throw store_error(code_of(code), text, (code & 0xff) != SQLITE_CONSTRAINT,
                    (code & 0xff) == SQLITE_FULL);
}

void database::corrupt(const std::string& what) const {
  throw store_error(store_errc::corrupt, path_ + ": " + what, true);
}

void database::contradicts(const std::string& what) const {
  throw store_error(store_errc::corrupt, path_ + ": " + what);
}

void database::refuse(const std::string& what) const {
  throw store_error(store_errc::failed, path_ + ": " + what);
}

bool rows::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) db_->fail(code);
  return false;
}

void rows::require(int column, int type) {
  if (!is(column, type)) {
    db_->contradicts(std::string("column ") + sqlite3_column_name(statement_, column) +
                     " has a wrong type");
  }
}

std::uint64_t rows::number(int column) {
  require(column, SQLITE_INTEGER);
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
}

std::string_view rows::text(int column) {
  require(column, SQLITE_TEXT);
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bytes_view rows::blob(int column) {
  require(column, SQLITE_BLOB);
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

digest rows::hash(int column) {
  const bytes_view b = blob(column);
  digest out;
  if (b.size() != out.size()) db_->contradicts("a hash has a wrong length");
  std::ranges::copy(b, out.begin());
  return out;
}

statement::statement(database& db, const char* sql) : db_(&db) {
  sqlite3_stmt* prepared = nullptr;
  const int code =
      sqlite3_prepare_v3(db.handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  handle_.reset(prepared);
  // The texts are ours: SQLite refuses them only if the schema is not.
  if (code == SQLITE_ERROR) db.corrupt(sqlite3_errmsg(db.handle_.get()));
  if (code != SQLITE_OK) db.fail(code);
}

void statement::bind(int i, std::uint64_t v) {
  const int code = sqlite3_bind_int64(handle_.get(), i, static_cast<sqlite3_int64>(v));
  if (code != SQLITE_OK) db_->fail(code);
}

// A null pointer would bind NULL: empty texts and blobs need an address.
void statement::bind(int i, std::string_view v) {
  const int code = sqlite3_bind_text64(handle_.get(), i, v.empty() ? "" : v.data(), v.size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) db_->fail(code);
}

void statement::bind(int i, bytes_view v) {
  const void* data = v.empty() ? static_cast<const void*>("") : v.data();
  const int code = sqlite3_bind_blob64(handle_.get(), i, data, v.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) db_->fail(code);
}

void statement::bind_null(int i) {
  const int code = sqlite3_bind_null(handle_.get(), i);
  if (code != SQLITE_OK) db_->fail(code);
}

void statement::check_count([[maybe_unused]] int bound) const {
  assert(bound == sqlite3_bind_parameter_count(handle_.get()));
}

void statement::step_to_end() {
  rows r(*db_, handle_.get());
  while (r.next()) {
  }
}

}  // namespace hawser::io::sqlite

#include "store/sqlite/ledger/ledger.hpp"

#include "store/sqlite/access.hpp"

#include <algorithm>
#include <utility>

namespace hawser::io::sqlite {

sqlite_ledger::sqlite_ledger(ledger_setup options)
    : options_(std::move(options)), mark_(options_.path, "ledger", {}) {
  if (options_.require_store) require_store();
  if (!has_content(options_.path)) {
    if (has_content(options_.path + "-wal")) {
      throw store_error(store_errc::corrupt,
                        options_.path +
                            ": is gone or empty, its log is not; put the file back, or, to begin "
                            "anew, move its -wal and " +
                            mark_.path() + " away");
    }
    if (mark_.found()) {
      lost_ = options_.path + ": is gone or empty (" + mark_.path() +
              " says that a ledger was here), a new one was begun: devices send again what they "
              "still keep, the rest is missing";
    }
  }
  load();
}

void sqlite_ledger::require_store() const {
  const auto bad = [](const std::string& what) {
    throw store_error(errc::invalid_option, what + " (require_store)");
  };
  if (!mark_.found()) {
    bad(mark_.path() + ": is not there: this is a new place, or its file system is not mounted");
  }
  if (!has_content(options_.path)) bad(options_.path + ": is gone or empty");
}

void sqlite_ledger::load() {
  hold(held_, options_.path, inode_lock::writers::many_of_one_name);
  if (!held_ || held_->alone()) mark_.prepare(ledger_content);
  auto opened = std::make_unique<ledger_file>(options_);
  hold(held_, options_.path, inode_lock::writers::many_of_one_name);
  opened->db.checkpoint_on_close();
  file_ = std::move(opened);
  mark_.opened(
      {lost_.empty() ? store_content::kind::all : store_content::kind::reset_only, {}, receipts()});
  held_->admit_others();
}

void sqlite_ledger::close() noexcept {
  if (!file_) return;
  file_->writes.rollback();
  file_->writes.seal();
  if (held_->alone()) mark_.closing(file_->db);
  file_.reset();
  mark_.closed(!held_->alone());
}

std::uint64_t sqlite_ledger::receipts() {
  rows r = file_->content.run();
  return r.next() ? r.number(1) : 0;
}

std::string sqlite_ledger::alarm() {
  std::string of_mark = mark_.alarm();
  return lost_.empty() ? of_mark : std::exchange(lost_, {});
}

ledger_file& sqlite_ledger::readable() {
  if (!file_) throw store_error(store_errc::failed, options_.path + ": is closed, reopen() first");
  return *file_;
}

ledger_file& sqlite_ledger::writable() {
  state_.require_intact();
  ledger_file& f = readable();
  if (!f.writes.open()) f.db.refuse("a write outside of a group");
  return f;
}

result<void> sqlite_ledger::begin() {
  return state_.guarded(false, [&] {
    state_.require_intact();
    readable().writes.begin();
  });
}

result<void> sqlite_ledger::commit() {
  const auto done = state_.guarded(true, [&] {
    ledger_file& f = writable();
    const std::uint64_t count = receipts();
    f.writes.commit();
    state_.require_names(f.names);
    mark_.committed(count);
  });
  if (!done) rollback();
  return done;
}

void sqlite_ledger::rollback() noexcept {
  if (file_) file_->writes.rollback();
}

result<void> sqlite_ledger::reopen() {
  rollback();
  return state_.guarded(false, [&] {
    state_.require_found(file_ ? &file_->names : nullptr);
    if (file_) file_->writes.require_sealed();
    const inode_lock::turn ours(*held_, options_.path);
    close();
    load();
    state_.recovered();
  });
}

result<std::optional<ledger_stream>> sqlite_ledger::find(const stream_key& key) {
  return state_.guarded(in_group(), [&]() -> std::optional<ledger_stream> {
    try {
      const stream_row s = look_up(key);
      if (s.id == 0) return std::nullopt;
      return ledger_stream{key, s.head, s.forked};
    } catch (const store_error& e) {
      // Not of this stream. A group would fail for it.
      const bool of_database = e.code() == store_errc::corrupt && e.broke_write();
      if (!of_database || in_group()) throw;
      throw store_error(store_errc::failed, e.what(), true);
    }
  });
}

result<append_result> sqlite_ledger::append(const batch& b) {
  return state_.guarded(in_group(), [&]() -> append_result {
    ledger_file& f = writable();
    for (std::size_t i = 0; i < b.rows.size(); ++i) {
      if (b.rows[i].seq != b.previous.seq + i + 1) {
        throw store_error(store_errc::gap, options_.path + ": the rows of a batch have a hole");
      }
    }
    stream_row s = look_up(b.stream);
    if (s.forked) return {append_status::fork, s.head};
    if (b.previous.seq > s.head.seq) return {append_status::gap, s.head};
    // What does not follow from the stream's history says nothing of the stream.
    if (hash_at(s, b.previous.seq) != b.previous.hash) return {append_status::unrelated, s.head};
    if (contradicts(s, b)) {
      ensure(s, b.stream);
      f.quarantine.execute_once(s.id);
      return {append_status::fork, s.head};
    }
    const auto known = std::min<std::uint64_t>(b.rows.size(), s.head.seq - b.previous.seq);
    if (known == b.rows.size()) return {append_status::repeated, s.head};
    require_free(s);
    ensure(s, b.stream);
    insert(s, b.rows.subspan(known));
    return {append_status::committed, s.head};
  });
}

sqlite_ledger::stream_row sqlite_ledger::look_up(const stream_key& key) {
  ledger_file& f = readable();
  stream_row s;
  s.origin = chain_origin(*f.hash, key);
  s.head = {0, s.origin};
  rows r = f.find_stream.run(key.device, key.governor, key.epoch);
  if (!r.next()) return s;
  s.id = r.number(0);
  if (r.number(5) == 0) {
    f.db.contradicts("table stream, id " + std::to_string(s.id) + ": its checksum does not match");
  }
  if (r.number(6) == 0) {
    f.db.contradicts("table stream, id " + std::to_string(s.id) + ": it is that of another stream");
  }
  if (r.hash(1) != s.origin) f.db.contradicts("stream " + key.governor + " has another origin");
  s.head = {r.number(2), r.hash(3)};
  s.forked = r.number(4) != 0;
  return s;
}

void sqlite_ledger::ensure(stream_row& s, const stream_key& key) {
  if (s.id != 0) return;
  rows r = file_->add_stream.run(key.device, key.governor, key.epoch, s.origin);
  if (!r.next()) file_->db.corrupt("a stream was not added");
  s.id = r.number(0);
}

// Asked before anything is written: a conflict halfway through a batch would leave its first rows.
void sqlite_ledger::require_free(const stream_row& s) {
  rows r = file_->read_receipts.run(s.id, s.head.seq + 1);
  if (r.next()) {
    file_->db.contradicts("receipt " + std::to_string(r.number(0)) + " is beyond the head");
  }
}

digest sqlite_ledger::hash_at(const stream_row& s, std::uint64_t seq) {
  if (seq == 0) return s.origin;
  if (seq == s.head.seq) return s.head.hash;
  rows r = file_->hash_of.run(s.id, seq);
  if (!r.next()) file_->db.contradicts("receipt " + std::to_string(seq) + " is missing");
  return r.hash(0);
}

bool sqlite_ledger::contradicts(const stream_row& s, const batch& b) {
  return std::ranges::any_of(b.rows, [&](const chained_receipt& r) {
    return r.seq <= s.head.seq && hash_at(s, r.seq) != r.hash;
  });
}

void sqlite_ledger::insert(stream_row& s, std::span<const chained_receipt> rows) {
  for (const chained_receipt& r : rows) {
    file_->add_receipt.execute_once(s.id, r.seq, r.hash, r.body);
    if (r.clock_ahead != 0) {
      file_->mark_clock.execute_once(s.id, r.seq, static_cast<std::uint64_t>(r.clock_ahead));
    }
  }
  const stream_head head{rows.back().seq, rows.back().hash};
  if (file_->swap_head.execute(head.seq, head.hash, s.id, s.head.seq, s.head.hash) != 1) {
    file_->db.corrupt("the head of a stream moved inside of a group");
  }
  s.head = head;
}

std::string sqlite_ledger::notice() {
  if (file_ && !file_->notice.empty()) return std::exchange(file_->notice, {});
  std::string of_mark = mark_.notice();
  return of_mark.empty() ? state_.notice() : of_mark;
}

result<std::vector<chained_receipt>> sqlite_ledger::read(const stream_key& key, std::uint64_t first,
                                                         std::size_t max_rows) {
  return state_.guarded(in_group(), [&] {
    std::vector<chained_receipt> out;
    const stream_row s = look_up(key);
    if (first > s.head.seq) return out;
    sqlite::rows r = file_->read_receipts.run(s.id, first);
    while (out.size() < max_rows && r.next()) {
      const bytes_view body = r.blob(2);
      out.push_back({r.number(0), r.hash(1), bytes(body.begin(), body.end()),
                     static_cast<std::int64_t>(r.number(3))});
    }
    return out;
  });
}

}  // namespace hawser::io::sqlite

namespace hawser {

ledger_factory ledger_in_sqlite(std::string file_system) {
  return [on = std::move(file_system)](
             const ledger_options& options) -> result<std::unique_ptr<ledger>, error_info> {
    try {
      if (options.path.empty()) return invalid_option("the ledger needs a path");
      const std::string path = io::sqlite::only_name(options.path);
      io::sqlite::require_writable(path);
      return std::make_unique<io::sqlite::sqlite_ledger>(
          io::sqlite::ledger_setup{{path, options.require_store}, on});
    } catch (const io::sqlite::store_error& e) {
      return error_info{e.code(), e.what()};
    } catch (const std::exception& e) {  // of the crypto library
      return error_info{store_errc::failed, options.path + ": " + e.what()};
    }
  };
}

result<std::unique_ptr<ledger>, error_info> open_ledger(const ledger_options& options) {
  return ledger_in_sqlite()(options);
}

}  // namespace hawser

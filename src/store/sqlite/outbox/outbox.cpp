#include "store/sqlite/outbox/outbox.hpp"

#include <hawser/core/receipt/hlc.hpp>

#include "store/sqlite/outbox/outbox_check.hpp"
#include "store/sqlite/outbox/timers.hpp"

#include <algorithm>

namespace hawser::io::sqlite {
namespace {

constexpr int streams_per_trim = 8;

}  // namespace

sqlite_outbox::sqlite_outbox(outbox_options options, std::shared_ptr<file_lock> lock,
                             std::shared_ptr<inode_lock> held)
    : options_(std::move(options)),
      lock_(std::move(lock)),
      held_(std::move(held)),
      mark_(options_.path, "outbox", options_.device) {
  load();
}

void sqlite_outbox::load() {
  hold(held_, options_.path, inode_lock::writers::one);
  mark_.prepare(outbox_content);
  auto file = std::make_unique<outbox_file>(options_);
  hold(held_, options_.path, inode_lock::writers::one);
  outbox_streams streams = verify_outbox(*file);
  file->db.checkpoint_on_close();
  file_ = std::move(file);
  streams_ = std::move(streams);
  forgotten_.clear();
  using kind = store_content::kind;
  const bool reset_only = streams_.size() == 1 && streams_.find("device") != nullptr;
  mark_.opened({streams_.size() == 0 ? kind::nothing
                : reset_only         ? kind::reset_only
                                     : kind::all,
                file_->epoch, streams_.ever_appended()});
}

void sqlite_outbox::close() noexcept {
  if (!file_) return;
  file_->writes.rollback();
  file_->writes.seal();
  mark_.closing(file_->db);
  file_.reset();
  mark_.closed(false);
}

outbox_file& sqlite_outbox::readable() {
  if (!file_) throw store_error(store_errc::failed, options_.path + ": is closed, reopen() first");
  return *file_;
}

outbox_file& sqlite_outbox::writable() {
  state_.require_intact();
  outbox_file& f = readable();
  if (!f.writes.open()) f.db.refuse("a write outside of a group");
  return f;
}

const outbox_stream& sqlite_outbox::stream(std::uint32_t sid) const {
  const outbox_stream* s = streams_.find(sid);
  if (!s) {
    throw store_error(store_errc::failed,
                      options_.path + ": there is no stream " + std::to_string(sid));
  }
  return *s;
}

result<void> sqlite_outbox::begin() {
  return state_.guarded(false, [&] {
    state_.require_intact();
    readable().writes.begin();
    file_has_room_.reset();
  });
}

result<void> sqlite_outbox::commit() {
  const auto done = state_.guarded(true, [&] {
    outbox_file& f = writable();
    for (const std::uint32_t sid : streams_.touched()) {
      const outbox_stream& s = stream(sid);
      const stream_record& r = s.record;
      if (r.closed) continue;  // What is damaged stays as it was found.
      f.update_stream.execute_once(sid, r.last.seq, r.last.hash, r.acked, r.base.seq, r.base.hash,
                                   s.hlc);
    }
    f.writes.commit();
    state_.require_names(f.names);
    mark_.committed(streams_.ever_appended());
  });
  if (done) {
    streams_.accept();
  } else {
    rollback();
  }
  return done;
}

void sqlite_outbox::rollback() noexcept {
  if (file_) file_->writes.rollback();
  streams_.undo();
}

result<void> sqlite_outbox::reopen() {
  rollback();
  return state_.guarded(false, [&] {
    state_.require_found(file_ ? &file_->names : nullptr);
    if (file_) file_->writes.require_sealed();
    close();
    load();
    state_.recovered();
  });
}

result<stream_record> sqlite_outbox::open_stream(const std::string& governor) {
  return state_.guarded(in_group(), [&] {
    if (const outbox_stream* known = streams_.find(governor)) return known->record;
    outbox_file& f = writable();
    outbox_stream s;
    s.origin = chain_origin(*f.hash, {f.device, governor, f.epoch});
    s.record = {streams_.next_sid(), governor, f.epoch, {0, s.origin}, 0, {0, s.origin}};
    if (f.add_stream.execute(s.record.sid, governor, f.epoch, s.origin) != 1) {
      f.db.contradicts("table stream: a row that is damaged has the number " +
                       std::to_string(s.record.sid) + " or the name " + governor);
    }
    streams_.add(s);
    return s.record;
  });
}

result<void> sqlite_outbox::append(std::uint32_t sid, const chained_receipt& r, std::uint64_t hlc) {
  return state_.guarded(in_group(), [&] {
    outbox_file& f = writable();
    const stream_record& record = stream(sid).record;
    if (record.closed) f.db.contradicts(record.damage);
    const std::uint64_t expected = record.last.seq + 1;
    if (r.seq != expected) {
      throw store_error(store_errc::gap, options_.path + ": receipt " + std::to_string(r.seq) +
                                             " where " + std::to_string(expected) + " is next");
    }
    make_room(stream(sid));
    f.add_receipt.execute_once(sid, r.seq, hlc, r.hash, r.body);
    streams_.appended(sid, {r.seq, r.hash}, hlc);
  });
}

result<void> sqlite_outbox::save(std::uint32_t sid, const governor::snapshot& s) {
  return state_.guarded(in_group(), [&] {
    outbox_file& f = writable();
    stream(sid);
    f.save_governor.execute_once(sid, s.state, s.data, encode_timers(s.timers));
  });
}

result<void> sqlite_outbox::acknowledge(std::uint32_t sid, std::uint64_t seq, wall_ms now) {
  return state_.guarded(in_group(), [&] {
    writable();
    const outbox_stream& s = stream(sid);
    if (s.record.closed) return;  // How many it had is not known.
    if (seq > s.record.last.seq) {
      throw store_error(store_errc::gap, options_.path + ": receipt " + std::to_string(seq) +
                                             " was acknowledged, the newest is " +
                                             std::to_string(s.record.last.seq));
    }
    if (seq > s.record.acked) streams_.acknowledged(sid, seq);

    const wall_ms cutoff = now - options_.limits.retention;
    std::uint64_t budget = delete_chunk;
    const auto trim_one = [&](const outbox_stream& which) {
      const std::uint64_t retained = streams_.retained();
      const std::uint64_t bound = options_.limits.retention_rows;
      budget -= trim(which, retained > bound ? retained - bound : 0, cutoff, budget);
    };
    trim_one(s);
    // Streams that have fallen silent are trimmed in their turn.
    for (int i = 0; i < streams_per_trim && budget > 0; ++i) trim_one(next_in_turn());
  });
}

// SQLite undoes by itself no statement of which it believes that it cannot fail.
std::optional<std::string> sqlite_outbox::tolerate(const std::function<void()>& tidy) {
  database& db = file_->db;
  db.execute("SAVEPOINT tidy");
  try {
    tidy();
  } catch (const store_error& e) {
    if (e.code() != store_errc::corrupt || !db.in_transaction()) throw;
    db.execute("ROLLBACK TO tidy; RELEASE tidy");
    return std::string(e.what()).substr(options_.path.size() + 2);  // It begins with the path.
  }
  db.execute("RELEASE tidy");
  return std::nullopt;
}

std::string sqlite_outbox::row_name(const char* table, std::uint32_t sid,
                                    const std::string& why) const {
  return std::string(table) + ", sid " + std::to_string(sid) + " (" + stream(sid).record.governor +
         "): " + why;
}

const outbox_stream& sqlite_outbox::next_in_turn() {
  turn_ = turn_ < streams_.size() ? turn_ + 1 : 1;
  return stream(turn_);
}

// What is damaged is not trimmed: it stays as it was found.
std::uint64_t sqlite_outbox::trim(const outbox_stream& s, std::uint64_t excess, wall_ms cutoff,
                                  std::uint64_t budget) {
  const stream_record& record = s.record;
  if (record.base.seq == record.acked || !record.damage.empty()) return 0;
  std::uint64_t deleted = 0;
  const std::uint32_t sid = record.sid;
  const auto fault = tolerate([&] {
    stream_head base = record.base;
    {
      rows r = file_->acknowledged_receipts.run(sid, base.seq, record.acked, budget);
      while (r.next() && (deleted < excess || hlc_wall(r.number(2)) < cutoff)) {
        base = {r.number(0), r.hash(1)};
        ++deleted;
      }
    }
    if (deleted == 0) return;
    require_link(record, base);
    const std::int64_t gone = file_->delete_receipts.execute(sid, base.seq);
    if (static_cast<std::uint64_t>(gone) != deleted) {
      file_->db.contradicts("the index of its receipts points to others");
    }
    streams_.trimmed(sid, base);
  });
  if (!fault) return deleted;
  const std::string why = row_name("table outbox", sid, *fault);
  streams_.damaged(sid, why);
  file_->damages.add(why);
  return 0;
}

// What remains of a chain begins with this hash: it must be the one that its next link is made of.
void sqlite_outbox::require_link(const stream_record& record, const stream_head& base) {
  if (base.seq == record.last.seq) {
    if (base != record.last) file_->db.contradicts("the hash of its last receipt is not its head");
    return;
  }
  rows next = file_->read_receipts.run(record.sid, base.seq + 1);
  if (next.next() && next.number(0) == base.seq + 1 &&
      chain_next(*file_->hash, base.hash, next.blob(2)) == next.hash(1)) {
    return;
  }
  file_->db.contradicts("receipt " + std::to_string(base.seq + 1) + " does not follow from " +
                        std::to_string(base.seq));
}

result<void> sqlite_outbox::note_wall(std::optional<wall_ms> t) {
  return state_.guarded(in_group(), [&] {
    outbox_file& f = writable();
    if (t) {
      f.note_wall.execute_once(static_cast<std::uint64_t>(*t));
    } else {
      f.forget_wall.execute();
    }
  });
}

result<std::optional<wall_ms>> sqlite_outbox::noted_wall() {
  return state_.guarded(in_group(), [&]() -> std::optional<wall_ms> {
    rows r = readable().noted_wall.run();
    if (!r.next()) return std::nullopt;
    return static_cast<wall_ms>(r.number(0));
  });
}

result<std::vector<stream_record>> sqlite_outbox::streams() {
  return state_.guarded(in_group(), [&] {
    std::vector<stream_record> out;
    out.reserve(streams_.size());
    for (const outbox_stream& s : streams_.all()) out.push_back(s.record);
    return out;
  });
}

result<std::vector<governor_record>> sqlite_outbox::governors() {
  return state_.guarded(in_group(), [&] { return read_governors(readable(), streams_); });
}

result<std::vector<chained_receipt>> sqlite_outbox::read(std::uint32_t sid, std::uint64_t first,
                                                         std::size_t max_rows,
                                                         std::size_t max_bytes) {
  return state_.guarded(in_group(), [&] {
    outbox_file& f = readable();
    const stream_record& record = stream(sid).record;
    if (record.closed) f.db.contradicts(record.damage);
    if (first <= record.base.seq) {
      throw store_error(store_errc::gap, options_.path + ": receipt " + std::to_string(first) +
                                             " is not kept, the oldest is " +
                                             std::to_string(record.base.seq + 1));
    }
    std::vector<chained_receipt> out;
    if (first > record.last.seq) return out;
    std::size_t size = 0;
    rows r = f.read_receipts.run(sid, first);
    try {
      while (out.size() < max_rows && (out.empty() || size < max_bytes) && r.next()) {
        const bytes_view body = r.blob(2);
        out.push_back({r.number(0), r.hash(1), bytes(body.begin(), body.end())});
        size += body.size();
      }
    } catch (const store_error& e) {
      if (e.code() != store_errc::corrupt || out.empty()) throw;  // What is sound goes first.
    }
    return out;
  });
}

result<digest> sqlite_outbox::hash_at(std::uint32_t sid, std::uint64_t seq) {
  return state_.guarded(in_group(), [&] {
    outbox_file& f = readable();
    const outbox_stream& s = stream(sid);
    if (s.record.closed) f.db.contradicts(s.record.damage);
    if (seq == 0) return s.origin;
    if (seq == s.record.base.seq) return s.record.base.hash;
    if (seq == s.record.last.seq) return s.record.last.hash;
    if (seq < s.record.base.seq || seq > s.record.last.seq) {
      throw store_error(store_errc::gap,
                        options_.path + ": receipt " + std::to_string(seq) + " is not kept");
    }
    rows r = f.hash_of.run(sid, seq);
    if (!r.next()) f.db.corrupt("receipt " + std::to_string(seq) + " is missing");
    return r.hash(0);
  });
}

std::vector<std::string> sqlite_outbox::damages() {
  if (!file_) return {};
  return file_->damages.take(options_.path);
}

result<void> sqlite_outbox::park(std::uint32_t sid) {
  return state_.guarded(in_group(), [&] {
    writable();
    stream(sid);
    streams_.park(sid);
  });
}

result<std::uint64_t> sqlite_outbox::last_hlc() {
  std::uint64_t last = 0;
  for (const outbox_stream& s : streams_.all()) last = std::max(last, s.hlc);
  return last;
}

}  // namespace hawser::io::sqlite

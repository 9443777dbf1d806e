// How a step of a governor becomes a receipt in the outbox, and how it is read back.
#include "edge/receipt_journal.hpp"

#include <hawser/governor/metadata.hpp>

#include <algorithm>

namespace hawser {

receipt_journal::receipt_journal(std::unique_ptr<outbox> store, std::unique_ptr<hasher> h,
                                 listeners l)
    : store_(std::move(store)),
      hasher_(std::move(h)),
      listeners_(std::move(l)),
      groups_(*store_, "outbox", listeners_.log) {
  groups_.accept = [this] { return is_as_we_left_it(); };
}

result<void, error_info> receipt_journal::load() {
  const auto last = store_->last_hlc();
  const auto noted = store_->noted_wall();
  const auto all = store_->streams();
  for (const error_code ec :
       {last ? error_code{} : last.error(), noted ? error_code{} : noted.error(),
        all ? error_code{} : all.error()}) {
    if (ec) return error_info{ec, store_->last_error()};
  }
  hlc_ = hybrid_clock(*last);
  last_hlc_ = *last;
  noted_wall_ = *noted;
  for (const stream_record& s : *all) streams_[s.sid] = {s, s.closed};
  report_pending();
  tell_damages();
  groups_.tell_notice();
  return {};
}

std::vector<outbox_stream> receipt_journal::streams() const {
  std::vector<outbox_stream> out;
  if (const auto all = store_->streams()) {
    for (const stream_record& s : *all) {
      if (!s.closed) out.push_back(s);
    }
  }
  return out;
}

std::string receipt_journal::stream_name(std::string_view governor) const {
  return store_->device() + "/" + std::string(governor);
}

bool receipt_journal::is_open(std::uint32_t sid) const {
  const auto it = streams_.find(sid);
  return it != streams_.end() && !it->second.closed;
}

// --- within a group -----------------------------------------------------------------------------

result<std::uint32_t> receipt_journal::open(const std::string& governor) {
  const auto r = store_->open_stream(governor);
  if (!r) return r.error();
  const auto [it, is_new] = streams_.try_emplace(r->sid, stream{*r, r->closed});
  if (is_new) changes_[r->sid] = {true, r->last, {}};
  return r->sid;
}

result<std::uint64_t> receipt_journal::append(std::uint32_t sid, const governor::step& s,
                                              const std::string& key, wall_ms now) {
  stream_head& head = streams_.at(sid).record.last;
  receipt r;
  r.seq = head.seq + 1;
  r.hlc = hlc_.tick(now);
  r.event = s.event;
  r.from = s.from;
  r.to = s.to;
  r.reason = s.reason;
  r.key = key;
  r.metadata = encode_metadata(s.metadata);
  chained_receipt next;
  next.seq = r.seq;
  next.body = encode(r);
  next.hash = chain_next(*hasher_, head.hash, next.body);
  if (const auto done = store_->append(sid, next, r.hlc); !done) return done.error();
  change& c = changes_.try_emplace(sid, change{false, head, {}}).first->second;
  head = {next.seq, next.hash};
  c.rows.push_back(std::move(next));
  return r.seq;
}

void receipt_journal::acknowledge(std::uint32_t sid, std::uint64_t seq) {
  if (is_open(sid)) acks_[sid] = std::max(acks_[sid], seq);
}

void receipt_journal::park(std::uint32_t sid) {
  if (groups_.poisoned() || !is_open(sid)) return;
  if (const auto r = store_->park(sid); !r) groups_.poison(r.error());
}

// --- groups -------------------------------------------------------------------------------------

result<void> receipt_journal::begin() { return groups_.begin(); }

// Somebody else may have written the store while it was closed. Governors that go on from another
// state would contradict it, so it stays closed until the edge is started again.
bool receipt_journal::is_as_we_left_it() {
  const auto all = store_->streams().value();
  const auto refuse = [&](const std::string& what) {
    groups_.tell_once(what + " as this edge left it: nothing is applied before a restart");
    return false;
  };
  for (const stream_record& s : all) {
    if (s.closed) {
      close(s);
      continue;
    }
    const auto it = streams_.find(s.sid);
    if (it == streams_.end() || it->second.closed || it->second.record.last == s.last) continue;
    const std::uint64_t ours = it->second.record.last.seq;
    return refuse("stream " + stream_name(s.governor) + " ends at receipt " +
                  std::to_string(s.last.seq) +
                  (ours == s.last.seq ? " with another hash" : ", not at " + std::to_string(ours)));
  }
  if (all.size() == streams_.size()) return true;
  return refuse("has " + std::to_string(all.size()) + " streams, not " +
                std::to_string(streams_.size()));
}

// Its row may have lost its name; its number it has not.
void receipt_journal::close(const stream_record& s) {
  const auto it = streams_.find(s.sid);
  if (it != streams_.end() && std::exchange(it->second.closed, true)) return;
  acks_.erase(s.sid);
  if (tell_damaged) {
    tell_damaged(it != streams_.end() ? it->second.record.governor : s.governor, s.damage);
  }
}

result<void> receipt_journal::commit(wall_ms now, bool changed) {
  for (const auto& [sid, seq] : acks_) {
    if (groups_.poisoned()) break;
    if (const auto r = store_->acknowledge(sid, seq, now); !r) groups_.poison(r.error());
  }
  // The HLC does not follow a clock that was set back, but the deadlines do: after a restart they
  // are to be held against the same clock.
  const bool behind = now < hlc_wall(hlc_.last());
  const auto wall = behind ? std::optional(now) : std::nullopt;
  const bool note = changed && (behind || noted_wall_);
  if (note && !groups_.poisoned()) {
    if (const auto r = store_->note_wall(wall); !r) groups_.poison(r.error());
  }
  const auto done = groups_.commit();
  if (done && note) noted_wall_ = wall;
  return done;
}

void receipt_journal::settled(error_code ec) {
  if (ec) {
    for (const auto& [sid, c] : changes_) {
      if (c.born) {
        streams_.erase(sid);
      } else {
        streams_.at(sid).record.last = c.before;
      }
    }
    changes_.clear();
  } else if (!changes_.empty() || !acks_.empty()) {
    last_hlc_ = hlc_.last();
    report_pending();
  }
  if (!ec) tell_damages();
  groups_.settled(ec);
}

void receipt_journal::publish() {
  for (const auto& [sid, seq] : std::exchange(acks_, {})) {
    listeners_.acknowledged(stream_name(streams_.at(sid).record.governor), seq);
  }
  std::vector<movement> moved;
  moved.reserve(changes_.size());
  for (auto& [sid, c] : changes_) {
    if (c.rows.empty()) continue;
    const outbox_stream& record = streams_.at(sid).record;
    movement& m = moved.emplace_back();
    m.born = c.born;
    if (c.born) m.stream = record;
    m.stream.sid = sid;
    m.stream.last = record.last;
    m.previous = c.before.hash;
    m.rows = std::move(c.rows);
  }
  changes_.clear();
  if (!moved.empty()) listeners_.moved(std::move(moved));
}

void receipt_journal::report_pending() {
  if (const auto n = store_->pending()) listeners_.pending(*n);
}

void receipt_journal::tell_damages() {
  for (const std::string& what : store_->damages()) {
    listeners_.log(log_level::error, "ALARM outbox: damaged: " + what);
  }
}

// --- outside of groups --------------------------------------------------------------------------

receipt_journal::fetched receipt_journal::fetch(const window_effect::fetch& f) {
  (void)groups_.mend();  // What cannot be written may be read all the same.
  // First, because the ledger's history is compared with it even if what follows is damaged.
  fetched out;
  const auto previous = store_->hash_at(f.sid, f.first - 1);
  if (!previous) return failed(f, previous.error());
  out.previous = *previous;
  auto rows = store_->read(f.sid, f.first, f.max_rows, f.max_bytes);
  if (!rows) {
    auto none = failed(f, rows.error());
    none.previous = out.previous;
    return none;
  }
  out.rows = std::move(*rows);
  keep_sound(out, f.first);
  if (out.error) out.why.insert(0, stream_name(streams_.at(f.sid).record.governor) + ": ");
  return out;
}

receipt_journal::fetched receipt_journal::failed(const window_effect::fetch& f, error_code ec) {
  fetched out;
  out.error = ec;
  if (ec == store_errc::corrupt) {  // The stream is parked with an alarm that says it.
    out.why = stream_name(streams_.at(f.sid).record.governor) + ": " + store_->last_error();
    return out;
  }
  listeners_.log(log_level::error, "outbox: receipts of stream " + std::to_string(f.sid) +
                                       " cannot be read: " + store_->last_error());
  if (ec != store_errc::gap) return out;
  for (const outbox_stream& s : streams()) {
    if (s.sid == f.sid) out.base = s.base;
  }
  return out;
}

// Nothing is sent that the ledger would have to refuse: the stream ends before its first receipt
// that cannot be read or does not follow from the one before it.
void receipt_journal::keep_sound(fetched& out, std::uint64_t first) {
  digest at = *out.previous;
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    const chained_receipt& r = out.rows[i];
    const std::uint64_t seq = first + i;
    const auto decoded = decode_receipt(r.body);
    std::string_view what;
    if (r.seq != seq) {
      what = "is missing";
    } else if (!decoded || decoded->seq != seq) {
      what = "cannot be read";
    } else if (chain_next(*hasher_, at, r.body) != r.hash) {
      what = "does not follow from the one before it";
    } else {
      at = r.hash;
      continue;
    }
    out.why = "receipt " + std::to_string(seq) + " " + std::string(what) + " in the outbox";
    out.rows.resize(i);
    break;
  }
  if (!out.rows.empty()) return;
  out.error = store_errc::corrupt;
  if (out.why.empty()) out.why = "receipt " + std::to_string(first) + " is missing in the outbox";
}

}  // namespace hawser

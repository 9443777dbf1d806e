#include "edge/governor_host.hpp"

#include <hawser/governor/metadata.hpp>
#include <hawser/governor/quota.hpp>

#include "edge/answer_json.hpp"
#include "edge/name_rule.hpp"

#include <algorithm>
#include <chrono>

namespace hawser {
namespace {

// A wall clock that differs by more from what the monotonic one says has been set.
constexpr wall_ms jump_bound = 60'000;

outbox_stream to_window(const stream_record& r) {
  return {r.sid, r.governor, r.epoch, r.last, r.acked, r.base};
}

}  // namespace

governor_host::governor_host(std::unique_ptr<outbox> store, std::unique_ptr<hasher> h,
                             std::vector<const governor::kind*> kinds, edge_clocks clocks,
                             const outbox_limits& limits, listeners l)
    : store_(std::move(store)),
      hasher_(std::move(h)),
      kinds_(std::move(kinds)),
      clocks_(std::move(clocks)),
      listeners_(std::move(l)),
      max_streams_(limits.streams) {
  kinds_.push_back(&governor::quota_kind);
}

const governor::kind* governor_host::find_kind(std::string_view name) const {
  const auto it = std::find_if(kinds_.begin(), kinds_.end(),
                               [&](const governor::kind* k) { return k->name == name; });
  return it == kinds_.end() ? nullptr : *it;
}

result<void> governor_host::load(std::string& error) {
  const auto refuse = [&](error_code ec, std::string why) {
    error = std::move(why);
    return ec;
  };
  const auto last_hlc = store_->last_hlc();
  auto streams = store_->streams();
  auto governors = store_->governors();
  const auto noted = store_->noted_wall();
  if (!last_hlc) return refuse(last_hlc.error(), store_->last_error());
  if (!noted) return refuse(noted.error(), store_->last_error());
  if (!streams) return refuse(streams.error(), store_->last_error());
  if (!governors) return refuse(governors.error(), store_->last_error());
  hlc_ = hybrid_clock(*last_hlc);
  last_hlc_ = *last_hlc;
  guard_ = governor::clock_guard(noted->value_or(hlc_wall(*last_hlc)), jump_bound);
  wall_noted_ = noted->has_value();
  for (const stream_record& r : *streams) names_[r.sid] = stream_name(r.governor);
  restore_all(*std::move(governors), *streams);
  report_pending();
  tell_notice();
  return {};
}

void governor_host::report_pending() {
  if (const auto n = store_->pending()) listeners_.pending(*n);
}

std::vector<outbox_stream> governor_host::streams() const {
  std::vector<outbox_stream> out;
  if (const auto all = store_->streams()) {
    for (const stream_record& s : *all) {
      if (!s.closed) out.push_back(to_window(s));
    }
  }
  return out;
}

// --- events -----------------------------------------------------------------------------------

answer governor_host::apply(const governor::event& event) {
  if (poison_) return make_refusal("store_failed", {});  // The group is given up.
  for (const auto& [field, name] : {std::pair("governor", &event.governor), {"id", &event.id}}) {
    if (!is_name(*name)) return bad_name(field);
  }
  if (!event.key.empty() && !is_name(event.key)) return bad_name("key");
  const governor::kind* kind = find_kind(event.governor);
  if (kind == nullptr) {
    return make_refusal("unknown_governor", "no governor of kind '" + event.governor + "'");
  }
  const std::string name = event.governor + "/" + event.id;
  if (auto refused = refuse_damaged(name)) return *std::move(refused);
  if (const auto it = entries_.find(name); it != entries_.end()) {
    entry& e = *it->second;
    if (auto known = answered_before(e, event)) return *std::move(known);
    return run(e, event);
  }
  auto fresh = std::make_unique<entry>();
  fresh->name = name;
  fresh->kind = kind;
  fresh->machine = kind->create();
  entry& e = *fresh;
  entries_.emplace(name, std::move(fresh));
  answer a = run(e, event);
  if (e.sid == 0) {  // It was refused: nothing was created.
    touched_.erase(&e);
    entries_.erase(name);
  }
  return a;
}

answer governor_host::bad_name(const char* field) {
  return make_refusal("bad_event", "'" + std::string(field) +
                                       "' must be text of 1 to 256 bytes without control "
                                       "characters");
}

answer governor_host::run(entry& e, const governor::event& event) {
  const governor::outcome o = e.machine->apply(event, now_);
  if (o.steps.empty()) return make_answer(o, e.machine->state(), {}, 0);
  if (e.sid == 0 && names_.size() >= max_streams_) {
    return make_refusal("too_many_governors",
                        "there are " + std::to_string(max_streams_) + " streams already");
  }
  const error_code ec = persist(e, o.steps, event.key, governor::cause::event);
  if (ec == store_errc::full) {
    return make_refusal("outbox_full",
                        "too many receipts wait for acknowledgment, or the file is too large");
  }
  if (ec == store_errc::corrupt && !poison_) {
    return make_refusal("governor_damaged", store_->last_error());
  }
  if (ec) return make_refusal("store_failed", store_->last_error());
  answer a = make_answer(o, e.machine->state(), stream_name(e.name), e.last.seq);
  remember(e, event, a);
  return a;
}

// Puts the steps and the new state into the group. On refusal the governor is as it was before the
// event; on a failure of the store the whole group is given up.
error_code governor_host::persist(entry& e, const std::vector<governor::step>& steps,
                                  const std::string& key, governor::cause why) {
  const auto room = store_->has_room(e.sid, steps.size());
  if (!room) return poison_ = room.error();
  if (!*room) {
    if (e.sid != 0) restore(e, e.saved);
    return store_errc::full;
  }
  touch(e);
  if (e.sid == 0) {
    const auto opened = store_->open_stream(e.name);
    if (!opened && opened.error() == store_errc::corrupt) return opened.error();
    if (!opened) return poison_ = opened.error();
    e.sid = opened->sid;
    e.last = opened->last;
    names_[e.sid] = stream_name(e.name);
  }
  for (const governor::step& s : steps) {
    // The key belongs to the receipt that the event is answered with, the last one.
    const bool last = &s == &steps.back();
    if (const auto r = append(e, s, last ? key : std::string(), why); !r) {
      return poison_ = r.error();
    }
  }
  if (const auto r = save(e); !r) return poison_ = r.error();
  return {};
}

result<void> governor_host::append(entry& e, const governor::step& s, const std::string& key,
                                   governor::cause why) {
  receipt r;
  r.seq = e.last.seq + 1;
  r.hlc = hlc_.tick(now_);
  r.event = s.event;
  r.from = s.from;
  r.to = s.to;
  r.reason = s.reason;
  r.key = key;
  r.metadata = encode_metadata(s.metadata);
  chained_receipt chained;
  chained.seq = r.seq;
  chained.body = encode(r);
  chained.hash = chain_next(*hasher_, e.last.hash, chained.body);
  if (auto done = store_->append(e.sid, chained, r.hlc); !done) return done;
  e.last = {r.seq, chained.hash};
  transitions_.push_back({stream_name(e.name), r.seq, why, s, key});
  return {};
}

result<void> governor_host::save(entry& e) {
  e.saved = e.machine->save();
  arm(e);
  return store_->save(e.sid, e.saved);
}

void governor_host::acknowledge(std::uint32_t sid, std::uint64_t seq) {
  if (names_.contains(sid) && !closed_.contains(sid)) acks_[sid] = std::max(acks_[sid], seq);
}

governor_host::fetched governor_host::fetch(const window_effect::fetch& f) {
  fetched out;
  const auto fail = [&](error_code ec) {
    out.error = ec;
    if (ec == store_errc::corrupt) {  // The stream is parked with an alarm that says it.
      out.why = names_[f.sid] + ": " + store_->last_error();
      return out;
    }
    log(log_level::error, "outbox: receipts of stream " + std::to_string(f.sid) +
                              " cannot be read: " + store_->last_error());
    if (ec == store_errc::gap) {
      const auto all = streams();
      const auto it =
          std::ranges::find_if(all, [&](const outbox_stream& s) { return s.sid == f.sid; });
      if (it != all.end()) out.base = it->base;
    }
    return out;
  };
  // First, because the ledger's history is compared with it even if what follows is damaged.
  const auto previous = store_->hash_at(f.sid, f.first - 1);
  if (!previous) return fail(previous.error());
  out.previous = *previous;
  auto rows = store_->read(f.sid, f.first, f.max_rows, f.max_bytes);
  if (!rows) return fail(rows.error());
  out.rows = std::move(*rows);
  keep_sound(out, f.first);
  if (out.error) out.why.insert(0, names_[f.sid] + ": ");
  return out;
}

// --- groups -----------------------------------------------------------------------------------

result<void> governor_host::begin() {
  poison_ = {};
  differing_ = 0;
  guard_before_ = guard_;
  if (broken_) {
    if (auto r = store_->reopen(); !r) return r;
    if (!is_as_we_left_it()) return store_errc::failed;
    broken_ = false;
    told_.clear();
    log(log_level::warn, "outbox: works again");
  }
  if (auto r = store_->begin(); !r) return r;
  read_clocks();
  return {};
}

// Somebody else may have written the store while it was closed. Governors that go on from another
// state would contradict it, so it stays closed until the edge is started again.
bool governor_host::is_as_we_left_it() {
  const auto all = store_->streams().value();
  for (const stream_record& s : all) {
    if (s.closed) {
      close_stream(s);
      continue;
    }
    const auto it = entries_.find(s.governor);
    if (it == entries_.end()) continue;
    if (it->second->last == s.last) continue;
    const std::uint64_t ours = it->second->last.seq;
    tell_once("stream " + stream_name(s.governor) + " ends at receipt " +
              std::to_string(s.last.seq) +
              (ours == s.last.seq ? " with another hash" : ", not at " + std::to_string(ours)) +
              " as this edge left it: nothing is applied before a restart");
    return false;
  }
  if (all.size() == names_.size()) return true;
  tell_once("has " + std::to_string(all.size()) + " streams, not " + std::to_string(names_.size()) +
            " as this edge left it: nothing is applied before a restart");
  return false;
}

void governor_host::read_clocks() {
  const auto r = guard_.read(clocks_.wall(), clocks_.monotonic());
  now_ = r.now;
  if (r.shift == 0) return;
  log(log_level::warn, "the wall clock leapt by " + std::to_string(r.shift) +
                           " ms; timers keep what remained of them");
  for (auto& [name, e] : entries_) {
    touch(*e);
    e->machine->shift(r.shift);
    if (const auto done = save(*e); !done) poison_ = done.error();
  }
}

result<void> governor_host::commit() {
  for (const auto& [sid, seq] : acks_) {
    if (poison_) break;
    if (const auto r = store_->acknowledge(sid, seq, now_); !r) poison_ = r.error();
  }
  // The HLC does not follow a clock that was set back, but the deadlines do: after a restart they
  // are to be held against the same clock.
  const bool behind = now_ < hlc_wall(hlc_.last());
  const bool note = !touched_.empty() && (behind || wall_noted_);
  if (note && !poison_) {
    const auto r = store_->note_wall(behind ? std::optional(now_) : std::nullopt);
    if (!r) poison_ = r.error();
  }
  if (poison_) return poison_;
  const auto done = store_->commit();
  if (done && note) wall_noted_ = behind;
  return done;
}

void governor_host::rollback() noexcept { store_->rollback(); }

void governor_host::settled(error_code ec) {
  if (ec) {
    broken_ = true;
    tell_once(store_->last_error(), ec == store_errc::in_doubt
                                        ? "a group failed, and may have happened all the same: "
                                        : "a group failed, nothing of it happened: ");
    for (auto& [e, was] : std::exchange(touched_, {})) {
      if (was.born) {
        forget(*e);
      } else {
        e->last = was.last;
        restore(*e, was.saved);
      }
    }
    transitions_.clear();
    guard_ = guard_before_;
    retry_due_ = clocks_.monotonic() + retry_pause;
    return;
  }
  publish();
  tell_notice();
  tell_differing();
}

void governor_host::publish() {
  if (touched_.empty() && transitions_.empty() && acks_.empty()) return;
  last_hlc_ = hlc_.last();
  report_pending();
  for (const transition& t : transitions_) listeners_.transition(t);
  for (const auto& [sid, seq] : acks_) listeners_.acknowledged(names_[sid], seq);
  std::vector<movement> moved;
  for (const auto& [e, was] : touched_) {
    if (e->last.seq == was.last.seq) continue;
    movement m;
    m.born = was.born;
    m.stream.sid = e->sid;
    m.stream.last = e->last;
    if (was.born) {
      const auto record = store_->open_stream(e->name);
      if (record) m.stream = to_window(*record);
    }
    moved.push_back(std::move(m));
  }
  touched_.clear();
  transitions_.clear();
  acks_.clear();
  if (!moved.empty()) listeners_.moved(moved);
}

void governor_host::touch(entry& e) {
  touched_.try_emplace(&e, before{e.sid == 0, e.saved, e.last});
}

void governor_host::forget(entry& e) {
  disarm(e);
  names_.erase(e.sid);
  entries_.erase(std::string(e.name));
}

void governor_host::restore(entry& e, const governor::snapshot& s) {
  e.machine = *e.kind->restore(s);  // It was saved by the same kind: it is valid.
  e.saved = s;
  arm(e);
}

// What stays wrong is told once, not with every group that fails for it.
void governor_host::tell_once(const std::string& what, const std::string& introduction) {
  if (told_.insert(what).second) log(log_level::error, "outbox: " + introduction + what);
}

void governor_host::tell_damages() {
  for (const std::string& what : store_->damages()) {
    log(log_level::error, "ALARM outbox: damaged: " + what);
  }
}

void governor_host::tell_notice() {
  tell_damages();
  if (const std::string n = store_->notice(); !n.empty()) log(log_level::warn, "outbox: " + n);
  if (const std::string a = store_->alarm(); !a.empty()) {
    log(log_level::error, "ALARM outbox: " + a);
  }
}

void governor_host::log(log_level level, const std::string& line) const {
  listeners_.log(level, line);
}

}  // namespace hawser

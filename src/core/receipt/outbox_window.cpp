#include <hawser/core/receipt/outbox_window.hpp>

#include <algorithm>
#include <cassert>

namespace hawser {

namespace effect = window_effect;

namespace {

outbox_window::options within_bounds(outbox_window::options o) {
  o.max_message = std::max(o.max_message, outbox_window::min_message);
  o.max_batch_rows = std::max<std::size_t>(o.max_batch_rows, 1);
  o.max_resume_streams = std::max<std::size_t>(o.max_resume_streams, 1);
  o.in_flight_rows = std::max<std::size_t>(o.in_flight_rows, 1);
  o.in_flight_bytes = std::max(o.in_flight_bytes, o.max_message);
  o.default_pause = std::max(o.default_pause, duration(std::chrono::milliseconds(1)));
  o.max_pause = std::max(o.max_pause, o.default_pause);
  return o;
}

std::string detail_of(const wire::nack& n) { return n.detail.empty() ? "" : ": " + n.detail; }

}  // namespace

outbox_window::outbox_window(const options& o)
    : options_(within_bounds(o)),
      message_limit_(options_.max_message),
      takeover_(options_.default_pause, options_.max_pause, options_.seed) {}

// ---- what the link says

void outbox_window::limit_message(std::size_t max_bytes) noexcept {
  message_limit_ = std::clamp(max_bytes, min_message, options_.max_message);
}

result<void> outbox_window::resumed(const wire::committed_position& p, window_effects& out) {
  const auto it = streams_.find(p.sid);
  if (it == streams_.end()) return wire_errc::malformed;
  stream& s = it->second;
  if (s.at != phase::asked && s.at != phase::reclaimed) return wire_errc::malformed;
  const outbox_stream& r = s.record;
  const std::uint64_t seq = p.committed.seq;
  if (p.status == wire::resume_status::new_stream && seq != 0) return wire_errc::malformed;

  s.at = phase::live;
  s.damaged_at = 0;
  s.committed = s.sent = s.high = seq;
  s.unverified = p.committed.hash;
  if (seq < r.acked && seq >= r.base.seq && p.status != wire::resume_status::fork) {
    out.push_back(effect::lost_by_ledger{r.governor, seq + 1, r.acked});
  }
  if (p.status == wire::resume_status::fork) {
    park(s, "the ledger refuses this stream: fork, or damage there; see the cloud's log", out);
  } else if (seq > r.last.seq) {
    park(s,
         "the ledger has " + std::to_string(seq) + " receipts, the outbox ends at " +
             std::to_string(r.last.seq),
         out);
  } else if (seq < r.base.seq) {
    park_lost(s, seq, out);
  } else if (seq == r.last.seq) {
    verify(s, r.last.hash, out);
  } else if (seq == r.base.seq) {
    verify(s, r.base.hash, out);
  }
  queue(s);
  pump(out);
  return {};
}

result<void> outbox_window::ack(std::uint32_t sid, std::uint64_t seq, window_effects& out) {
  const auto it = streams_.find(sid);
  if (it == streams_.end()) return wire_errc::malformed;
  stream& s = it->second;
  // A ledger that has quarantined a stream, or whose history is in doubt, trims nothing of it.
  if (s.deaf()) return {};
  if (!s.sending() || seq < s.committed || seq > s.high) return wire_errc::malformed;
  advance(s, seq, out);
  pump(out);
  return {};
}

result<void> outbox_window::nack(const wire::nack& n, time_point now, window_effects& out) {
  using wire::nack_code;
  const auto it = streams_.find(n.sid);
  if (it == streams_.end()) return wire_errc::malformed;
  stream& s = it->second;
  const bool named = s.at == phase::asked || s.at == phase::reclaimed;
  if (named && (n.code == nack_code::too_big || n.code == nack_code::auth)) {
    park(s, "its resume was refused: " + std::string(to_string(n.code)) + detail_of(n), out);
    pump(out);
    return {};
  }
  if (s.deaf()) return {};
  if (!s.sending() || n.seq > s.high) return wire_errc::malformed;
  switch (n.code) {
    case nack_code::gap:
      gap(s, n.seq, out);
      break;
    case nack_code::corrupt:
      if (n.seq > s.committed) repeat(s, n.seq - 1, "its hash does not match", out);
      break;
    case nack_code::busy:
      if (n.seq > s.committed && go_back(s, n.seq - 1)) {
        const duration wanted = std::chrono::milliseconds(n.retry_ms);
        pause(s, now + (n.retry_ms == 0 ? options_.default_pause
                                        : std::min(wanted, options_.max_pause)));
      }
      break;
    case nack_code::superseded:
      displace(s, now, out);
      break;
    case nack_code::fork:
    case nack_code::auth:
    case nack_code::too_big:
    case nack_code::unknown_stream:
      park(s,
           std::string(to_string(n.code)) + " at receipt " + std::to_string(n.seq) + detail_of(n),
           out);
      break;
  }
  pump(out);
  return {};
}

void outbox_window::dropped() noexcept {
  open_ = false;
  message_limit_ = options_.max_message;
  ready_.clear();
  paused_.clear();
  takeover_.drop();
  for (auto& [sid, s] : streams_) {
    forget_fetch(s);
    forget_flight(s);
    s.at = phase::silent;
    s.committed = s.sent = s.high = 0;
    s.unverified.reset();
    s.back_to = 0;
    s.stale_answers = 0;
    s.repeats = 0;
    s.queued = false;
    s.damaged_at = 0;
    s.paused.reset();
  }
}

// ---- time

time_point outbox_window::next_wake() const noexcept {
  return std::min(paused_.empty() ? never : paused_.begin()->first, takeover_.due());
}

void outbox_window::woke(time_point now, window_effects& out) {
  while (!paused_.empty() && paused_.begin()->first <= now) {
    stream& s = streams_.find(paused_.begin()->second)->second;
    paused_.erase(paused_.begin());
    s.paused.reset();
    queue(s);
  }
  if (takeover_.due() <= now) {
    takeover_.end(now);
    resume_all(phase::displaced, phase::reclaimed, out);
  }
  pump(out);
}

bool outbox_window::parked(std::uint32_t sid) const noexcept {
  const auto it = streams_.find(sid);
  return it != streams_.end() &&
         (it->second.at == phase::parked || it->second.damaged_at > it->second.sent);
}

std::string outbox_window::name(std::uint32_t sid) const {
  const auto it = streams_.find(sid);
  return it != streams_.end() ? it->second.record.governor : std::to_string(sid);
}

// ---- the machine

bool outbox_window::wants_more(const stream& s) const noexcept {
  return s.at == phase::live && s.fetching == 0 && !s.paused && s.sent < s.end();
}

void outbox_window::queue(stream& s) {
  if (s.queued || !wants_more(s)) return;
  s.queued = true;
  ready_.push_back(s.record.sid);
}

// Serves the streams in turn, one batch each, while a whole batch fits what may be in flight.
void outbox_window::pump(window_effects& out) {
  while (!ready_.empty() && flight_.rows + reserved_.rows < options_.in_flight_rows &&
         flight_.bytes + reserved_.bytes + message_limit_ <= options_.in_flight_bytes) {
    stream& s = streams_.find(ready_.front())->second;
    ready_.pop_front();
    s.queued = false;
    if (wants_more(s)) fetch(s, out);
  }
}

void outbox_window::fetch(stream& s, window_effects& out) {
  const std::size_t room = options_.in_flight_rows - flight_.rows - reserved_.rows;
  const std::uint64_t waiting = s.end() - s.sent;
  const std::size_t wanted = std::min(room, options_.max_batch_rows);
  s.reserved.rows = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, waiting));
  s.reserved.bytes = message_limit_;
  s.fetching = ++generation_;
  reserved_.rows += s.reserved.rows;
  reserved_.bytes += s.reserved.bytes;
  out.push_back(effect::fetch{s.record.sid, s.fetching, s.sent + 1, s.reserved.rows,
                              message_limit_ - wire::receipts_overhead});
}

// Sends as many of the rows as one message holds; the rest is fetched again in its turn.
void outbox_window::send(stream& s, const digest& previous, std::span<const chained_receipt> rows,
                         window_effects& out) {
  wire::receipts m;
  m.sid = s.record.sid;
  m.first_seq = s.sent + 1;
  m.prev_head = previous;
  std::size_t size = wire::receipts_overhead;
  for (const chained_receipt& r : rows) {
    if (size + r.body.size() > message_limit_) break;
    size += r.body.size();
    m.rows.push_back(r.body);
    m.head = r.hash;
  }
  if (m.rows.empty()) {
    park(s, "receipt " + std::to_string(s.sent + 1) + " does not fit a message", out);
    return;
  }
  bytes encoded;
  encoded.reserve(size);
  wire::encode(m, encoded);
  const load batch{m.rows.size(), encoded.size()};
  s.sent += batch.rows;
  s.high = std::max(s.high, s.sent);
  s.in_flight.push_back({s.sent, batch});
  flight_.rows += batch.rows;
  flight_.bytes += batch.bytes;
  out.push_back(effect::send{m.sid, m.first_seq, s.sent, std::move(encoded)});
}

// Compares the hash that the ledger told with ours at the same number. Only then is what it has
// committed ours, and may be trimmed.
bool outbox_window::verify(stream& s, const digest& ours, window_effects& out) {
  if (!s.unverified) return true;
  const bool same = *s.unverified == ours;
  s.unverified.reset();
  if (same) {
    advance(s, s.committed, out);
  } else {
    park(s, "fork: the ledger's hash at " + std::to_string(s.committed) + " is not ours", out);
  }
  return same;
}

void outbox_window::forget_fetch(stream& s) noexcept {
  reserved_.rows -= s.reserved.rows;
  reserved_.bytes -= s.reserved.bytes;
  s.reserved = {};
  s.fetching = 0;
}

void outbox_window::forget_flight(stream& s) noexcept {
  for (const sent_batch& b : s.in_flight) {
    flight_.rows -= b.size.rows;
    flight_.bytes -= b.size.bytes;
  }
  s.in_flight.clear();
}

// The ledger has committed up to `seq`.
void outbox_window::advance(stream& s, std::uint64_t seq, window_effects& out) {
  while (!s.in_flight.empty() && s.in_flight.front().last <= seq) {
    // Sent after the last step back: what was sent before it has been answered.
    if (s.in_flight.front().last > s.back_to) s.stale_answers = 0;
    flight_.rows -= s.in_flight.front().size.rows;
    flight_.bytes -= s.in_flight.front().size.bytes;
    s.in_flight.pop_front();
  }
  if (seq > s.committed) s.repeats = 0;
  s.committed = seq;
  if (seq > s.sent) {  // sent before a step back, and committed after all
    s.sent = seq;
    forget_fetch(s);
    queue(s);
  }
  if (seq > s.record.acked) {
    s.record.acked = seq;
    out.push_back(effect::acknowledge{s.record.sid, seq});
  }
}

// The ledger has `committed` and was sent something further on.
void outbox_window::gap(stream& s, std::uint64_t committed, window_effects& out) {
  if (s.stale_answers > 0 && committed <= s.back_to) {
    --s.stale_answers;  // a batch behind the one for which we went back already
  } else if (committed < s.record.base.seq) {
    park(s, "history lost: the ledger is back at " + std::to_string(committed), out);
  } else {
    if (committed > s.committed) advance(s, committed, out);
    repeat(s, committed, "receipts before it are missing", out);
  }
}

// What comes next is `to` + 1. The batches behind the refused one will be refused as well. False if
// what comes next is further back already.
bool outbox_window::go_back(stream& s, std::uint64_t to) {
  if (to > s.sent) return false;
  std::size_t given_up = 0;
  for (; !s.in_flight.empty() && s.in_flight.back().last > to; ++given_up) {
    flight_.rows -= s.in_flight.back().size.rows;
    flight_.bytes -= s.in_flight.back().size.bytes;
    s.in_flight.pop_back();
  }
  if (given_up > 0) s.stale_answers += given_up - 1;
  forget_fetch(s);
  s.sent = s.back_to = to;
  s.committed = std::min(s.committed, to);
  queue(s);
  return true;
}

void outbox_window::repeat(stream& s, std::uint64_t to, const char* why, window_effects& out) {
  if (!go_back(s, to) || ++s.repeats <= options_.max_repeats) return;
  park(s,
       "receipt " + std::to_string(to + 1) + " refused " + std::to_string(s.repeats) +
           " times: " + why,
       out);
}

void outbox_window::pause(stream& s, time_point until) {
  if (s.paused) paused_.erase({*s.paused, s.record.sid});
  s.paused = until;
  paused_.emplace(until, s.record.sid);
}

void outbox_window::park_lost(stream& s, std::uint64_t ledger_end, window_effects& out) {
  park(s,
       "history lost: the ledger ends at " + std::to_string(ledger_end) +
           ", the oldest receipt kept is " + std::to_string(s.record.base.seq + 1),
       out);
}

void outbox_window::park(stream& s, std::string text, window_effects& out) {
  leave(s, phase::parked);
  out.push_back(effect::alarm{s.record.sid, std::move(text)});
}

// One pause, told once, for all streams: who has taken one has taken the others.
void outbox_window::displace(stream& s, time_point now, window_effects& out) {
  leave(s, phase::displaced);
  if (const auto pause = takeover_.begin(now)) {
    out.push_back(effect::superseded{s.record.governor, *pause});
  }
}

// Sends nothing more of it until it is resumed.
void outbox_window::leave(stream& s, phase to) {
  forget_fetch(s);
  forget_flight(s);
  if (s.paused) paused_.erase({*s.paused, s.record.sid});
  s.paused.reset();
  s.at = to;
}

}  // namespace hawser

#include "store/sqlite/outbox/outbox_streams.hpp"

#include <cassert>

namespace hawser::io::sqlite {
namespace {

// Acknowledged, but kept as it was found.
std::uint64_t stuck_of(const kept_stream& s) noexcept {
  return s.record.damage.empty() ? 0 : s.record.acked - s.record.base.seq;
}

std::uint64_t standing_of(const kept_stream& s) noexcept {
  return s.stands() ? s.record.last.seq - s.record.acked + stuck_of(s) : 0;
}

}  // namespace

const kept_stream* outbox_streams::find(std::uint32_t sid) const noexcept {
  return sid == 0 || sid > size() ? nullptr : &streams_[sid - 1];
}

const kept_stream* outbox_streams::find(const std::string& governor) const {
  const auto at = by_governor_.find(governor);
  return at == by_governor_.end() ? nullptr : &streams_[at->second - 1];
}

void outbox_streams::add(kept_stream s) {
  assert(s.record.sid == next_sid());
  totals_.appended += s.record.last.seq;
  totals_.kept += s.record.last.seq - s.record.base.seq;
  totals_.unacknowledged += s.record.last.seq - s.record.acked;
  totals_.stuck += stuck_of(s);
  totals_.standing += standing_of(s);
  any_closed_ = any_closed_ || s.record.closed;
  by_governor_.emplace(s.record.governor, s.record.sid);
  streams_.push_back(std::move(s));
}

template <class F>
void outbox_streams::change(std::uint32_t sid, F f) {
  kept_stream& s = streams_[sid - 1];
  if (!s.touched) {
    before_.push_back(s);
    s.touched = true;
  }
  totals_.stuck -= stuck_of(s);
  totals_.standing -= standing_of(s);
  f(s);
  totals_.stuck += stuck_of(s);
  totals_.standing += standing_of(s);
}

void outbox_streams::appended(std::uint32_t sid, const stream_head& head, std::uint64_t hlc) {
  change(sid, [&](kept_stream& s) {
    s.record.last = head;
    s.hlc = hlc;
  });
  ++totals_.appended;
  ++totals_.kept;
  ++totals_.unacknowledged;
}

void outbox_streams::acknowledged(std::uint32_t sid, std::uint64_t seq) {
  change(sid, [&](kept_stream& s) {
    totals_.unacknowledged -= seq - s.record.acked;
    s.record.acked = seq;
    if (seq >= s.parked_at) s.parked_at = 0;
  });
}

void outbox_streams::trimmed(std::uint32_t sid, const stream_head& base) {
  change(sid, [&](kept_stream& s) {
    totals_.kept -= base.seq - s.record.base.seq;
    s.record.base = base;
  });
}

void outbox_streams::set_keys(std::uint32_t sid, std::uint64_t keys) {
  change(sid, [&](kept_stream& s) { s.keys = keys; });
}

void outbox_streams::damaged(std::uint32_t sid, const std::string& why) {
  change(sid, [&](kept_stream& s) { s.record.damage = why; });
}

void outbox_streams::park(std::uint32_t sid) {
  change(sid, [](kept_stream& s) { s.parked_at = s.record.last.seq; });
}

std::vector<std::uint32_t> outbox_streams::touched() const {
  std::vector<std::uint32_t> out;
  out.reserve(before_.size());
  for (const kept_stream& s : before_) out.push_back(s.record.sid);
  return out;
}

void outbox_streams::accept() {
  for (const kept_stream& s : before_) streams_[s.record.sid - 1].touched = false;
  before_.clear();
  size_before_ = size();
  totals_before_ = totals_;
}

void outbox_streams::undo() {
  for (kept_stream& s : before_) streams_[s.record.sid - 1] = std::move(s);
  before_.clear();
  while (size() > size_before_) {
    by_governor_.erase(streams_.back().record.governor);
    streams_.pop_back();
  }
  totals_ = totals_before_;
}

}  // namespace hawser::io::sqlite

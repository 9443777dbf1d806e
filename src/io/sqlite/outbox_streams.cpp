#include "io/sqlite/outbox_streams.hpp"

#include <cassert>

namespace hawser::io::sqlite {

const outbox_stream* outbox_streams::find(std::uint32_t sid) const noexcept {
  return sid == 0 || sid > size() ? nullptr : &streams_[sid - 1];
}

const outbox_stream* outbox_streams::find(const std::string& governor) const {
  const auto at = by_governor_.find(governor);
  return at == by_governor_.end() ? nullptr : &streams_[at->second - 1];
}

void outbox_streams::add(outbox_stream s) {
  assert(s.record.sid == next_sid());
  totals_.appended += s.record.last.seq;
  totals_.kept += s.record.last.seq - s.record.base.seq;
  totals_.unacknowledged += s.record.last.seq - s.record.acked;
  if (!s.record.damage.empty()) totals_.stuck += s.record.acked - s.record.base.seq;
  any_closed_ = any_closed_ || s.record.closed;
  by_governor_.emplace(s.record.governor, s.record.sid);
  streams_.push_back(std::move(s));
}

void outbox_streams::appended(std::uint32_t sid, const stream_head& head, std::uint64_t hlc) {
  outbox_stream& s = edit(sid);
  s.record.last = head;
  s.hlc = hlc;
  ++totals_.appended;
  ++totals_.kept;
  ++totals_.unacknowledged;
}

void outbox_streams::acknowledged(std::uint32_t sid, std::uint64_t seq) {
  outbox_stream& s = edit(sid);
  totals_.unacknowledged -= seq - s.record.acked;
  if (!s.record.damage.empty()) totals_.stuck += seq - s.record.acked;
  s.record.acked = seq;
}

void outbox_streams::trimmed(std::uint32_t sid, const stream_head& base) {
  outbox_stream& s = edit(sid);
  totals_.kept -= base.seq - s.record.base.seq;
  s.record.base = base;
}

void outbox_streams::set_keys(std::uint32_t sid, std::uint64_t keys) { edit(sid).keys = keys; }

void outbox_streams::damaged(std::uint32_t sid, const std::string& why) {
  stream_record& r = edit(sid).record;
  if (r.damage.empty()) totals_.stuck += r.acked - r.base.seq;
  r.damage = why;
}

std::vector<std::uint32_t> outbox_streams::touched() const {
  std::vector<std::uint32_t> out;
  out.reserve(before_.size());
  for (const outbox_stream& s : before_) out.push_back(s.record.sid);
  return out;
}

void outbox_streams::accept() {
  for (const outbox_stream& s : before_) streams_[s.record.sid - 1].touched = false;
  before_.clear();
  size_before_ = size();
  totals_before_ = totals_;
}

void outbox_streams::undo() {
  for (outbox_stream& s : before_) streams_[s.record.sid - 1] = std::move(s);
  before_.clear();
  while (size() > size_before_) {
    by_governor_.erase(streams_.back().record.governor);
    streams_.pop_back();
  }
  totals_ = totals_before_;
}

outbox_stream& outbox_streams::edit(std::uint32_t sid) {
  outbox_stream& s = streams_[sid - 1];
  if (!s.touched) {
    before_.push_back(s);
    s.touched = true;
  }
  return s;
}

}  // namespace hawser::io::sqlite

// The outbox window: what the store says.
#include <hawser/core/receipt/outbox_window.hpp>

#include <algorithm>
#include <cassert>

namespace hawser {

void outbox_window::add(const outbox_stream& s, window_effects& out) {
  const auto [it, is_new] = streams_.try_emplace(s.sid);
  assert(is_new);
  it->second.record = s;
  if (open_) ask(it->second, out);
}

void outbox_window::committed(std::uint32_t sid, const stream_head& last, const digest& previous,
                              std::span<const chained_receipt> rows, window_effects& out) {
  const auto it = streams_.find(sid);
  assert(it != streams_.end());
  stream& s = it->second;
  if (last.seq <= s.record.last.seq) return;
  s.record.last = last;
  if (open_ && s.at == phase::silent) ask(s, out);
  send_at_once(s, previous, rows, out);
  queue(s);
  pump(out);
}

// Streams that wait for room are not overtaken.
void outbox_window::send_at_once(stream& s, digest previous, std::span<const chained_receipt> rows,
                                 window_effects& out) {
  while (!rows.empty() && ready_.empty() && wants_more(s) && has_room() &&
         rows.front().seq == s.sent + 1) {
    if (!verify(s, previous, out)) return;
    const std::size_t room =
        std::min(options_.in_flight_rows - flight_.rows - reserved_.rows, options_.max_batch_rows);
    const std::uint64_t before = s.sent;
    send(s, previous, rows.first(std::min(rows.size(), room)), out);
    const std::uint64_t taken = s.sent - before;
    if (taken == 0) return;  // It is parked.
    previous = rows[taken - 1].hash;
    rows = rows.subspan(taken);
  }
}

void outbox_window::rows(std::uint32_t sid, std::uint64_t generation, const digest& previous,
                         const std::vector<chained_receipt>& rows, window_effects& out) {
  stream* const answered = awaited(sid, generation);
  if (!answered) return;
  stream& s = *answered;
  const std::size_t asked = s.reserved.rows;
  forget_fetch(s);
  std::uint64_t expected = s.sent;
  const bool consecutive =
      std::ranges::all_of(rows, [&](const chained_receipt& r) { return r.seq == ++expected; });
  if (rows.empty() || !consecutive) {
    park(s, "the outbox cannot give receipt " + std::to_string(s.sent + 1), out);
  } else if (verify(s, previous, out)) {
    send(s, previous, std::span(rows).first(std::min(rows.size(), asked)), out);
    queue(s);
  }
  pump(out);
}

void outbox_window::unavailable(std::uint32_t sid, std::uint64_t generation, time_point now,
                                window_effects& out) {
  stream* const s = awaited(sid, generation);
  if (!s) return;
  forget_fetch(*s);
  pause(*s, now + options_.default_pause);
  pump(out);
}

void outbox_window::lost(std::uint32_t sid, std::uint64_t generation, const stream_head& base,
                         window_effects& out) {
  stream* const s = awaited(sid, generation);
  if (!s) return;
  if (base.seq > s->record.base.seq) s->record.base = base;
  if (s->record.base.seq > s->sent) {
    park_lost(*s, s->sent, out);
  } else {
    park(*s, "the outbox cannot give receipt " + std::to_string(s->sent + 1), out);
  }
  pump(out);
}

void outbox_window::damaged(std::uint32_t sid, std::uint64_t generation,
                            const std::optional<digest>& previous, const std::string& why,
                            window_effects& out) {
  stream* const s = awaited(sid, generation);
  if (!s) return;
  forget_fetch(*s);
  s->damaged_at = s->sent + 1;
  if (!previous || verify(*s, *previous, out)) out.push_back(window_effect::alarm{sid, why});
  pump(out);
}

// The stream whose fetch this answers; nullptr: it was asked before a drop or a step back.
outbox_window::stream* outbox_window::awaited(std::uint32_t sid, std::uint64_t generation) {
  const auto it = streams_.find(sid);
  assert(it != streams_.end());
  return generation != 0 && it->second.fetching == generation ? &it->second : nullptr;
}

}  // namespace hawser

// The outbox window: how streams are named on a link.
#include <hawser/core/receipt/outbox_window.hpp>

#include <utility>

namespace hawser {

namespace effect = window_effect;

void outbox_window::opened(window_effects& out) {
  dropped();
  open_ = true;
  resume_all(phase::silent, phase::asked, out);
}

wire::stream_position outbox_window::position(const stream& s) const {
  const outbox_stream& r = s.record;
  return {r.sid, r.governor, r.epoch, r.acked + 1, r.last};
}

// Names every stream of a phase, in messages within the bounds.
void outbox_window::resume_all(phase from, phase to, window_effects& out) {
  wire::resume piece;
  std::size_t size = wire::resume_overhead;
  for (auto& [sid, s] : streams_) {
    if (s.at != from || s.record.last.seq == 0) continue;
    wire::stream_position p = position(s);
    const std::size_t more = wire::size_bound(p);
    if (!piece.streams.empty() &&
        (size + more > message_limit_ || piece.streams.size() == options_.max_resume_streams)) {
      out.push_back(effect::resume{std::move(piece)});
      piece = {};
      size = wire::resume_overhead;
    }
    piece.streams.push_back(std::move(p));
    size += more;
    s.at = to;
  }
  if (!piece.streams.empty()) out.push_back(effect::resume{std::move(piece)});
}

// Names one stream on a link that is open already.
void outbox_window::ask(stream& s, window_effects& out) {
  if (s.record.last.seq == 0) return;
  s.at = phase::asked;
  out.push_back(effect::resume{{{position(s)}, {}}});
}

}  // namespace hawser

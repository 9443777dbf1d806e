// Plays bytes to a session, cut as the test wants, and notes everything that it does.
#pragma once

#include <hawser/core/ws/session.hpp>

#include "support/frames.hpp"
#include "support/transcript.hpp"

#include <algorithm>
#include <functional>

namespace hawser::test {

/// How many bytes the next piece has, at least 1; it is cut to what is left.
using cutter = std::function<std::size_t()>;

inline std::string drain(session& s) {
  std::string out;
  while (true) {
    const auto spans = s.output();
    if (spans.empty()) return out;
    std::size_t n = 0;
    for (const bytes_view v : spans) {
      out += as_text(v);
      n += v.size();
    }
    s.consume(n);
  }
}

inline void note(transcript& seen, const read_event& e) {
  using kind = read_event::kind;
  const std::string payload(as_text(e.payload));
  switch (e.what) {
    case kind::message:
      seen.events.push_back((e.op == opcode::text ? "text:" : "binary:") + payload);
      break;
    case kind::ping:
      seen.events.push_back("ping:" + payload);
      break;
    case kind::pong:
      seen.events.push_back("pong:" + payload);
      break;
    case kind::close:
      seen.how = transcript::end::closed;
      seen.code = static_cast<unsigned>(e.code);
      seen.reason = payload;
      break;
    case kind::failed:
      seen.how = transcript::end::failed;
      break;
    case kind::need_more:
      break;
  }
}

inline void note_output(transcript& seen, std::string out) {
  for (const wire_frame& f : decode(out)) {
    if (f.op == 10) seen.pongs.push_back(f.payload);
    if (f.op != 8) continue;
    seen.answer = 1005;
    if (f.payload.size() >= 2) {
      seen.answer = static_cast<unsigned char>(f.payload[0]) * 256u +
                    static_cast<unsigned char>(f.payload[1]);
    }
  }
}

/// What a session of role `self` makes of `wire`; the error goes to `error` if it failed.
inline transcript hawser_reads(role self, std::string_view wire, std::size_t max_message,
                               const cutter& next_piece, framing_errc* error = nullptr) {
  scripted_entropy keys;
  session_limits limits;
  limits.max_message = max_message;
  session s(self, limits, keys);
  transcript seen;
  while (!wire.empty()) {
    const auto room = s.prepare();
    const std::size_t n = std::min({next_piece(), wire.size(), room.size()});
    std::memcpy(room.data(), wire.data(), n);
    s.commit(n);
    wire.remove_prefix(n);
    for (read_event e = s.next(); e.what != read_event::kind::need_more; e = s.next()) {
      note(seen, e);
      if (e.what == read_event::kind::failed && error != nullptr) *error = e.error;
    }
    note_output(seen, drain(s));
  }
  return seen;
}

/// All at once.
inline cutter uncut() {
  return [] { return frame_reader::read_size; };
}
/// `first` bytes, then the rest.
inline cutter cut_at(std::size_t first) {
  return [first, begun = false]() mutable {
    return std::exchange(begun, true) ? frame_reader::read_size : first;
  };
}
inline cutter byte_by_byte() {
  return [] { return std::size_t{1}; };
}
/// Pieces of at most `most` bytes.
inline cutter cut_randomly(std::uint64_t seed, std::size_t most) {
  return [random = std::mt19937_64(seed), most]() mutable { return 1 + below(random, most); };
}

}  // namespace hawser::test

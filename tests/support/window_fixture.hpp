// Drives an outbox_window step by step; its effects read as one line each.
#pragma once

#include <hawser/core/receipt/outbox_window.hpp>

#include "support/fake_hasher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace hawser::test {

using ::testing::ElementsAre;
using wire::nack_code;
using wire::resume_status;

using strings = std::vector<std::string>;

// What a window asks for, as one line each.
inline std::string line(const window_effect::fetch& f) {
  return "fetch " + std::to_string(f.sid) + " #" + std::to_string(f.generation) + " from " +
         std::to_string(f.first) + " rows " + std::to_string(f.max_rows);
}
inline std::string line(const window_effect::send& s) {
  return "send " + std::to_string(s.sid) + " " + std::to_string(s.first) + "-" +
         std::to_string(s.last);
}
inline std::string line(const window_effect::resume& r) {
  std::string text = "resume";
  for (const auto& p : r.message.streams) {
    text += " " + std::to_string(p.sid) + ":" + p.governor + ":" + std::to_string(p.first_unacked) +
            "-" + std::to_string(p.last.seq);
  }
  return text;
}
inline std::string line(const window_effect::acknowledge& a) {
  return "acknowledge " + std::to_string(a.sid) + " " + std::to_string(a.seq);
}
inline std::string line(const window_effect::alarm& a) {
  return "alarm " + std::to_string(a.sid) + " " + a.text;
}
inline std::string line(const window_effect::superseded& s) { return "superseded " + s.governor; }
inline std::string line(const window_effect::lost_by_ledger& l) {
  return "lost by the ledger " + l.governor + ":" + std::to_string(l.first) + "-" +
         std::to_string(l.last);
}
inline strings lines(const window_effects& effects) {
  strings out;
  for (const auto& e : effects) {
    out.push_back(std::visit([](const auto& one) { return line(one); }, e));
  }
  return out;
}

inline constexpr time_point start{std::chrono::seconds(100)};

struct window_fixture : ::testing::Test {
  explicit window_fixture(const outbox_window::options& o = {.max_batch_rows = 2,
                                                             .in_flight_rows = 6})
      : w(o) {}

  stream_key key(std::uint32_t sid) { return {"gw", "g" + std::to_string(sid), 7}; }
  // The store has `count` receipts of the stream, and could have up to 20.
  outbox_stream stream(std::uint32_t sid, std::uint64_t count, std::uint64_t acked = 0,
                       std::uint64_t base = 0) {
    chains[sid] = fake_chain(key(sid), 20, key_size);
    return {sid, key(sid).governor, 7, head(sid, count), acked, head(sid, base)};
  }
  stream_head head(std::uint32_t sid, std::uint64_t seq) {
    fake_hasher h;
    return {seq, seq == 0 ? chain_origin(h, key(sid)) : chains[sid][seq - 1].hash};
  }

  strings add(const outbox_stream& s) {
    window_effects out;
    w.add(s, out);
    return lines(out);
  }
  strings committed(std::uint32_t sid, std::uint64_t seq) {
    window_effects out;
    w.committed(sid, head(sid, seq), out);
    return lines(out);
  }
  // The same, and the rows from `first` on come with it.
  strings committed_with_rows(std::uint32_t sid, std::uint64_t first, std::uint64_t last) {
    window_effects out;
    const std::span all(chains[sid]);
    w.committed(sid, head(sid, last), head(sid, first - 1).hash,
                all.subspan(first - 1, last - first + 1), out);
    sent.clear();
    for (auto& e : out) {
      if (auto* s = std::get_if<window_effect::send>(&e)) sent.push_back(s->message);
    }
    return lines(out);
  }
  strings opened() {
    window_effects out;
    w.opened(out);
    return lines(out);
  }
  strings resumed(std::uint32_t sid, std::uint64_t seq, resume_status s = resume_status::ok) {
    return resumed_as({sid, head(sid, seq), s});
  }
  strings resumed_as(const wire::committed_position& p) {
    window_effects out;
    const auto r = w.resumed(p, out);
    if (!r) return {"error"};
    return lines(out);
  }
  // Rows `first` to `last` of the store, for a fetch of that generation.
  strings rows(std::uint32_t sid, std::uint64_t generation, std::uint64_t first,
               std::uint64_t last) {
    window_effects out;
    const auto& c = chains[sid];
    w.rows(sid, generation, head(sid, first - 1).hash,
           {c.begin() + static_cast<long>(first - 1), c.begin() + static_cast<long>(last)}, out);
    sent.clear();
    for (auto& e : out) {
      if (auto* s = std::get_if<window_effect::send>(&e)) sent.push_back(s->message);
    }
    return lines(out);
  }
  strings unavailable(std::uint32_t sid, std::uint64_t generation) {
    window_effects out;
    w.unavailable(sid, generation, start, out);
    return lines(out);
  }
  strings lost(std::uint32_t sid, std::uint64_t generation, std::uint64_t base) {
    window_effects out;
    w.lost(sid, generation, head(sid, base), out);
    return lines(out);
  }
  // The store cannot read receipt `seq`, which was fetched.
  strings damaged(std::uint32_t sid, std::uint64_t generation, std::uint64_t seq) {
    window_effects out;
    w.damaged(sid, generation, head(sid, seq - 1).hash,
              "receipt " + std::to_string(seq) + " is damaged", out);
    return lines(out);
  }
  strings ack(std::uint32_t sid, std::uint64_t seq) {
    window_effects out;
    if (!w.ack(sid, seq, out)) return {"error"};
    return lines(out);
  }
  strings nack(std::uint32_t sid, std::uint64_t seq, nack_code code, std::uint32_t retry_ms = 0,
               const std::string& detail = "") {
    window_effects out;
    if (!w.nack({sid, seq, code, retry_ms, detail}, start, out)) return {"error"};
    return lines(out);
  }
  strings woke(time_point now) {
    window_effects out;
    w.woke(now, out);
    return lines(out);
  }
  // A live link with one stream of `count` receipts, 1 to 6 of them in flight.
  void six_in_flight(std::uint64_t count = 6) {
    add(stream(1, count));
    opened();
    ASSERT_THAT(resumed(1, 0, resume_status::new_stream), ElementsAre("fetch 1 #1 from 1 rows 2"));
    ASSERT_THAT(rows(1, 1, 1, 2), ElementsAre("send 1 1-2", "fetch 1 #2 from 3 rows 2"));
    ASSERT_THAT(rows(1, 2, 3, 4), ElementsAre("send 1 3-4", "fetch 1 #3 from 5 rows 2"));
    ASSERT_THAT(rows(1, 3, 5, 6), ElementsAre("send 1 5-6"));
  }

  std::size_t key_size = 4;
  std::map<std::uint32_t, std::vector<chained_receipt>> chains;
  std::vector<bytes> sent;
  outbox_window w;
};

}  // namespace hawser::test

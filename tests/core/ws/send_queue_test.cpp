#include <hawser/core/ws/send_queue.hpp>

#include "support/frames.hpp"

#include <gtest/gtest.h>

namespace send_queue_test {

using namespace hawser::test;
using hawser::buffer;
using hawser::close_code;
using hawser::errc;
using hawser::lane;
using hawser::opcode;
using hawser::role;
using hawser::send_queue;

constexpr std::array lanes = {lane::control, lane::governor, lane::receipts, lane::bulk};

struct fixture {
  explicit fixture(role self = role::client, hawser::lane_limits each = {})
      : queue(self, masks, {each, each, each, each}) {}

  hawser::result<void> push(lane l, std::string_view text) {
    return queue.push(l, opcode::text, hawser::as_bytes(text));
  }
  hawser::result<void> give(lane l, std::string_view text) {
    return queue.push(l, opcode::text, buffer(hawser::as_bytes(text)));
  }
  // Until this is written, everything else waits in its lane.
  void block() { ASSERT_TRUE(give(lane::bulk, std::string(send_queue::cork_size, 'B'))); }

  std::string offered() {
    std::string out;
    for (const auto v : queue.gather()) out += hawser::as_text(v);
    return out;
  }
  // Writes all of it, at most `part` bytes a time.
  std::string written(std::size_t part = ~std::size_t{0}) {
    std::string out;
    for (std::string now = offered(); !now.empty(); now = offered()) {
      now.resize(std::min(part, now.size()));
      queue.consume(now.size());
      out += now;
    }
    return out;
  }
  // Opcode and payload of each frame that is written; the frame of block() is "B".
  std::vector<std::string> frames() {
    std::vector<std::string> list;
    std::string out = written();
    for (const wire_frame& f : decode(out)) {
      const bool blocker = f.payload.size() == send_queue::cork_size;
      list.push_back(blocker ? "B" : std::to_string(f.op) + f.payload);
    }
    EXPECT_TRUE(out.empty()) << "half a frame";
    return list;
  }

  scripted_entropy entropy;
  hawser::mask_source masks{entropy};
  send_queue queue;
};

using list = std::vector<std::string>;

TEST(send_queue, frames_are_the_bytes_of_rfc6455) {
  fixture server(role::server);
  ASSERT_TRUE(server.push(lane::bulk, "Hello"));
  EXPECT_EQ(server.written(), "\x81\x05Hello");  // RFC 6455 section 5.7
  fixture client;
  ASSERT_TRUE(client.push(lane::bulk, "Hello"));
  EXPECT_EQ(client.written(),
            encode({.op = 1, .payload = "Hello", .masked = true, .key = {1, 2, 3, 4}}));
}

TEST(send_queue, every_header_size_and_both_paths_are_the_same_on_the_wire) {
  for (const role self : {role::client, role::server}) {
    for (const std::size_t n : {0u, 1u, 125u, 126u, 4095u, 4096u, 65535u, 65536u, 70'000u}) {
      fixture copied(self);
      fixture given(self);
      ASSERT_TRUE(copied.push(lane::bulk, letters(n)));
      ASSERT_TRUE(given.give(lane::bulk, letters(n)));
      const std::string want = encode(
          {.op = 1, .payload = letters(n), .masked = self == role::client, .key = {1, 2, 3, 4}});
      EXPECT_TRUE(copied.written() == want) << n;
      EXPECT_TRUE(given.written() == want) << n;
    }
  }
}

TEST(send_queue, each_frame_has_a_key_of_its_own) {
  fixture f;
  ASSERT_TRUE(f.push(lane::bulk, "a"));
  ASSERT_TRUE(f.push(lane::bulk, "a"));
  std::string out = f.written();
  const auto frames = decode(out);
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_NE(frames[0].key, frames[1].key);
}

TEST(send_queue, a_large_owned_payload_is_masked_and_written_where_it_lies) {
  fixture f;
  buffer b(send_queue::in_place_size);
  std::fill_n(b.data(), b.size(), std::byte{'x'});
  const std::byte* place = b.data();
  ASSERT_TRUE(f.queue.push(lane::bulk, opcode::binary, std::move(b)));
  const auto spans = f.queue.gather();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].data(), place - 8);  // 4 octets of header and 4 of mask
}

TEST(send_queue, small_messages_leave_together) {
  fixture f;
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(f.push(lane::bulk, "small"));
  EXPECT_EQ(f.queue.gather().size(), 1u);
}

TEST(send_queue, urgent_lanes_overtake_what_waits) {
  fixture f;
  f.block();
  for (const lane l : {lane::bulk, lane::receipts, lane::governor, lane::control}) {
    const auto name = std::to_string(static_cast<int>(l));
    ASSERT_TRUE(f.push(l, name + "a"));
    ASSERT_TRUE(f.give(l, name + "b"));
  }
  EXPECT_EQ(f.queue.waiting(), 8u);
  EXPECT_EQ(f.queue.waiting_bytes(), 16u);
  f.queue.control(opcode::pong, hawser::as_bytes("!"));
  EXPECT_EQ(f.frames(), (list{"B", "10!", "10a", "10b", "11a", "11b", "12a", "12b", "13a", "13b"}));
  EXPECT_EQ(f.queue.waiting_bytes(), 0u);
}

TEST(send_queue, at_most_one_cork_and_one_message_are_ahead_of_what_is_urgent) {
  fixture f;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(f.push(lane::bulk, letters(10'000)));
  ASSERT_TRUE(f.push(lane::control, "urgent"));
  std::string out = f.written();
  const auto frames = decode(out);
  std::size_t ahead = 0;
  for (std::size_t i = 0; frames[i].payload != "urgent"; ++i) ahead += frames[i].payload.size();
  EXPECT_LE(ahead, send_queue::cork_size + 10'000);
  EXPECT_EQ(frames.size(), 101u);
}

TEST(send_queue, a_lane_is_bound_in_frames_and_nothing_is_taken_beyond) {
  for (const lane l : lanes) {
    fixture f(role::client, {.frames = 2, .bytes = 1 << 20});
    f.block();
    ASSERT_TRUE(f.push(l, "1"));
    EXPECT_TRUE(f.queue.fits(l, 1, 1));
    EXPECT_FALSE(f.queue.fits(l, 2, 2));
    ASSERT_TRUE(f.give(l, "2"));
    EXPECT_EQ(f.push(l, "3").error(), errc::queue_full);
    buffer kept(hawser::as_bytes("mine"));
    EXPECT_EQ(f.queue.push(l, opcode::text, std::move(kept)).error(), errc::queue_full);
    EXPECT_EQ(hawser::as_text(kept.view()), "mine");
    EXPECT_EQ(f.queue.waiting(), 2u);
    for (const lane other : lanes) EXPECT_EQ(f.queue.fits(other, 1, 1), other != l);
    EXPECT_EQ(f.frames().size(), 3u);
    EXPECT_TRUE(f.push(l, "again"));
  }
}

TEST(send_queue, a_lane_is_bound_in_bytes) {
  fixture f(role::client, {.frames = 100, .bytes = send_queue::cork_size});
  f.block();
  ASSERT_TRUE(f.push(lane::bulk, letters(send_queue::cork_size - 1)));
  EXPECT_EQ(f.push(lane::bulk, "12").error(), errc::queue_full);
  EXPECT_EQ(f.give(lane::bulk, "12").error(), errc::queue_full);
  EXPECT_TRUE(f.push(lane::bulk, "1"));
  EXPECT_TRUE(f.push(lane::bulk, ""));
  EXPECT_EQ(f.queue.waiting_bytes(), send_queue::cork_size);
  fixture idle(role::client, {.frames = 100, .bytes = 10});
  EXPECT_EQ(idle.push(lane::bulk, letters(11)).error(), errc::queue_full) << "an idle one too";
}

TEST(send_queue, while_blocked_the_newest_pong_and_the_newest_ping_are_kept) {
  fixture f;
  f.block();
  f.queue.control(opcode::pong, hawser::as_bytes("1"));
  f.queue.control(opcode::ping, hawser::as_bytes("old"));
  f.queue.control(opcode::pong, hawser::as_bytes("2"));
  f.queue.control(opcode::ping, hawser::as_bytes("new"));
  EXPECT_EQ(f.frames(), (list{"B", "102", "9new"}));
  f.queue.control(opcode::ping, hawser::as_bytes("now"));
  EXPECT_EQ(f.frames(), list{"9now"});
}

TEST(send_queue, knows_whether_a_ping_still_has_to_be_written) {
  fixture f;
  EXPECT_FALSE(f.queue.ping_unsent());
  f.block();
  f.queue.control(opcode::ping, hawser::as_bytes("p"));
  EXPECT_TRUE(f.queue.ping_unsent());
  f.queue.consume(f.offered().size());
  EXPECT_FALSE(f.queue.empty()) << "a ping waits";
  EXPECT_TRUE(f.queue.ping_unsent());
  const std::size_t framed = f.offered().size();
  ASSERT_TRUE(f.push(lane::bulk, "behind it"));
  f.queue.consume(framed - 1);
  EXPECT_TRUE(f.queue.ping_unsent());
  f.queue.consume(1);
  EXPECT_FALSE(f.queue.ping_unsent());
  EXPECT_EQ(f.frames(), list{"1behind it"});
}

TEST(send_queue, a_ping_that_waits_is_not_sent_behind_the_close) {
  for (const bool abandon : {false, true}) {
    fixture f;
    f.block();
    f.queue.control(opcode::ping, hawser::as_bytes("p"));
    f.queue.finish(close_code::normal, {}, abandon);
    EXPECT_EQ(f.frames(), (list{"B", "8" + close_payload(1000)}));
    EXPECT_TRUE(f.queue.empty());
    EXPECT_FALSE(f.queue.ping_unsent());
  }
}

TEST(send_queue, a_newer_pong_stands_for_the_one_that_waits) {
  fixture f;
  f.block();
  f.queue.control(opcode::pong, hawser::as_bytes("old"));
  f.queue.consume(f.offered().size());
  EXPECT_FALSE(f.queue.empty()) << "a pong waits";
  f.queue.control(opcode::pong, hawser::as_bytes("new"));
  EXPECT_EQ(f.frames(), list{"10new"});
  EXPECT_TRUE(f.queue.empty());
}

TEST(send_queue, finish_goes_behind_everything_that_waits) {
  fixture f;
  f.block();
  ASSERT_TRUE(f.push(lane::bulk, "waits"));
  f.queue.finish(close_code::normal, "why", false);
  EXPECT_TRUE(f.queue.finished());
  EXPECT_EQ(f.push(lane::control, "late").error(), errc::not_connected);
  EXPECT_EQ(f.give(lane::control, "late").error(), errc::not_connected);
  f.queue.finish(close_code::going_away, "no second one", false);
  EXPECT_EQ(f.frames(), (list{"B", "1waits", "8" + close_payload(1000, "why")}));
  EXPECT_TRUE(f.queue.empty());
  EXPECT_EQ(f.queue.unsent(), 0u);
}

TEST(send_queue, pongs_are_sent_until_the_peers_close_has_come) {
  fixture f;
  f.block();
  ASSERT_TRUE(f.push(lane::bulk, "waits"));
  f.queue.finish(close_code::normal, {}, false);
  f.queue.control(opcode::pong, hawser::as_bytes("1"));
  EXPECT_EQ(f.frames(), (list{"B", "101", "1waits", "8" + close_payload(1000)}));
  f.queue.control(opcode::ping, hawser::as_bytes("no"));
  f.queue.control(opcode::pong, hawser::as_bytes("2"));
  EXPECT_EQ(f.frames(), list{"102"});
  f.queue.finish(close_code::normal, {}, true);
  f.queue.control(opcode::pong, hawser::as_bytes("3"));
  EXPECT_TRUE(f.frames().empty());
}

TEST(send_queue, no_pong_that_waits_is_framed_behind_the_close) {
  fixture f;
  f.block();
  f.queue.control(opcode::pong, hawser::as_bytes("1"));  // waits: the socket is blocked
  f.queue.finish(close_code::normal, {}, false);
  EXPECT_EQ(f.frames(), (list{"B", "101", "8" + close_payload(1000)}));
}

TEST(send_queue, a_code_that_must_not_be_on_the_wire_becomes_an_empty_close) {
  for (const unsigned code : {999u, 1004u, 1005u, 1006u, 1015u, 5000u}) {
    fixture f;
    f.queue.finish(static_cast<close_code>(code), "why", false);
    EXPECT_EQ(f.frames(), list{"8"}) << code;
  }
}

// RFC 6455 section 5.5.1: the reason is UTF-8, of at most 123 bytes.
TEST(send_queue, a_reason_is_made_utf8_and_cut_between_characters) {
  const std::string replacement = "\xEF\xBF\xBD";
  const std::string euro = "\xE2\x82\xAC";
  const std::pair<std::string, std::string> cases[] = {
      {"bad \xFF byte", "bad " + replacement + " byte"},
      {letters(123), letters(123)},
      {letters(124), letters(123)},
      {letters(121) + euro, letters(121)},
      {letters(120) + euro, letters(120) + euro},
      {letters(121) + "\xFF", letters(121)},
      {letters(120) + "\xFFx", letters(120) + replacement}};
  for (const auto& [reason, sent] : cases) {
    fixture f;
    f.queue.finish(close_code::normal, reason, false);
    EXPECT_EQ(f.frames(), list{"8" + close_payload(1000, sent)});
  }
}

TEST(send_queue, abandon_keeps_what_is_framed_and_counts_the_rest) {
  fixture f;
  f.block();
  ASSERT_TRUE(f.push(lane::bulk, "waits"));
  ASSERT_TRUE(f.push(lane::control, "waits too"));
  f.queue.control(opcode::pong, hawser::as_bytes("1"));
  f.queue.finish(close_code::protocol_error, {}, true);
  EXPECT_EQ(f.queue.waiting(), 0u);
  EXPECT_EQ(f.queue.waiting_bytes(), 0u);
  EXPECT_EQ(f.queue.unsent(), 2u);
  EXPECT_EQ(f.frames(), (list{"B", "8" + close_payload(1002)}));
}

TEST(send_queue, abandon_replaces_a_close_that_still_waits) {
  fixture f;
  f.block();
  ASSERT_TRUE(f.push(lane::bulk, "waits"));
  f.queue.finish(close_code::normal, "slow", false);
  f.queue.finish(close_code::going_away, "at once", true);
  EXPECT_EQ(f.frames(), (list{"B", "8" + close_payload(1001, "at once")}));
  f.queue.finish(close_code::normal, "no second one", true);
  EXPECT_TRUE(f.queue.empty());
}

TEST(send_queue, every_part_that_is_written_gives_the_same_bytes) {
  const auto fill = [](fixture& f) {
    for (const std::size_t n : {0u, 5u, 125u, 126u, 4095u, 4096u, 5000u, 7u}) {
      ASSERT_TRUE(f.give(lane::bulk, letters(n)));
    }
    f.queue.control(opcode::ping, hawser::as_bytes("p"));
    f.queue.finish(close_code::normal, "end", false);
  };
  fixture once;
  fill(once);
  const std::string want = once.written();
  for (std::size_t part = 1; part <= 64; ++part) {
    fixture f;
    fill(f);
    ASSERT_TRUE(f.written(part) == want) << part;
  }
  for (std::size_t first = 0; first <= want.size(); first += 13) {
    fixture f;
    fill(f);
    const std::string head = f.offered().substr(0, first);
    f.queue.consume(head.size());
    ASSERT_TRUE(head + f.written() == want) << first;
  }
}

TEST(send_queue, at_most_sixteen_spans_are_offered) {
  fixture f;
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(f.give(lane::bulk, letters(4096)));
  EXPECT_EQ(f.queue.gather().size(), send_queue::max_spans);
  EXPECT_EQ(f.frames().size(), 40u);
}

// The socket never takes quite everything: the books of what was written must not grow for that.
TEST(send_queue, memory_does_not_grow_while_the_writer_never_catches_up) {
  fixture f;
  const auto turn = [&] {
    ASSERT_TRUE(f.give(lane::bulk, letters(5000)));
    ASSERT_TRUE(f.push(lane::bulk, "small"));
    const auto n = f.offered().size();
    f.queue.consume(n > 20'000 ? n - 20'000 : 0);
  };
  for (int i = 0; i < 200; ++i) turn();
  const std::size_t held = f.queue.capacity();
  for (int i = 0; i < 5000; ++i) turn();
  EXPECT_LE(f.queue.capacity(), held);
}

TEST(send_queue, one_large_message_does_not_hold_its_memory) {
  fixture f;
  ASSERT_TRUE(f.push(lane::bulk, letters(5'000'000)));
  EXPECT_GE(f.queue.capacity(), 5'000'000u);
  f.written();
  EXPECT_LE(f.queue.capacity(), 8 * send_queue::cork_size);
}

struct recorder : hawser::frame_observer {
  list lines;
  void on_frame(bool outbound, opcode op, bool fin, std::size_t size,
                hawser::bytes_view p) override {
    EXPECT_TRUE(outbound && fin);
    EXPECT_EQ(p.size(), size);
    lines.push_back(std::to_string(static_cast<int>(op)) +
                    std::string(hawser::as_text(p.first(1))));
  }
};

TEST(send_queue, the_observer_sees_frames_before_they_are_masked) {
  fixture f;
  recorder seen;
  f.queue.observe(&seen);
  ASSERT_TRUE(f.push(lane::bulk, "small"));
  ASSERT_TRUE(f.give(lane::bulk, "Large" + letters(5000)));
  f.queue.control(opcode::ping, hawser::as_bytes("p"));
  EXPECT_EQ(seen.lines, (list{"1s", "1L", "9p"}));
}

}  // namespace send_queue_test

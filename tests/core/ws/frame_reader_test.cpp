#include <hawser/core/ws/frame_reader.hpp>

#include "support/frames.hpp"
#include "support/words.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace frame_reader_test {

using namespace hawser::test;
using hawser::errc;
using hawser::frame_reader;
using hawser::framing_errc;
using hawser::opcode;
using hawser::read_event;
using hawser::role;
using kind = read_event::kind;

constexpr std::size_t limit = 1000;

void feed(frame_reader& r, std::string_view wire) {
  while (!wire.empty()) {
    const auto room = r.prepare();
    ASSERT_GE(room.size(), frame_reader::read_size);
    const std::size_t n = std::min(room.size(), wire.size());
    std::memcpy(room.data(), wire.data(), n);
    r.commit(n);
    wire.remove_prefix(n);
  }
}

std::string payload(const read_event& e) { return std::string(hawser::as_text(e.payload)); }

// What is reported of `wire`, and that nothing is read behind it.
framing_errc error_of(role self, const std::string& wire) {
  frame_reader r(self, limit);
  feed(r, wire + encode({.op = 1, .payload = "behind", .masked = self == role::server}));
  const read_event e = r.next();
  EXPECT_EQ(e.what, kind::failed);
  EXPECT_EQ(r.next().what, kind::need_more) << "read on after a failure";
  return e.error;
}
framing_errc error_of(const wire_frame& f) { return error_of(role::client, encode(f)); }

TEST(frame_reader, names_every_violation) {
  for (const unsigned rsv : {1u, 2u, 4u, 7u}) {
    EXPECT_EQ(error_of({.op = 1, .rsv = rsv}), framing_errc::reserved_bits);
    EXPECT_EQ(error_of({.op = 9, .rsv = rsv}), framing_errc::reserved_bits);
  }
  for (const unsigned op : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    EXPECT_EQ(error_of({.op = op}), framing_errc::bad_opcode) << op;
  }
  for (const unsigned op : {0u, 1u, 2u, 8u, 9u, 10u}) {
    EXPECT_EQ(error_of({.op = op, .masked = true}), framing_errc::masked_frame) << op;
    EXPECT_EQ(error_of(role::server, encode({.op = op})), framing_errc::unmasked_frame) << op;
  }
  for (const unsigned op : {8u, 9u, 10u}) {
    EXPECT_EQ(error_of({.op = op, .payload = letters(126)}), framing_errc::control_too_long);
    EXPECT_EQ(error_of({.op = op, .payload = letters(65536)}), framing_errc::control_too_long);
    EXPECT_EQ(error_of({.op = op, .payload = "x", .length_octets = 2}),
              framing_errc::control_too_long);
    EXPECT_EQ(error_of({.op = op, .fin = false}), framing_errc::control_fragmented);
  }
  EXPECT_EQ(error_of({.op = 0}), framing_errc::stray_continuation);
  EXPECT_EQ(error_of({.op = 0, .fin = false}), framing_errc::stray_continuation);
  EXPECT_EQ(error_of({.op = 8, .payload = "x"}), framing_errc::bad_close_payload);
  EXPECT_EQ(error_of({.op = 8, .payload = close_payload(1000, "\xFF")}), framing_errc::bad_utf8);
  EXPECT_EQ(error_of({.op = 1, .payload = "\xFF"}), framing_errc::bad_utf8);
  EXPECT_EQ(error_of({.op = 1, .payload = "\xC3"}), framing_errc::bad_utf8);
}

TEST(frame_reader, refuses_lengths_that_are_not_minimal_or_too_large_for_the_format) {
  for (const std::size_t n : {0u, 1u, 125u}) {
    EXPECT_EQ(error_of({.op = 2, .payload = letters(n), .length_octets = 2}),
              framing_errc::bad_length);
  }
  for (const std::size_t n : {0u, 125u, 126u, 65535u}) {
    EXPECT_EQ(error_of({.op = 2, .payload = letters(n), .length_octets = 8}),
              framing_errc::bad_length);
  }
  EXPECT_EQ(error_of({.op = 2, .declared = std::uint64_t{1} << 63}), framing_errc::bad_length);
  EXPECT_EQ(error_of({.op = 2, .declared = ~std::uint64_t{0}}), framing_errc::bad_length);
  EXPECT_EQ(error_of({.op = 2, .declared = (std::uint64_t{1} << 63) - 1}),
            framing_errc::message_too_big);
}

TEST(frame_reader, allows_the_close_codes_of_the_registry_and_of_applications) {
  for (unsigned code = 0; code <= 0xFFFF; code += code < 5100 ? 1 : 55) {
    const bool good = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                      (code >= 3000 && code <= 4999);
    frame_reader r(role::client, limit);
    feed(r, encode({.op = 8, .payload = close_payload(code, "why")}));
    const read_event e = r.next();
    ASSERT_EQ(e.what, good ? kind::close : kind::failed) << code;
    if (!good) {
      ASSERT_EQ(e.error, framing_errc::bad_close_code) << code;
      continue;
    }
    ASSERT_EQ(static_cast<unsigned>(e.code), code);
    ASSERT_EQ(payload(e), "why");
  }
}

TEST(frame_reader, an_empty_close_has_no_status_and_nothing_is_read_behind_it) {
  frame_reader r(role::client, limit);
  feed(r, encode({.op = 8}) + encode({.op = 1, .payload = "behind"}));
  const read_event e = r.next();
  EXPECT_EQ(e.what, kind::close);
  EXPECT_EQ(e.code, hawser::close_code::no_status);
  EXPECT_TRUE(e.payload.empty());
  EXPECT_EQ(r.next().what, kind::need_more);
}

TEST(frame_reader, the_limit_is_a_messages_however_many_frames_it_has) {
  frame_reader r(role::client, limit);
  feed(r, encode({.op = 2, .payload = letters(limit)}));
  EXPECT_EQ(r.next().payload.size(), limit);
  EXPECT_EQ(error_of({.op = 2, .payload = letters(limit + 1)}), framing_errc::message_too_big);
  feed(r, encode({.op = 2, .payload = letters(limit - 1), .fin = false}) +
              encode({.op = 9, .payload = letters(125)}) +  // not part of the message
              encode({.op = 0, .payload = "x", .fin = false}) + encode({.op = 0}));
  EXPECT_EQ(r.next().what, kind::ping);
  EXPECT_EQ(r.next().payload.size(), limit);
  feed(r, encode({.op = 2, .payload = letters(limit), .fin = false}) +
              encode({.op = 0, .payload = "x"}));
  EXPECT_EQ(r.next().error, framing_errc::message_too_big);
}

// The words for what is wrong with `wire`, given in pieces of that size.
std::string description(role self, std::string_view wire, std::size_t size = 4096) {
  frame_reader r(self, limit);
  while (!wire.empty()) {
    feed(r, wire.substr(0, size));
    wire.remove_prefix(std::min(size, wire.size()));
    for (read_event e = r.next(); e.what != kind::need_more; e = r.next()) {
      if (e.what == kind::failed) return r.describe(e.error);
    }
  }
  return "nothing";
}
std::string words_of(framing_errc e) { return hawser::make_error_code(e).message(); }

TEST(frame_reader, shows_the_bytes_that_are_no_frame) {
  EXPECT_EQ(description(role::client, "HTTP/1.1 500 Internal Server Error\r\n\r\n"),
            words_of(framing_errc::reserved_bits) +
                ": 48 54 54 50 2f 31 2e 31 20 35 30 30 20 49 6e 74 65 72 6e 61 6c 20 53 65 72 76 "
                "65 72 20 45 72 72 \"HTTP/1.1 500 Internal Server Err\", looks like HTTP/1.1 500");
  EXPECT_EQ(description(role::client, "HTTP/1.1", 2),
            words_of(framing_errc::reserved_bits) + ": 48 54 \"HT\"");
  EXPECT_EQ(description(role::client, encode({.op = 1, .payload = "good"}) + "\x83\x01z"),
            words_of(framing_errc::bad_opcode) + ": 83 01 7a \"..z\"");
  EXPECT_EQ(
      description(role::server, "GET / HTTP/1.1\r\n"),
      words_of(framing_errc::reserved_bits) +
          ": 47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a \"GET / HTTP/1.1..\", looks like "
          "an HTTP request");
  EXPECT_EQ(description(role::client, encode({.op = 2, .declared = ~std::uint64_t{0}})),
            words_of(framing_errc::bad_length) + ": 82 7f ff ff ff ff ff ff ff ff \"..........\"");
  // Inside a frame there is nothing that would tell more.
  EXPECT_EQ(description(role::client, encode({.op = 1, .payload = "\xFF"})),
            words_of(framing_errc::bad_utf8));
  EXPECT_EQ(description(role::client, encode({.op = 8, .payload = "x"})),
            words_of(framing_errc::bad_close_payload));
}

TEST(frame_reader, says_how_large_a_message_is_that_is_too_big) {
  EXPECT_EQ(description(role::client, encode({.op = 2, .payload = letters(limit + 1)})),
            "a message of 1001 bytes is above limits.message (1000)");
  EXPECT_EQ(description(role::client,
                        encode({.op = 2, .fin = false, .declared = (std::uint64_t{1} << 63) - 1})),
            "a message of at least 9223372036854775807 bytes is above limits.message (1000)");
  const std::string first = encode({.op = 2, .payload = letters(limit), .fin = false});
  EXPECT_EQ(description(role::client, first + encode({.op = 0, .payload = "x"})),
            "a message of 1001 bytes is above limits.message (1000)");
  EXPECT_EQ(description(role::client, first + encode({.op = 0, .payload = "xy", .fin = false}), 1),
            "a message of at least 1002 bytes is above limits.message (1000)");
}

// The header alone settles it: nothing is allocated for what a peer merely announces.
TEST(frame_reader, an_announced_length_costs_no_memory) {
  frame_reader r(role::client, std::size_t{1} << 40);
  feed(r, encode({.op = 2, .payload = "x", .declared = std::uint64_t{1} << 39}));
  EXPECT_EQ(r.next().what, kind::need_more);
  r.prepare();
  EXPECT_LE(r.capacity(), 4 * frame_reader::read_size);
}

TEST(frame_reader, control_frames_between_fragments_come_where_they_are) {
  for (const role self : {role::client, role::server}) {
    const bool masked = self == role::server;
    frame_reader r(self, limit);
    feed(r, encode({.op = 1, .payload = "a\xC3", .fin = false, .masked = masked}) +
                encode({.op = 9, .payload = "1", .masked = masked}) +
                encode({.op = 0, .payload = "\xA4", .fin = false, .masked = masked}) +
                encode({.op = 10, .payload = "2", .masked = masked}) +
                encode({.op = 0, .payload = "z", .masked = masked}));
    read_event e = r.next();
    EXPECT_EQ(e.what, kind::ping);
    EXPECT_EQ(payload(e), "1");
    e = r.next();
    EXPECT_EQ(e.what, kind::pong);
    EXPECT_EQ(payload(e), "2");
    e = r.next();
    EXPECT_EQ(e.what, kind::message);
    EXPECT_EQ(e.op, opcode::text);
    EXPECT_EQ(payload(e), "a\xC3\xA4z");
    EXPECT_EQ(r.next().what, kind::need_more);
  }
}

TEST(frame_reader, a_new_message_inside_a_fragmented_one_is_refused) {
  for (const unsigned op : {1u, 2u}) {
    EXPECT_EQ(error_of(role::client, encode({.op = 1, .payload = "a", .fin = false}) +
                                         encode({.op = op, .payload = "b"})),
              framing_errc::interleaved_message);
  }
}

TEST(frame_reader, bad_text_fails_at_the_byte_and_not_at_the_end_of_the_frame) {
  frame_reader r(role::client, limit);
  feed(r, encode({.op = 1, .payload = letters(10), .declared = 500}));
  EXPECT_EQ(r.next().what, kind::need_more);
  feed(r, "\xFF");
  EXPECT_EQ(r.next().error, framing_errc::bad_utf8);
}

TEST(frame_reader, a_text_must_not_end_within_a_character_whatever_its_last_frame_is) {
  const std::string cut = encode({.op = 1, .payload = "a\xC3", .fin = false});
  EXPECT_EQ(error_of(role::client, cut + encode({.op = 0})), framing_errc::bad_utf8);
  EXPECT_EQ(error_of(role::client, cut + encode({.op = 0, .payload = "\xA4\xC3"})),
            framing_errc::bad_utf8);
}

// The length of a control frame is no reason to wait, nor to give another verdict.
TEST(frame_reader, the_verdict_is_the_same_wherever_a_header_is_cut) {
  const std::pair<wire_frame, framing_errc> cases[] = {
      {{.op = 9, .payload = "x", .length_octets = 2}, framing_errc::control_too_long},
      {{.op = 9, .payload = "x", .length_octets = 8}, framing_errc::control_too_long},
      {{.op = 3, .payload = letters(200)}, framing_errc::bad_opcode},
      {{.op = 2, .payload = letters(200), .rsv = 2}, framing_errc::reserved_bits},
      {{.op = 0, .payload = letters(70'000)}, framing_errc::stray_continuation},
      {{.op = 2, .payload = letters(200), .masked = true}, framing_errc::masked_frame}};
  for (const auto& [f, error] : cases) {
    for (const std::size_t cut : {2u, 3u, 4u, 6u, 10u}) {
      frame_reader r(role::client, limit);
      feed(r, encode(f).substr(0, cut));
      EXPECT_EQ(r.next().error, error) << cut;
    }
  }
}

TEST(frame_reader, a_contiguous_message_is_handed_on_where_it_lies) {
  frame_reader r(role::client, limit);
  const auto room = r.prepare();
  const std::string wire = encode({.op = 2, .payload = letters(200)}) + encode({.op = 1});
  std::memcpy(room.data(), wire.data(), wire.size());
  r.commit(wire.size());
  EXPECT_EQ(static_cast<const void*>(r.next().payload.data()), room.data() + 4);
  EXPECT_EQ(r.next().what, kind::message);
}

// simdjson reads up to `padding` bytes past a document; under a sanitizer this test would stop.
TEST(frame_reader, padding_past_a_message_is_readable) {
  frame_reader r(role::client, std::size_t{1} << 24);
  const auto touch = [](const read_event& e) {
    ASSERT_EQ(e.what, kind::message);
    const volatile std::byte* end = e.payload.data() + e.payload.size();
    for (std::size_t i = 0; i < frame_reader::padding; ++i) (void)end[i];
  };
  // Fills the buffer to its last byte: two reads of what a fresh one holds.
  const auto first = r.prepare();
  const std::size_t held = r.capacity();
  (void)first;
  feed(r, encode({.op = 2, .payload = letters(held - 10)}));
  touch(r.next());
  feed(r, encode({.op = 2, .payload = letters(500'000), .fin = false}) +
              encode({.op = 0, .payload = letters(70'000)}));
  touch(r.next());
}

TEST(frame_reader, one_large_message_does_not_hold_its_memory) {
  frame_reader r(role::client, std::size_t{1} << 24);
  feed(r, encode({.op = 2, .payload = letters(5'000'000)}));
  EXPECT_EQ(r.next().payload.size(), 5'000'000u);
  EXPECT_GE(r.capacity(), 5'000'000u);
  r.prepare();
  EXPECT_LE(r.capacity(), 4 * frame_reader::read_size);
}

TEST(frame_reader, memory_stays_within_a_few_times_the_limit) {
  constexpr std::size_t bound = 1 << 20;
  frame_reader r(role::client, bound);
  std::size_t most = 0;
  const std::string small = encode({.op = 0, .payload = "x", .fin = false});
  feed(r, encode({.op = 2, .payload = letters(bound / 2), .fin = false}));
  EXPECT_EQ(r.next().what, kind::need_more);
  for (int i = 0; i < 200'000; ++i) {
    feed(r, small);
    ASSERT_EQ(r.next().what, kind::need_more);
    most = std::max(most, r.capacity());
  }
  EXPECT_LE(most, 2 * bound + 2 * frame_reader::read_size);
}

TEST(frame_reader, next_before_any_byte_needs_more) {
  frame_reader r(role::client, limit);
  EXPECT_EQ(r.next().what, kind::need_more);
}

struct recorder : hawser::frame_observer {
  std::vector<std::string> lines;
  void on_frame(bool outbound, opcode op, bool fin, std::size_t size,
                hawser::bytes_view p) override {
    lines.push_back((outbound ? "> " : "< ") + std::to_string(static_cast<int>(op)) +
                    (fin ? " fin " : " more ") + std::to_string(size) + " " +
                    std::string(hawser::as_text(p)));
  }
};

TEST(frame_reader, the_observer_sees_every_frame_unmasked) {
  frame_reader r(role::server, limit);
  recorder seen;
  r.observe(&seen);
  const std::string last = encode({.op = 0, .payload = "last", .masked = true});
  feed(r, encode({.op = 1, .payload = "first", .fin = false, .masked = true}) +
              encode({.op = 9, .payload = "p", .masked = true}) + last.substr(0, 8));
  EXPECT_EQ(r.next().what, kind::ping);
  EXPECT_EQ(r.next().what, kind::need_more);
  feed(r, last.substr(8) + encode({.op = 8, .masked = true}));
  EXPECT_EQ(payload(r.next()), "firstlast");
  EXPECT_EQ(r.next().what, kind::close);
  EXPECT_EQ(seen.lines, (std::vector<std::string>{"< 1 more 5 first", "< 9 fin 1 p", "< 0 fin 4 st",
                                                  "< 8 fin 0 "}));
}

}  // namespace frame_reader_test

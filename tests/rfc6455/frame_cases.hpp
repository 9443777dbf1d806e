// Frames that a scripted peer sends, and what the session must make of them. No sockets.
#pragma once

#include "cases.hpp"
#include "support/session_player.hpp"

namespace hawser::rfc6455 {

using test::close_payload;
using test::letters;
using test::transcript;
using test::wire_frame;

// What a peer sends. It masks as its role must; wire_frame::masked turns that round.
inline wire_frame text(std::string payload) { return {.op = 1, .payload = std::move(payload)}; }
inline wire_frame binary(std::string payload) { return {.op = 2, .payload = std::move(payload)}; }
inline wire_frame more(std::string payload) { return {.op = 0, .payload = std::move(payload)}; }
inline wire_frame ping(std::string payload) { return {.op = 9, .payload = std::move(payload)}; }
inline wire_frame pong(std::string payload) { return {.op = 10, .payload = std::move(payload)}; }
inline wire_frame closing(std::string payload) { return {.op = 8, .payload = std::move(payload)}; }
inline wire_frame closing(unsigned code, std::string_view reason = {}) {
  return closing(close_payload(code, reason));
}
inline wire_frame part(wire_frame f) {
  f.fin = false;
  return f;
}
inline wire_frame masked_wrongly(wire_frame f) {
  f.masked = true;
  return f;
}
inline wire_frame reserved(wire_frame f, unsigned bits) {
  f.rsv = bits;
  return f;
}
inline wire_frame of_length(wire_frame f, std::size_t octets, std::uint64_t declared) {
  f.length_octets = octets;
  f.declared = declared;
  return f;
}

inline role role_of(side s) { return s == side::client ? role::client : role::server; }

/// The bytes that a peer of `reader` puts on the wire.
inline std::string encode_for(role reader, const std::vector<wire_frame>& frames) {
  std::string wire;
  for (wire_frame f : frames) {
    f.masked = f.masked != (reader == role::server);
    wire += test::encode(f);
  }
  return wire;
}

/// What the session must do.
struct outcome {
  transcript all;
  framing_errc error{};
};
/// The link stays open.
inline outcome hears(std::vector<std::string> events, std::vector<std::string> pongs = {}) {
  return {{.events = std::move(events), .pongs = std::move(pongs)}, {}};
}
/// The peer's Close was taken and answered with `answer`.
inline outcome closes(unsigned code, std::string reason, unsigned answer,
                      std::vector<std::string> events = {}) {
  return {{.events = std::move(events),
           .how = transcript::end::closed,
           .code = code,
           .reason = std::move(reason),
           .answer = answer},
          {}};
}
/// The link failed, and said so with `answer`, after `events`.
inline outcome fails(unsigned answer, framing_errc error, std::vector<std::string> events = {},
                     std::vector<std::string> pongs = {}) {
  return {{.events = std::move(events),
           .pongs = std::move(pongs),
           .how = transcript::end::failed,
           .answer = answer},
          error};
}

/// A message above this many bytes is too big for the session under test.
inline constexpr std::size_t max_message = 70'000;

struct frame_case {
  case_of what;
  std::vector<wire_frame> in;
  outcome out;
};

/// For each end that the case names, and however the bytes are cut.
inline void play_frames(const frame_case& c) {
  for (const side ours : {side::client, side::server}) {
    if (!has(c.what.ours, ours)) continue;
    SCOPED_TRACE(ours == side::client ? "as a client" : "as a server");
    const std::string wire = encode_for(role_of(ours), c.in);
    const std::pair<const char*, test::cutter> cuts[] = {{"whole", test::uncut()},
                                                         {"octet by octet", test::byte_by_byte()},
                                                         {"after 1", test::cut_at(1)},
                                                         {"after 7", test::cut_at(7)}};
    for (const auto& [name, cut] : cuts) {
      framing_errc error{};
      EXPECT_EQ(test::hawser_reads(role_of(ours), wire, max_message, cut, &error), c.out.all)
          << name;
      EXPECT_EQ(error, c.out.error) << name;
    }
  }
}

}  // namespace hawser::rfc6455

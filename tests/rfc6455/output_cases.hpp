// What the session says, read by a peer that lets nothing pass. No sockets.
#pragma once

#include <hawser/io/environment.hpp>

#include "frame_cases.hpp"
#include "io/loop/random.hpp"

namespace hawser::rfc6455 {

/// A frame of ours in words; whatever is wrong with it comes first.
inline std::string describe_frame(const wire_frame& f, role writer) {
  std::string out;
  if (f.masked != (writer == role::client)) out += "masked wrongly, ";
  if (f.rsv != 0) out += "reserved bits, ";
  if (!f.fin) out += "a fragment, ";
  const std::size_t n = f.payload.size();
  if (f.length_octets != (n < 126 ? 0u : n < 65536 ? 2u : 8u)) out += "length not minimal, ";
  switch (f.op) {
    case 1:
      out += "text ";
      break;
    case 2:
      out += "binary ";
      break;
    case 8: {
      out += "close ";
      if (n == 0) return out + "empty";
      const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(f.payload[i]); };
      if (n < 2) return out + "of one octet";
      out += std::to_string(octet(0) * 256 + octet(1));
      return n == 2 ? out : out + " " + f.payload.substr(2);
    }
    case 9:
      out += "ping ";
      break;
    case 10:
      out += "pong ";
      break;
    default:
      out += "opcode " + std::to_string(f.op) + " ";
  }
  return out + (n > 200 ? std::to_string(n) + " octets" : f.payload);
}

/// A session with the two hands that a case needs: the peer's and the application's.
class bench {
 public:
  explicit bench(side ours) : self_(role_of(ours)) {}

  /// The peer sends these.
  void hear(const std::vector<wire_frame>& frames) {
    std::string_view wire;
    const std::string all = encode_for(self_, frames);
    for (wire = all; !wire.empty();) {
      const auto room = session_.prepare();
      const std::size_t n = std::min(wire.size(), room.size());
      std::memcpy(room.data(), wire.data(), n);
      session_.commit(n);
      wire.remove_prefix(n);
      for (auto e = session_.next(); e.what != read_event::kind::need_more; e = session_.next()) {
        test::note(heard_, e);
      }
    }
  }
  result<void> send(std::string_view payload, opcode op = opcode::text) {
    return session_.send(lane::bulk, op, as_bytes(payload));
  }
  session& ours() { return session_; }
  const transcript& heard() const { return heard_; }
  /// What was written since the last call, in words.
  std::vector<std::string> says() {
    std::vector<std::string> out;
    for (const wire_frame& f : frames()) out.push_back(describe_frame(f, self_));
    return out;
  }
  /// The same as frames.
  std::vector<wire_frame> frames() {
    std::string wire = test::drain(session_);
    auto out = test::decode(wire);
    EXPECT_TRUE(wire.empty()) << "not a whole frame at the end";
    return out;
  }

 private:
  role self_;
  io::entropy_pool keys_{io::environment::system()};
  session session_{self_, {.max_message = max_message}, keys_};
  transcript heard_;
};

using said = std::vector<std::string>;

struct output_case {
  case_of what;
  void (*act)(bench&);
  said expected;
};

inline void play_output(const output_case& c) {
  for (const side ours : {side::client, side::server}) {
    if (!has(c.what.ours, ours)) continue;
    SCOPED_TRACE(ours == side::client ? "as a client" : "as a server");
    bench b(ours);
    c.act(b);
    EXPECT_EQ(b.says(), c.expected);
  }
}

}  // namespace hawser::rfc6455

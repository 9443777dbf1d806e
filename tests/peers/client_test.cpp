// Our client at the servers of two libraries, directly and behind proxies that terminate TLS.
#include "peers/fixture.hpp"

#include <random>

namespace hawser::test {
namespace client_test {

using clients = ClientTest;

// Sends each message when the one before has come back the same, then closes.
struct caller : adapter<caller, on::open, on::message> {
  std::vector<std::pair<opcode, std::string>> messages = {};
  std::size_t returned = 0;
  std::string version = {};
  std::optional<std::string> extensions = {};
  std::string subprotocol = {};
  void on_open(context& c, const open_info& o) {
    version = o.tls.version;
    subprotocol = o.subprotocol;
    extensions = find(o.headers, "Sec-WebSocket-Extensions");
    next(c);
  }
  verdict on_message(context& c, const inbound& m) {
    const auto& [op, text] = messages[returned];
    EXPECT_EQ(m.op, op);
    EXPECT_TRUE(m.text() == text) << m.text().size() << " of " << text.size() << " bytes";
    ++returned;
    next(c);
    return handled;
  }
  void next(context& c) {
    if (returned == messages.size()) return c.close();
    const auto& [op, text] = messages[returned];
    EXPECT_TRUE(c.send(buffer(as_bytes(text)), op)) << text.size();
  }
};

std::string noise(std::size_t size) {
  static std::mt19937_64 random(size);
  std::string out(size + sizeof(std::uint64_t), '\0');
  for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    const std::uint64_t word = random();
    std::copy_n(reinterpret_cast<const char*>(&word), sizeof word, &out[at]);
  }
  out.resize(size);
  return out;
}

// UTF-8 with characters of every length.
std::string text_of(std::size_t size) {
  std::string out;
  while (out.size() + 10 <= size) out += "a\u00e9\u20ac\U0001f6a2";
  return out + std::string(size - out.size(), 'x');
}

TEST_P(clients, echoes_every_length) {
  caller all;
  for (const std::size_t size : sizes) {
    all.messages.emplace_back(opcode::binary, noise(size));
    all.messages.emplace_back(opcode::text, text_of(size));
  }
  client<caller, time_limit> c{to("/echo"), all, {}};
  EXPECT_FALSE(run(c)) << c.last_detail() << peer().all();
  const caller& said = c.get<caller>();
  EXPECT_EQ(said.returned, all.messages.size());
  EXPECT_EQ(said.version, GetParam().via == between::nothing ? ""
                          : GetParam().via == between::nginx ? "TLSv1.2"
                                                             : "TLSv1.3");
  ASSERT_TRUE(peer().says("closed 1000")) << peer().all();
  // Both would compress if we offered it (RFC 7692).
  EXPECT_EQ(said.extensions, std::nullopt);
  ASSERT_TRUE(peer().says("open 0 extensions")) << peer().all();
}

TEST_P(clients, answers_pings_between_fragments) {
  caller both;
  both.messages = {{opcode::binary, noise(100'000)}, {opcode::text, text_of(100'000)}};
  client<caller, time_limit> c{to("/fragments"), both, {}};
  EXPECT_FALSE(run(c)) << c.last_detail() << peer().all();
  EXPECT_EQ(c.get<caller>().returned, 2u);
  ASSERT_TRUE(peer().says("ponged", 12)) << peer().all();
}

TEST_P(clients, chooses_a_subprotocol) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"v9", "v2"}, "v2"}, {{"v9"}, ""}, {{}, ""}};
  for (const auto& [offered, chosen] : cases) {
    options o = to("/echo");
    o.subprotocols = offered;
    client<caller, time_limit> c{o, caller{}, {}};
    EXPECT_FALSE(run(c)) << c.last_detail();
    EXPECT_EQ(c.get<caller>().subprotocol, chosen);
  }
}

// Closes at once; or, without a code, waits for the other side to do so.
struct closer : adapter<closer, on::open, on::drop> {
  std::optional<close_code> code = {};
  std::string reason = {};
  error_code dropped = {};
  link_end by = {};
  bool clean = false;
  close_code got = close_code::abnormal;
  std::string got_reason = {};
  void on_open(context& c, const open_info&) {
    if (code) c.close(*code, reason);
  }
  void on_drop(context&, const drop_info& d) {
    dropped = d.error;
    by = d.by;
    clean = d.clean;
    got = d.code;
    got_reason = d.reason;
  }
};

TEST_P(clients, closes_with_every_code) {
  std::string longest = text_of(123);  // A control frame has 125 bytes, the code takes two (5.5.1).
  for (const int code : wire_codes) {
    const std::string reason = code == 4999 ? longest : "because " + std::to_string(code);
    closer first;
    first.code = static_cast<close_code>(code);
    first.reason = reason;
    client<closer, time_limit> c{to("/echo"), first, {}};
    run(c);
    ASSERT_TRUE(peer().says("closed " + std::to_string(code) + " " + reason)) << peer().all();
    const closer& said = c.get<closer>();
    EXPECT_EQ(static_cast<int>(said.got), code) << "the answer carries our code";
    EXPECT_EQ(said.by, link_end::ours);
    EXPECT_TRUE(said.clean);
  }
  closer silent;
  silent.code = close_code::no_status;
  client<closer, time_limit> c{to("/echo"), silent, {}};
  run(c);
  ASSERT_TRUE(peer().says("closed 1005")) << peer().all();
  EXPECT_EQ(c.get<closer>().got, close_code::no_status);
}

errc meaning_of(int code) {
  if (code == 1008) return errc::unauthorized;
  return code == 1012 || code == 1013 ? errc::unavailable : errc::closed;
}

TEST_P(clients, is_closed_with_every_code) {
  for (const int code : wire_codes) {
    const std::string number = std::to_string(code);
    client<closer, time_limit> c{to("/close/" + number + "/as-asked"), closer{}, {}};
    const error_code ended = run(c);
    const closer& said = c.get<closer>();
    EXPECT_EQ(static_cast<int>(said.got), code);
    EXPECT_EQ(said.got_reason, "as-asked");
    EXPECT_EQ(said.by, link_end::peers);
    EXPECT_TRUE(said.clean);
    EXPECT_EQ(said.dropped, meaning_of(code)) << code;
    // A clean close that nobody wants to follow is no error.
    EXPECT_EQ(ended, code == 1000 ? error_code{} : meaning_of(code)) << code;
    ASSERT_TRUE(peer().says("closed " + number)) << peer().all();
  }
}

// python3-websockets always sends a code.
using client_of_node = ClientTest;

TEST_P(client_of_node, is_closed_without_a_code) {
  client<closer, time_limit> c{to("/close/1005"), closer{}, {}};
  EXPECT_FALSE(run(c)) << "an orderly end, as 1000 is";
  EXPECT_EQ(c.get<closer>().got, close_code::no_status);
  ASSERT_TRUE(peer().says("closed 1005")) << peer().all();
}

TEST_P(clients, closes_with1009_above_its_limit) {
  client<closer, time_limit> c{to("/big/" + std::to_string(sizes[6] + 1)), closer{}, {}};
  EXPECT_EQ(run(c), framing_errc::message_too_big);
  // Through a proxy too: it must not see the end of our stream before it has sent our Close on.
  ASSERT_TRUE(peer().says("closed 1009 message above the limit")) << peer().all();
}

// Counts the answers to its pings, then closes.
struct patient : adapter<patient, on::frame> {
  int wanted = 3;
  int pongs = 0;
  void on_frame(context& c, const frame_info& f) {
    if (!f.outbound && f.op == opcode::pong && ++pongs == wanted) c.close();
  }
};

TEST_P(clients, has_its_pings_answered) {
  using namespace std::chrono_literals;
  client<patient, time_limit, heartbeat> c{
      to("/echo"), {}, {}, heartbeat({.idle = 20ms, .pong = 10s})};
  EXPECT_FALSE(run(c)) << c.last_detail();
  EXPECT_EQ(c.get<patient>().pongs, 3);
  EXPECT_TRUE(c.get<heartbeat>().round_trip());
  if (GetParam().peer == speaker::node) {
    ASSERT_TRUE(peer().says("pinged", 3)) << peer().all();
  }
}

const std::vector<between> ways = {between::nothing, between::nginx, between::haproxy};
INSTANTIATE_TEST_SUITE_P(peers, clients, routes({speaker::python, speaker::node}, ways),
                         test_name<route>);
INSTANTIATE_TEST_SUITE_P(peers, client_of_node, routes({speaker::node}, ways), test_name<route>);

}  // namespace client_test
}  // namespace hawser::test

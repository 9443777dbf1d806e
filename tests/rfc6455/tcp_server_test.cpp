// What a server does with its TCP connection: sections 4.2, 5.5.1, 6.1, 7.1 and 7.2.
#include "link_fixtures.hpp"

namespace hawser::rfc6455 {
namespace tcp_server_test {

using namespace std::chrono_literals;
using enum peer;
constexpr side server = side::server;

const std::string bye = test::close_payload(1000, "bye");

struct door_case {
  case_of what;
  edit change;  // of the request
  std::string_view answer;
  std::string_view name = "Connection";
  std::string_view value = "close";
};

// An answer of HTTP; if it refuses, the end of the stream behind it.
void play_door(const door_case& c) {
  server_of s;
  tcp_peer p = tcp_peer::connect(s.port());
  p.say(write_head(good_request(), c.change));
  const std::string head = p.head();
  EXPECT_EQ(line_of(head, ""), c.answer);
  EXPECT_EQ(line_of(head, c.name), c.value);
  if (c.value == "Upgrade") {
    EXPECT_EQ(p.frame().payload, "hello");
    return;
  }
  std::string body;
  EXPECT_TRUE(p.ends(&body)) << "the connection is kept";
  EXPECT_EQ(line_of(head, "Content-Length"), std::to_string(body.size()));
  EXPECT_EQ(s.end().opened, 0);
}

constexpr std::string_view welcome = "HTTP/1.1 101 Switching Protocols";
constexpr std::string_view bad_request = "HTTP/1.1 400 Bad Request";

const table<door_case> doors{
    "TcpServer",
    "Doors",
    play_door,
    {
        {{"4.2.2/origin", keeps, server, "a good one"},
         {"-", {"Origin: http://example.net"}},
         welcome,
         "Connection",
         "Upgrade"},
        {{"4.2.2/origin", breaks, server, "one that is not wanted"},
         {"-", {"Origin: http://evil.example"}},
         "HTTP/1.1 401 Unauthorized"},
        {{"4.2.2/resource", keeps, server, "/chat"}, {}, welcome, "Connection", "Upgrade"},
        {{"4.2.2/resource", keeps, server, "an absolute address"},
         {"", {"GET http://example.net/chat HTTP/1.1"}},
         welcome,
         "Connection",
         "Upgrade"},
        {{"4.2.2/resource", breaks, server, "nothing there"},
         {"", {"GET /nothing HTTP/1.1"}},
         bad_request},
        {{"4.2.2/version", breaks, server, "what would be accepted"},
         {"Version", {"Sec-WebSocket-Version: 25"}},
         "HTTP/1.1 426 Upgrade Required",
         "Sec-WebSocket-Version",
         "13"},
        {{"4.4/versions-listed", breaks, server, "what would be accepted"},
         {"Version", {"Sec-WebSocket-Version: 12"}},
         "HTTP/1.1 426 Upgrade Required",
         "Sec-WebSocket-Version",
         "13"},
        {{"4.2.1/error-status", breaks, server, "no key"}, {"Key", {}}, bad_request},
        {{"4.2.1/error-status", breaks, server, "no HTTP"}, {"", {"\x01\x02\x03"}}, bad_request},
        {{"7.2.2/server-aborts", keeps, server, "a good request"},
         {},
         welcome,
         "Connection",
         "Upgrade"},
        {{"7.2.2/server-aborts", breaks, server, "a bad one"}, {"Upgrade", {}}, bad_request},
        {{"9.1/malformed-fails", breaks, server, "at once"},
         {"-", {"Sec-WebSocket-Extensions: a b"}},
         bad_request},
    }};

// A client that ends nothing: the server does, in its time.
void tcp_ends_after_both_closes(side) {
  server_of s;
  tcp_peer p = open_link(s);
  p.say(masked({.op = 8, .payload = bye}));
  EXPECT_EQ(p.frame().payload, test::close_payload(1000));
  EXPECT_TRUE(p.ends()) << "the server waits for the client";
}
void our_close_is_answered(side) {
  server_of s;
  tcp_peer p = open_link(s);
  p.say(masked({.payload = "close"}));
  EXPECT_EQ(p.frame().payload, test::close_payload(1000, "as asked"));
  p.say(masked({.op = 8, .payload = test::close_payload(1000)}));
  EXPECT_TRUE(p.ends()) << "the server waits for the client";
}
void our_close_is_never_answered(side) {
  server_of s({.close = 100ms});
  tcp_peer p = open_link(s);
  p.say(masked({.payload = "close"}));
  EXPECT_EQ(p.frame().payload, test::close_payload(1000, "as asked"));
  EXPECT_TRUE(p.ends()) << "the server waits for ever";
}
void data_behind_a_close(side) {
  server_of s;
  tcp_peer p = open_link(s);
  p.say(test::encode(masked({.op = 8, .payload = bye})) +
        test::encode(masked({.payload = "unread"})));
  EXPECT_EQ(p.frame().op, 8u);
  p.say(masked({.payload = "unread"}));
  EXPECT_TRUE(p.ends());
  p.close();
  EXPECT_TRUE(s.end().messages.empty());
}

void a_violation_closes_tcp(side) {
  server_of s;
  tcp_peer p = open_link(s);
  p.say({.payload = "not masked"});
  const wire_frame f = p.frame();
  EXPECT_EQ(f.op, 8u);
  EXPECT_EQ(f.payload.substr(0, 2), test::close_payload(1002));
  EXPECT_TRUE(p.ends()) << "the connection is kept";
}
void nothing_is_read_after_a_violation(side) {
  server_of s;
  tcp_peer p = open_link(s);
  p.say(test::encode(masked({.payload = "first"})) + test::encode({.payload = "not masked"}) +
        test::encode(masked({.payload = "unread"})));
  EXPECT_EQ(p.frame().op, 8u);
  p.say(masked({.payload = "unread"}));
  p.say(masked({.op = 8, .payload = bye}));
  EXPECT_TRUE(p.ends());
  p.close();
  const seen& n = s.end();
  EXPECT_EQ(n.messages, std::vector<std::string>{"first"});
  ASSERT_EQ(n.drops.size(), 1u);
  EXPECT_EQ(n.drops[0].code, close_code::abnormal) << "the late Close was read";
}
void no_violation_keeps_tcp(side) {
  server_of s;
  tcp_peer p = open_link(s);
  p.say(masked({.op = 9, .payload = "there?"}));
  EXPECT_EQ(p.frame().payload, "there?");
  p.say(masked({.op = 9, .payload = "still?"}));
  EXPECT_EQ(p.frame().payload, "still?");
}

const table<scene> scenes{
    "TcpServer",
    "Scenes",
    play_scene,
    {
        {{"5.5.1/tcp-closed", keeps, server, "the client's Close"}, tcp_ends_after_both_closes},
        {{"5.5.1/tcp-closed", keeps, server, "ours"}, our_close_is_answered},
        {{"5.5.1/tcp-closed", breaks, server, "no answer to ours"}, our_close_is_never_answered},
        {{"5.5.1/server-closes-at-once", keeps, server, "the client waits"},
         tcp_ends_after_both_closes},
        {{"5.5.1/server-closes-at-once", breaks, server, "the client goes on"},
         data_behind_a_close},
        {{"7.1.7/server-closes", keeps, server, "no violation"}, no_violation_keeps_tcp},
        {{"7.1.7/server-closes", breaks, server, "the peer keeps its side"},
         a_violation_closes_tcp},
        {{"7.1.7/reads-no-more", breaks, server, "on the network"},
         nothing_is_read_after_a_violation},
        {{"6.1/transmitted", keeps, server, "a message arrives"}, no_violation_keeps_tcp},
    }};

}  // namespace tcp_server_test
}  // namespace hawser::rfc6455

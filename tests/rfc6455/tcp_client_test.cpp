// What a client does with its TCP connection: sections 4.1, 5.5.1, 6.1, 7.1 and 7.2.
#include "link_fixtures.hpp"

namespace hawser::rfc6455 {
namespace tcp_client_test {

using namespace std::chrono_literals;
using enum peer;
constexpr side client = side::client;

const std::string bye = test::close_payload(1000, "bye");

void it_opens(side) {
  tcp_listener listener;
  client_of c(listener.url());
  tcp_peer p = open_link(listener);
  p.say({.op = 8, .payload = bye});
  EXPECT_EQ(p.frame().op, 8u);
  p.close();
  EXPECT_FALSE(c.end());
  EXPECT_EQ(c.notes().opened, 1);
}
void nobody_answers_the_handshake(side) {
  tcp_listener listener;
  client_of c(listener.url());
  tcp_peer p = listener.accept();
  EXPECT_EQ(line_of(p.head(), ""), "GET /chat HTTP/1.1");
  p.close();
  EXPECT_EQ(c.end(), errc::dropped);
  EXPECT_EQ(c.notes().opened, 0);
}
void nobody_listens(side) {
  tcp_listener listener;
  const std::string url = listener.url();
  listener.close();
  client_of c(url);
  EXPECT_EQ(c.end(), condition::transient);
  EXPECT_EQ(c.notes().opened, 0);
}
void a_bad_address_is_not_dialed(side) {
  for (const char* url : {"ws://127.0.0.1:1/a#b", "ws://127.0.0.1:1/a b", "http://127.0.0.1:1/"}) {
    client_of c(url);
    EXPECT_EQ(c.end(), errc::invalid_url) << url;
    EXPECT_EQ(c.attempts(), 0u) << url;
  }
}

// The head of the request is all that comes until the answer does.
void waits_for_the_answer(side) {
  tcp_listener listener;
  client_of c(listener.url());
  tcp_peer p = listener.accept();
  const std::string request = p.head();
  EXPECT_EQ(p.unread(), "");
  p.say(answer_to(request));
  EXPECT_EQ(p.frame().payload, "hello");
  p.close();
  EXPECT_EQ(c.end(), errc::dropped);
}
// Frames in place of an answer lure nothing out of it.
void frames_before_the_answer(side) {
  tcp_listener listener;
  client_of c(listener.url());
  tcp_peer p = listener.accept();
  p.head();
  p.say(wire_frame{.op = 9, .payload = "answer me"});
  p.say("\r\n\r\n");
  p.half_close();
  std::string rest;
  EXPECT_TRUE(p.ends(&rest));
  EXPECT_EQ(rest, "");
  EXPECT_EQ(c.end(), errc::upgrade_malformed);
  EXPECT_EQ(c.notes().opened, 0);
}
void a_refusal_closes_tcp(side) {
  tcp_listener listener;
  client_of c(listener.url());
  tcp_peer p = listener.accept();
  p.head();
  p.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n");
  std::string rest;
  EXPECT_TRUE(p.ends(&rest)) << "the connection is kept";
  EXPECT_EQ(rest, "");
  EXPECT_EQ(c.end(), errc::upgrade_malformed);
}

// The server ends TCP first; the client ends it then, or after its deadline.
void tcp_ends_after_both_closes(side) {
  tcp_listener listener;
  client_of c(listener.url());
  tcp_peer p = open_link(listener);
  p.say({.op = 8, .payload = bye});
  EXPECT_EQ(p.frame().op, 8u);
  p.half_close();
  EXPECT_TRUE(p.ends());
  EXPECT_FALSE(c.end());
}
void a_server_that_never_ends_tcp(side) {
  tcp_listener listener;
  client_of c(listener.url(), {.close = 100ms});
  tcp_peer p = open_link(listener);
  p.say({.op = 8, .payload = bye});
  EXPECT_EQ(p.frame().op, 8u);
  EXPECT_TRUE(p.ends()) << "the client waits for ever";
  EXPECT_FALSE(c.end());
}
void our_close_is_never_answered(side) {
  tcp_listener listener;
  client_of c(listener.url(), {.close = 100ms});
  tcp_peer p = open_link(listener);
  p.say({.payload = "close"});
  EXPECT_EQ(p.frame().payload, test::close_payload(1000, "as asked"));
  EXPECT_TRUE(p.ends()) << "the client waits for ever";
  EXPECT_EQ(c.end(), errc::close_timeout);
}

void a_violation_closes_tcp(side) {
  tcp_listener listener;
  client_of c(listener.url(), {.close = 100ms});
  tcp_peer p = open_link(listener);
  p.say({.payload = "x", .rsv = 4});
  const wire_frame f = p.frame();
  EXPECT_EQ(f.op, 8u);
  EXPECT_EQ(f.payload.substr(0, 2), test::close_payload(1002));
  EXPECT_TRUE(p.ends()) << "the connection is kept";
  EXPECT_EQ(c.end(), framing_errc::reserved_bits);
}
void nothing_is_read_after_a_violation(side) {
  tcp_listener listener;
  client_of c(listener.url());
  tcp_peer p = open_link(listener);
  p.say(test::encode({.payload = "first"}) + test::encode({.op = 0, .payload = "stray"}) +
        test::encode({.payload = "unread"}));
  EXPECT_EQ(p.frame().op, 8u);
  p.say({.payload = "unread"});
  p.say({.op = 8, .payload = bye});
  p.half_close();
  EXPECT_TRUE(p.ends());
  EXPECT_EQ(c.end(), framing_errc::stray_continuation);
  EXPECT_EQ(c.notes().messages, std::vector<std::string>{"first"});
  ASSERT_EQ(c.notes().drops.size(), 1u);
  EXPECT_EQ(c.notes().drops[0].code, close_code::abnormal) << "the late Close was read";
}
void no_violation_keeps_tcp(side) {
  tcp_listener listener;
  client_of c(listener.url());
  tcp_peer p = open_link(listener);
  p.say({.op = 9, .payload = "there?"});
  EXPECT_EQ(p.frame().payload, "there?");
  p.say({.op = 8, .payload = bye});
  EXPECT_EQ(p.frame().op, 8u);
  p.close();
  EXPECT_FALSE(c.end());
}
void tcp_is_lost(side) {
  tcp_listener listener;
  client_of c(listener.url());
  open_link(listener).close();
  EXPECT_EQ(c.end(), errc::dropped);
  ASSERT_EQ(c.notes().drops.size(), 1u);
  EXPECT_EQ(c.notes().drops[0].code, close_code::abnormal);
}

const table<scene> scenes{
    "TcpClient",
    "Scenes",
    play_scene,
    {
        {{"4.1/connects", keeps, client, "a link opens"}, it_opens},
        {{"4.1/connects", breaks, client, "no answer"}, nobody_answers_the_handshake},
        {{"4.1/connect-failure", keeps, client, "somebody listens"}, it_opens},
        {{"4.1/connect-failure", breaks, client, "nobody listens"}, nobody_listens},
        {{"4.1/uri-valid", breaks, client, "nothing is dialed"}, a_bad_address_is_not_dialed},
        {{"4.1/wait-for-answer", keeps, client, "a late answer"}, waits_for_the_answer},
        {{"4.1/wait-for-answer", breaks, client, "frames instead"}, frames_before_the_answer},
        {{"7.2.1/client-fails", keeps, client, "a good answer"}, it_opens},
        {{"7.2.1/client-fails", breaks, client, "TCP is closed"}, a_refusal_closes_tcp},
        {{"7.2.1/transport-lost", keeps, client, "until the end"}, it_opens},
        {{"7.2.1/transport-lost", breaks, client, "no Close frame"}, tcp_is_lost},
        {{"5.5.1/tcp-closed", keeps, client, "the server ends first"}, tcp_ends_after_both_closes},
        {{"5.5.1/tcp-closed", breaks, client, "the server never does"},
         a_server_that_never_ends_tcp},
        {{"7.1.2/start", breaks, client, "a Close without an answer"}, our_close_is_never_answered},
        {{"7.1.7/client-closes", keeps, client, "no violation"}, no_violation_keeps_tcp},
        {{"7.1.7/client-closes", breaks, client, "the peer keeps its side"},
         a_violation_closes_tcp},
        {{"7.1.7/reads-no-more", breaks, client, "on the network"},
         nothing_is_read_after_a_violation},
        {{"6.1/transmitted", keeps, client, "a message arrives"}, it_opens},
    }};

}  // namespace tcp_client_test
}  // namespace hawser::rfc6455

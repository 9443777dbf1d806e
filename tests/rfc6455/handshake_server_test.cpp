// Sections 4.2 to 4.4: what a server reads, and what it answers.
#include "handshake_cases.hpp"

namespace hawser::rfc6455 {
namespace handshake_server_test {

using enum peer;
constexpr side server = side::server;

struct request_case {
  case_of what;
  edit change;
  int status = 400;
};

// The status that it is answered with; 0: none, the request is not whole.
int status_of(io::server_upgrade& u, const std::string& wire, std::size_t size) {
  int status = 0;
  feed_in_pieces(wire, size, [&](bytes_view b) {
    const auto v = u.feed(b);
    if (v == io::server_upgrade::verdict::ready) status = 101;
    if (v == io::server_upgrade::verdict::malformed) status = u.status();
    return status != 0;
  });
  return status;
}

void play_request(const request_case& c) {
  const std::string wire = write_head(good_request(), c.change);
  for (const std::size_t size : {wire.size(), std::size_t{1}}) {
    io::server_upgrade u({});
    EXPECT_EQ(status_of(u, wire, size), c.status) << u.detail();
  }
}

const table<request_case> good_requests{
    "HandshakeServer",
    "Good",
    play_request,
    {
        {{"4.2.1/get", keeps, server}, {}, 101},
        {{"4.2.1/http-version", keeps, server}, {}, 101},
        {{"4.2.1/request-uri", keeps, server, "query"}, {"", {"GET /?a=b HTTP/1.1"}}, 101},
        {{"4.2.1/request-uri", keeps, server, "an absolute one"},
         {"", {"GET http://example.net/chat HTTP/1.1"}},
         101},
        {{"4.2.1/host", keeps, server, "with a port"}, {"Host", {"host: example.net:81"}}, 101},
        {{"4.2.1/host", keeps, server, "IPv6"}, {"Host", {"Host: [::1]:81"}}, 101},
        {{"4.2.1/upgrade", keeps, server, "in capitals"}, {"Upgrade", {"Upgrade: WebSocket"}}, 101},
        {{"4.2.1/upgrade", keeps, server, "one of two"},
         {"Upgrade", {"Upgrade: h2c", "Upgrade: websocket"}},
         101},
        {{"4.2.1/connection", keeps, server, "one of two"},
         {"Connection", {"Connection: keep-alive, upgrade"}},
         101},
        {{"4.2.1/connection", keeps, server, "on a second line"},
         {"Connection", {"Connection: keep-alive", "Connection: Upgrade"}},
         101},
        {{"4.2.1/key", keeps, server, "blanks around it"},
         {"Key", {"Sec-WebSocket-Key:  AQIDBAUGBwgJCgsMDQ4PEC== "}},
         101},
        {{"11.3.1/key-once", keeps, server}, {}, 101},
        {{"4.2.1/version", keeps, server}, {}, 101},
        {{"11.3.5/version-once", keeps, server}, {}, 101},
        {{"4.2.1/subprotocols", keeps, server, "two"},
         {"-", {"Sec-WebSocket-Protocol: chat, superchat"}},
         101},
        {{"4.2.1/subprotocols", keeps, server, "empty elements besides"},
         {"-", {"Sec-WebSocket-Protocol: ,chat, ,superchat,"}},
         101},
        {{"4.2.1/extensions", keeps, server, "with parameters"},
         {"-", {"Sec-WebSocket-Extensions: a; b; c=10, d;e=\"f\"", "Sec-WebSocket-Extensions: g"}},
         101},
        {{"4.3/quoted-token", keeps, server, "quoted and escaped"},
         {"-", {"Sec-WebSocket-Extensions: a; b=\"c\\d\""}},
         101},
        {{"9.1/malformed-fails", keeps, server, "a list"},
         {"-", {"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"}},
         101},
        {{"4.2.1/error-status", keeps, server, "nothing is refused that is good"},
         {"-", {"Origin: http://example.net", "Cookie: a=b", "X-Unknown: y"}},
         101},
    }};

// Each is broken by a client, and refused by a server: two requirements, one case.
struct broken {
  std::vector<std::string_view> requirements;
  std::string_view name;
  edit change;
  int status = 400;
};
const std::string key(sample_key);
const std::vector<broken> broken_requests{
    {{"4.1/get", "4.2.1/get"}, "POST", {"", {"POST /chat HTTP/1.1"}}},
    {{"4.1/get", "4.2.1/get"}, "in small letters", {"", {"get /chat HTTP/1.1"}}},
    {{"4.1/http-version", "4.2.1/http-version"}, "1.0", {"", {"GET /chat HTTP/1.0"}}},
    {{"4.1/http-valid", "4.2.1/error-status"}, "no HTTP", {"", {"hello"}}},
    {{"4.1/http-valid", "4.2.1/error-status"}, "a header without a colon", {"-", {"nothing"}}},
    {{"4.1/request-uri", "4.2.1/request-uri"}, "*", {"", {"GET * HTTP/1.1"}}},
    {{"4.1/request-uri", "4.2.1/request-uri"}, "no slash", {"", {"GET chat HTTP/1.1"}}},
    {{"4.1/request-uri", "4.2.1/request-uri"}, "a scheme alone", {"", {"GET http HTTP/1.1"}}},
    {{"4.1/request-uri", "4.2.1/request-uri"}, "no authority", {"", {"GET http:///a HTTP/1.1"}}},
    {{"4.1/request-uri", "4.2.1/request-uri"}, "a scheme", {"", {"GET ftp://h/a HTTP/1.1"}}},
    {{"4.1/request-uri", "4.2.1/request-uri"}, "a fragment", {"", {"GET /a#b HTTP/1.1"}}},
    {{"4.1/host", "4.2.1/host"}, "missing", {"Host", {}}},
    {{"4.1/host", "4.2.1/host"}, "empty", {"Host", {"Host:"}}},
    {{"4.1/host", "4.2.1/host"}, "twice", {"Host", {"Host: a", "Host: b"}}},
    {{"4.1/host", "4.2.1/host"}, "no authority", {"Host", {"Host: http://a/"}}},
    {{"4.1/upgrade", "4.2.1/upgrade"}, "missing", {"Upgrade", {}}},
    {{"4.1/upgrade", "4.2.1/upgrade"}, "another", {"Upgrade", {"Upgrade: h2c"}}},
    {{"4.1/connection", "4.2.1/connection"}, "missing", {"Connection", {}}},
    {{"4.1/connection", "4.2.1/connection"}, "another", {"Connection", {"Connection: close"}}},
    {{"4.1/key", "4.2.1/key"}, "missing", {"Key", {}}},
    {{"4.1/key", "4.2.1/key"}, "empty", {"Key", {"Sec-WebSocket-Key:"}}},
    {{"4.1/key-16-octets", "4.2.1/key"},
     "15 octets",
     {"Key", {"Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4P"}}},
    {{"4.1/key-16-octets", "4.2.1/key"},
     "17 octets",
     {"Key", {"Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEBE="}}},
    {{"4.1/key-16-octets", "4.2.1/key"},
     "no padding",
     {"Key", {"Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC"}}},
    {{"4.1/key-16-octets", "4.2.1/key"},
     "padding in the middle",
     {"Key", {"Sec-WebSocket-Key: AQID=AUGBwgJCgsMDQ4PEC=="}}},
    {{"4.1/key-16-octets", "4.2.1/key"},
     "no base64",
     {"Key", {"Sec-WebSocket-Key: AQID-AUG_wgJCgsMDQ4PEC=="}}},
    {{"11.3.1/key-once", "4.2.1/key"},
     "twice",
     {"Key", {"Sec-WebSocket-Key: " + key, "Sec-WebSocket-Key: " + key}}},
    {{"4.1/version", "4.2.1/version"}, "missing", {"Version", {}}, 426},
    {{"4.1/version-13", "4.2.1/version", "4.2.2/version", "4.4/versions-listed"},
     "8",
     {"Version", {"Sec-WebSocket-Version: 8"}},
     426},
    {{"4.1/version-13", "4.2.1/version", "4.2.2/version"},
     "a leading zero",
     {"Version", {"Sec-WebSocket-Version: 013"}},
     426},
    {{"4.1/version-13", "4.2.1/version"},
     "two",
     {"Version", {"Sec-WebSocket-Version: 13, 8"}},
     426},
    {{"11.3.5/version-once", "4.2.1/version"},
     "twice",
     {"Version", {"Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13"}},
     426},
    {{"4.1/subprotocol-tokens", "4.2.1/subprotocols"}, "empty", {"-", {"Sec-WebSocket-Protocol:"}}},
    {{"4.1/subprotocol-tokens", "4.2.1/subprotocols"},
     "a blank inside",
     {"-", {"Sec-WebSocket-Protocol: chat, super chat"}}},
    {{"4.1/subprotocol-tokens", "4.2.1/subprotocols"},
     "a separator inside",
     {"-", {"Sec-WebSocket-Protocol: chat/1"}}},
    {{"4.2.1/extensions", "9.1/malformed-fails"}, "empty", {"-", {"Sec-WebSocket-Extensions:"}}},
    {{"4.2.1/extensions", "9.1/malformed-fails"},
     "a parameter of nothing",
     {"-", {"Sec-WebSocket-Extensions: ; a=b"}}},
    {{"4.2.1/extensions", "9.1/malformed-fails"},
     "no value",
     {"-", {"Sec-WebSocket-Extensions: a; b="}}},
    {{"4.2.1/extensions", "9.1/malformed-fails"},
     "no parameter",
     {"-", {"Sec-WebSocket-Extensions: a;"}}},
    {{"4.2.1/extensions", "9.1/malformed-fails"},
     "no comma",
     {"-", {"Sec-WebSocket-Extensions: a b"}}},
    {{"4.2.1/extensions", "9.1/malformed-fails"},
     "the second line",
     {"-", {"Sec-WebSocket-Extensions: a", "Sec-WebSocket-Extensions: (b)"}}},
    {{"4.3/quoted-token"}, "a blank inside", {"-", {"Sec-WebSocket-Extensions: a; b=\"c d\""}}},
    {{"4.3/quoted-token"}, "nothing inside", {"-", {"Sec-WebSocket-Extensions: a; b=\"\""}}},
    {{"4.3/quoted-token"}, "no end", {"-", {"Sec-WebSocket-Extensions: a; b=\"c"}}},
    {{"4.3/quoted-token"}, "an escape at the end", {"-", {"Sec-WebSocket-Extensions: a; b=\"c\\"}}},
};

std::vector<request_case> bad_requests() {
  std::vector<request_case> rows;
  for (const broken& b : broken_requests) {
    for (const auto id : b.requirements) {
      rows.push_back({{id, breaks, server, b.name}, b.change, b.status});
    }
  }
  return rows;
}
const table<request_case> bad_cases{"HandshakeServer", "Bad", play_request, bad_requests()};

// --- the answer ---------------------------------------------------------------------------------

struct answer_case {
  case_of what;
  edit change;         // of the request
  std::string chosen;  // by the application
  std::string_view name;
  std::string_view value;
};

void play_answer(const answer_case& c) {
  io::server_upgrade u({});
  ASSERT_EQ(status_of(u, write_head(good_request(), c.change), 4096), 101) << u.detail();
  u.request().subprotocol = c.chosen;
  EXPECT_EQ(line_of(u.accept(), c.name), c.value);
}

const edit offers_chats{"-", {"Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: super"}};
const edit offers_extensions{"-", {"Sec-WebSocket-Extensions: permessage-deflate"}};

const table<answer_case> answers{
    "HandshakeServer",
    "Answers",
    play_answer,
    {
        {{"4.2.2/answer-101", keeps, server}, {}, "", "", "HTTP/1.1 101 Switching Protocols"},
        {{"4.2.2/answer-upgrade", keeps, server}, {}, "", "Upgrade", "websocket"},
        {{"4.2.2/answer-connection", keeps, server}, {}, "", "Connection", "Upgrade"},
        {{"4.2.2/answer-accept", keeps, server, "the sample of 1.3"},
         {},
         "",
         "Sec-WebSocket-Accept",
         sample_accept},
        {{"11.3.3/accept-once", keeps, server}, {}, "", "Sec-WebSocket-Accept", sample_accept},
        {{"11.3.3/accept-once", breaks, server, "a client that sends one is answered with one"},
         {"-", {"Sec-WebSocket-Accept: x"}},
         "",
         "Sec-WebSocket-Accept",
         sample_accept},
        {{"4.2.2/subprotocol-offered", keeps, server, "on the second line"},
         offers_chats,
         "super",
         "Sec-WebSocket-Protocol",
         "super"},
        {{"11.3.4/subprotocol-once", keeps, server},
         offers_chats,
         "chat",
         "Sec-WebSocket-Protocol",
         "chat"},
        {{"11.3.4/subprotocol-once", breaks, server, "a client that offers it twice"},
         {"-", {"Sec-WebSocket-Protocol: chat, chat"}},
         "chat",
         "Sec-WebSocket-Protocol",
         "chat"},
        {{"4.2.2/subprotocol-offered", breaks, server, "the application chooses another"},
         offers_chats,
         "mqtt",
         "Sec-WebSocket-Protocol",
         ""},
        {{"4.2.2/subprotocol-none", keeps, server, "nothing is chosen"},
         offers_chats,
         "",
         "Sec-WebSocket-Protocol",
         ""},
        {{"4.2.2/subprotocol-none", breaks, server, "nothing is offered, something chosen"},
         {},
         "chat",
         "Sec-WebSocket-Protocol",
         ""},
        {{"4.2.2/extensions-offered", keeps, server},
         offers_extensions,
         "",
         "Sec-WebSocket-Extensions",
         ""},
        {{"9/only-requested", keeps, server}, {}, "", "Sec-WebSocket-Extensions", ""},
        {{"11.3.2/extensions-once", keeps, server},
         offers_extensions,
         "",
         "Sec-WebSocket-Extensions",
         ""},
        {{"11.3.2/extensions-once", breaks, server, "a client that asks twice"},
         {"-", {"Sec-WebSocket-Extensions: a", "Sec-WebSocket-Extensions: b"}},
         "",
         "Sec-WebSocket-Extensions",
         ""},
    }};

struct refusal_case {
  case_of what;
  int status;
  std::string_view name;
  std::string_view value;
};
void play_refusal(const refusal_case& c) {
  EXPECT_EQ(line_of(io::server_upgrade::refuse(c.status, "why"), c.name), c.value);
}
const table<refusal_case> refusals{
    "HandshakeServer",
    "Refusals",
    play_refusal,
    {
        {{"4.2.2/version", keeps, server}, 426, "Sec-WebSocket-Version", "13"},
        {{"4.4/versions-listed", keeps, server}, 426, "Sec-WebSocket-Version", "13"},
        {{"4.2.2/version", breaks, server, "the status"}, 426, "", "HTTP/1.1 426 Upgrade Required"},
        {{"4.2.1/error-status", breaks, server}, 400, "", "HTTP/1.1 400 Bad Request"},
        {{"4.2.1/error-status", breaks, server, "its length"}, 400, "Content-Length", "4"},
    }};

}  // namespace handshake_server_test
}  // namespace hawser::rfc6455

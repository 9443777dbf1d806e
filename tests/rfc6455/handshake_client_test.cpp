// Sections 3 and 4.1: what a client is told to reach, what it asks for, and what it takes.
#include <hawser/core/text/url.hpp>
#include <hawser/io/environment.hpp>

#include "handshake_cases.hpp"
#include "support/words.hpp"

#include <set>

namespace hawser::rfc6455 {
namespace handshake_client_test {

using enum peer;
constexpr side client = side::client;

// --- addresses ----------------------------------------------------------------------------------

struct address_case {
  case_of what;
  std::string_view address;
  std::string_view target;  // empty: it is refused
};

void play_address(const address_case& c) {
  const auto u = parse_url(c.address);
  if (c.target.empty()) {
    ASSERT_FALSE(u) << c.address;
    EXPECT_EQ(u.error().code, errc::invalid_url);
  } else {
    ASSERT_EQ(words_of(u), "") << c.address;
    EXPECT_EQ(u->target, c.target);
  }
}

const table<address_case> addresses{
    "HandshakeClient",
    "Addresses",
    play_address,
    {
        {{"3/no-fragment", keeps, client, "none"}, "ws://h/a?b", "/a?b"},
        {{"3/no-fragment", breaks, client, "behind the path"}, "ws://h/a#b", ""},
        {{"3/no-fragment", breaks, client, "an empty one"}, "ws://h/a#", ""},
        {{"3/hash-escaped", keeps, client, "in path and query"}, "ws://h/%23?%23", "/%23?%23"},
        {{"3/hash-escaped", breaks, client, "in the query"}, "ws://h/a?b#c", ""},
        {{"4.1/uri-valid", keeps, client, "all parts"}, "ws://h:8080/a/b?c=d", "/a/b?c=d"},
        {{"4.1/uri-valid", keeps, client, "an IPv6 address"}, "ws://[::1]:8080", "/"},
        {{"4.1/uri-valid", keeps, client, "secure, in capitals"}, "WSS://h/", "/"},
        {{"4.1/uri-valid", breaks, client, "another scheme"}, "http://h/", ""},
        {{"4.1/uri-valid", breaks, client, "no host"}, "ws:///a", ""},
        {{"4.1/uri-valid", breaks, client, "a host with quotes"}, "ws://a\"b/", ""},
        {{"4.1/uri-valid", breaks, client, "a host with a bracket"}, "ws://a[b/", ""},
        {{"4.1/uri-valid", breaks, client, "a port that is none"}, "ws://h:http/", ""},
        {{"4.1/uri-valid", breaks, client, "a port too high"}, "ws://h:65536/", ""},
        {{"4.1/uri-valid", breaks, client, "a path with a space"}, "ws://h/a b", ""},
        {{"4.1/uri-valid", breaks, client, "a path with a brace"}, "ws://h/{a}", ""},
        {{"4.1/uri-valid", breaks, client, "half an escape"}, "ws://h/%2", ""},
        {{"4.1/uri-valid", breaks, client, "an escape that is none"}, "ws://h/%zz", ""},
        {{"11.1/unicode-host", keeps, client, "punycode"}, "ws://xn--bcher-kva.example/", "/"},
        {{"11.1/unicode-host", breaks, client, "UTF-8"},
         "ws://b\xC3\xBC"
         "cher.example/",
         ""},
        {{"11.1/unicode-path", keeps, client, "escaped"},
         "ws://h/b%C3%BC?%C3%BC",
         "/b%C3%BC?%C3%BC"},
        {{"11.1/unicode-path", breaks, client, "UTF-8"}, "ws://h/b\xC3\xBC", ""},
    }};

// --- the request --------------------------------------------------------------------------------

struct request_case {
  case_of what;
  std::string_view address;
  std::vector<std::string> subprotocols;
  std::string_view name;   // of the header; empty: the first line
  std::string_view value;  // that it has, and only once
};

std::string request_for(std::string_view address, const std::vector<std::string>& subprotocols) {
  const auto u = parse_url(address);
  EXPECT_EQ(words_of(u), "");
  handshake h;
  h.target = u->target;
  h.subprotocols = subprotocols;
  h.headers = {{"X-Other", "yes"}};
  return io::client_upgrade(u->authority(), h, {}, std::string(sample_key)).request();
}

void play_request(const request_case& c) {
  EXPECT_EQ(line_of(request_for(c.address, c.subprotocols), c.name), c.value);
}

const table<request_case> requests{
    "HandshakeClient",
    "Requests",
    play_request,
    {
        {{"4.1/get", keeps, client}, "ws://h", {}, "", "GET / HTTP/1.1"},
        {{"4.1/http-version", keeps, client}, "ws://h", {}, "", "GET / HTTP/1.1"},
        {{"4.1/http-valid", keeps, client}, "ws://h", {}, "X-Other", "yes"},
        {{"4.1/request-uri", keeps, client, "path"}, "ws://h/a/b", {}, "", "GET /a/b HTTP/1.1"},
        {{"4.1/request-uri", keeps, client, "query"}, "ws://h?a=b", {}, "", "GET /?a=b HTTP/1.1"},
        {{"4.1/host", keeps, client, "default port"}, "ws://h:80/", {}, "Host", "h"},
        {{"4.1/host", keeps, client, "another port"}, "ws://h:81/", {}, "Host", "h:81"},
        {{"4.1/host", keeps, client, "IPv6"}, "ws://[::1]:81/", {}, "Host", "[::1]:81"},
        {{"4.1/upgrade", keeps, client}, "ws://h", {}, "Upgrade", "websocket"},
        {{"4.1/connection", keeps, client}, "ws://h", {}, "Connection", "Upgrade"},
        {{"4.1/key", keeps, client}, "ws://h", {}, "Sec-WebSocket-Key", sample_key},
        {{"11.3.1/key-once", keeps, client}, "ws://h", {}, "Sec-WebSocket-Key", sample_key},
        {{"4.1/version", keeps, client}, "ws://h", {}, "Sec-WebSocket-Version", "13"},
        {{"4.1/version-13", keeps, client}, "ws://h", {}, "Sec-WebSocket-Version", "13"},
        {{"11.3.5/version-once", keeps, client}, "ws://h", {}, "Sec-WebSocket-Version", "13"},
        {{"4.1/subprotocol-tokens", keeps, client, "none"},
         "ws://h",
         {},
         "Sec-WebSocket-Protocol",
         ""},
        {{"4.1/subprotocol-tokens", keeps, client, "two, best first"},
         "ws://h",
         {"b.2", "a"},
         "Sec-WebSocket-Protocol",
         "b.2, a"},
        {{"9.1/malformed-fails", keeps, client, "no extension is offered"},
         "ws://h",
         {},
         "Sec-WebSocket-Extensions",
         ""},
    }};

void keys_are_16_octets(side) {
  for (int i = 0; i < 100; ++i) {
    const std::string key = io::make_websocket_key(*io::environment::system());
    ASSERT_EQ(key.size(), 24u);
    EXPECT_EQ(key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789+/"),
              22u);
    EXPECT_EQ(key.substr(22), "==");
    EXPECT_NE(std::string("AQgw").find(key[21]), std::string::npos) << "more than 16 octets";
  }
}
void keys_differ(side) {
  std::set<std::string> keys;
  for (int i = 0; i < 1000; ++i) keys.insert(io::make_websocket_key(*io::environment::system()));
  EXPECT_EQ(keys.size(), 1000u);
}
// A server that replays what it once answered to another connection.
void a_replayed_answer_fails(side) {
  io::client_upgrade u("h", {}, {}, io::make_websocket_key(*io::environment::system()));
  ASSERT_TRUE(u.feed(as_bytes(write_head(good_answer(), {}))));
  EXPECT_EQ(u.outcome().error, errc::upgrade_malformed);
}
void check_subprotocols(const std::vector<std::string>& offered, bool good) {
  handshake h;
  h.target = "/";
  h.subprotocols = offered;
  EXPECT_EQ(words_of(validate(h)).empty(), good) << words_of(validate(h));
}
const table<scene> request_scenes{
    "HandshakeClient",
    "RequestScenes",
    play_scene,
    {
        {{"4.1/key-16-octets", keeps, client, "a hundred"}, keys_are_16_octets},
        {{"4.1/key-fresh", keeps, client, "a thousand"}, keys_differ},
        {{"4.1/key-fresh", breaks, client, "a replayed answer"}, a_replayed_answer_fails},
        {{"4.1/subprotocol-tokens", breaks, client, "refused before they are sent"},
         [](side) {
           for (const char* bad : {"", "a b", "a,b", "a\"", "a/b", "\xC3\xA4"}) {
             check_subprotocols({bad}, false);
           }
         }},
        {{"4.1/subprotocols-distinct", keeps, client, "two that differ, or are refused"},
         [](side) {
           check_subprotocols({"a", "b"}, true);
           check_subprotocols({"a", "b", "a"}, false);
         }},
    }};

// --- the answer ---------------------------------------------------------------------------------

struct answer_case {
  case_of what;
  edit change;
  errc error{};  // none: the link opens
  int status = 101;
};

void play_answer(const answer_case& c) {
  const std::string wire = write_head(good_answer(), c.change);
  for (const std::size_t size : {wire.size() + 10, std::size_t{1}}) {
    handshake h;
    h.subprotocols = {"chat", "superchat"};
    io::client_upgrade u("h", h, {}, std::string(sample_key));
    bool decided = false;
    feed_in_pieces(wire + "\x81\x01", size, [&](bytes_view b) { return decided = u.feed(b); });
    // A refusal may have a body of any length: it ends with the stream.
    if (!decided) u.give_up(errc::dropped);
    EXPECT_TRUE(decided || c.status > 101);
    if (c.error == errc{}) {
      EXPECT_FALSE(u.outcome().error) << u.outcome().detail;
    } else {
      EXPECT_EQ(u.outcome().error, c.error) << u.outcome().detail;
    }
    EXPECT_EQ(u.outcome().status, c.status);
  }
}

constexpr errc bad = errc::upgrade_malformed;

const table<answer_case> answers{
    "HandshakeClient",
    "Answers",
    play_answer,
    {
        {{"4.1/answer-validated", keeps, client, "the least"}, {}},
        {{"4.1/answer-validated", keeps, client, "names and words in any case"},
         {"Upgrade", {"UPGRADE: WebSocket"}}},
        {{"4.1/answer-validated", keeps, client, "other headers"},
         {"-", {"Server: x", "Set-Cookie: a=b"}}},
        {{"4.1/answer-validated", breaks, client, "no HTTP"}, {"", {"SSH-2.0-OpenSSH"}}, bad, 0},
        {{"4.1/answer-validated", breaks, client, "a header without a colon"},
         {"-", {"no colon"}},
         bad},
        {{"4.1/answer-validated", breaks, client, "a blank before the colon"},
         {"-", {"X-Other : x"}},
         bad},
        {{"4.1/answer-validated", breaks, client, "a control character in a value"},
         {"-", {"X-Other: a\x01"}},
         bad},
        {{"4.1/answer-validated", keeps, client, "a folded line"}, {"-", {"X-Other: a", "\tb"}}},
        {{"4.1/answer-validated", breaks, client, "a folded line of nothing"},
         {"Upgrade", {" a", "Upgrade: websocket"}},
         bad},
        {{"4.1/answer-status", keeps, client, "101, no reason"}, {"", {"HTTP/1.1 101 "}}},
        {{"4.1/answer-status", keeps, client, "101, no space"}, {"", {"HTTP/1.1 101"}}},
        {{"4.1/answer-status", keeps, client, "101, any reason"}, {"", {"HTTP/1.1 101 \xff 200"}}},
        {{"4.1/answer-status", breaks, client, "304"},
         {"", {"HTTP/1.1 304"}},
         errc::upgrade_refused,
         304},
        {{"4.1/answer-status", breaks, client, "200"},
         {"", {"HTTP/1.1 200 OK"}},
         errc::upgrade_refused,
         200},
        {{"4.1/answer-status", breaks, client, "301"},
         {"", {"HTTP/1.1 301 Moved"}},
         errc::upgrade_refused,
         301},
        {{"4.1/answer-status", breaks, client, "401"},
         {"", {"HTTP/1.1 401 Unauthorized"}},
         errc::unauthorized,
         401},
        {{"4.1/answer-status", breaks, client, "503"},
         {"", {"HTTP/1.1 503 Busy"}},
         errc::unavailable,
         503},
        {{"7.2.1/client-fails", breaks, client, "404"},
         {"", {"HTTP/1.1 404 Not Found"}},
         errc::upgrade_refused,
         404},
        {{"4.1/answer-upgrade", keeps, client, "in capitals"}, {"Upgrade", {"Upgrade: WEBSOCKET"}}},
        {{"4.1/answer-upgrade", breaks, client, "missing"}, {"Upgrade", {}}, bad},
        {{"4.1/answer-upgrade", breaks, client, "another"}, {"Upgrade", {"Upgrade: h2c"}}, bad},
        {{"4.1/answer-upgrade", breaks, client, "another besides"},
         {"Upgrade", {"Upgrade: h2c, websocket"}},
         bad},
        {{"4.1/answer-upgrade", breaks, client, "longer"},
         {"Upgrade", {"Upgrade: websockets"}},
         bad},
        {{"4.2.2/answer-upgrade", breaks, client, "missing"}, {"Upgrade", {}}, bad},
        {{"4.1/answer-connection", keeps, client, "one of several"},
         {"Connection", {"Connection: keep-alive, UPGRADE"}}},
        {{"4.1/answer-connection", keeps, client, "on two lines"},
         {"Connection", {"Connection: keep-alive", "Connection: Upgrade"}}},
        {{"4.1/answer-connection", breaks, client, "missing"}, {"Connection", {}}, bad},
        {{"4.1/answer-connection", breaks, client, "another"},
         {"Connection", {"Connection: close"}},
         bad},
        {{"4.1/answer-connection", breaks, client, "a part of a word"},
         {"Connection", {"Connection: Upgrade-Insecure"}},
         bad},
        {{"4.2.2/answer-connection", breaks, client, "missing"}, {"Connection", {}}, bad},
        {{"4.1/answer-accept", keeps, client, "blanks around it"},
         {"Accept", {"Sec-WebSocket-Accept: \t " + std::string(sample_accept) + " \t"}}},
        {{"4.1/answer-accept", breaks, client, "missing"}, {"Accept", {}}, bad},
        {{"4.1/answer-accept", breaks, client, "the key itself"},
         {"Accept", {"Sec-WebSocket-Accept: " + std::string(sample_key)}},
         bad},
        {{"4.1/answer-accept", breaks, client, "another case"},
         {"Accept", {"Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo="}},
         bad},
        {{"4.1/answer-accept", breaks, client, "empty"},
         {"Accept", {"Sec-WebSocket-Accept:"}},
         bad},
        {{"4.2.2/answer-accept", breaks, client, "of another key"},
         {"Accept", {"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA="}},
         bad},
        {{"11.3.3/accept-once", breaks, client, "twice"},
         {"Accept",
          {"Sec-WebSocket-Accept: " + std::string(sample_accept),
           "Sec-WebSocket-Accept: " + std::string(sample_accept)}},
         bad},
        {{"11.3.3/accept-once", keeps, client, "once"}, {}},
        {{"4.1/answer-extension", keeps, client, "none"}, {}},
        {{"4.1/answer-extension", breaks, client, "not offered"},
         {"-", {"Sec-WebSocket-Extensions: permessage-deflate"}},
         bad},
        {{"4.2.2/extensions-offered", breaks, client, "not offered"},
         {"-", {"Sec-WebSocket-Extensions: x-mux; a=b"}},
         bad},
        {{"9/only-requested", breaks, client, "not asked for"},
         {"-", {"Sec-WebSocket-Extensions: permessage-deflate"}},
         bad},
        {{"9.1/malformed-fails", breaks, client, "no list"},
         {"-", {"Sec-WebSocket-Extensions: ;;=,"}},
         bad},
        {{"9.1/malformed-fails", breaks, client, "empty"},
         {"-", {"Sec-WebSocket-Extensions:"}},
         bad},
        {{"11.3.2/extensions-once", keeps, client, "none"}, {}},
        {{"11.3.2/extensions-once", breaks, client, "twice"},
         {"-", {"Sec-WebSocket-Extensions: a", "Sec-WebSocket-Extensions: b"}},
         bad},
        {{"4.1/answer-subprotocol", keeps, client, "none"}, {}},
        {{"4.1/answer-subprotocol", keeps, client, "the second one"},
         {"-", {"Sec-WebSocket-Protocol: superchat"}}},
        {{"4.1/answer-subprotocol", breaks, client, "not offered"},
         {"-", {"Sec-WebSocket-Protocol: mqtt"}},
         bad},
        {{"4.1/answer-subprotocol", breaks, client, "in another case"},
         {"-", {"Sec-WebSocket-Protocol: Chat"}},
         bad},
        {{"4.1/answer-subprotocol", breaks, client, "both"},
         {"-", {"Sec-WebSocket-Protocol: chat, superchat"}},
         bad},
        {{"4.1/answer-subprotocol", breaks, client, "empty"},
         {"-", {"Sec-WebSocket-Protocol:"}},
         bad},
        {{"4.2.2/subprotocol-offered", breaks, client, "not offered"},
         {"-", {"Sec-WebSocket-Protocol: mqtt"}},
         bad},
        {{"4.2.2/subprotocol-none", breaks, client, "an empty one for none"},
         {"-", {"Sec-WebSocket-Protocol:"}},
         bad},
        {{"11.3.4/subprotocol-once", keeps, client, "once"},
         {"-", {"Sec-WebSocket-Protocol: chat"}}},
        {{"11.3.4/subprotocol-once", breaks, client, "twice"},
         {"-", {"Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"}},
         bad},
        {{"4.1/answer-conforms", keeps, client, "HTTP/1.1"}, {}},
        {{"4.1/answer-conforms", keeps, client, "HTTP/1.2"}, {"", {"HTTP/1.2 101 x"}}},
        {{"4.1/answer-conforms", breaks, client, "HTTP/2.0"}, {"", {"HTTP/2.0 101 x"}}, bad},
        {{"4.1/answer-conforms", breaks, client, "HTTP/1.0"},
         {"", {"HTTP/1.0 101 Switching Protocols"}},
         bad},
        {{"4.2.2/answer-101", breaks, client, "HTTP/1.0"},
         {"", {"HTTP/1.0 101 Switching Protocols"}},
         bad},
    }};

}  // namespace handshake_client_test
}  // namespace hawser::rfc6455

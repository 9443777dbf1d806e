// Section 4.1: what the user's headers may say in the request, and what they may not.
#include <hawser/options.hpp>

#include "handshake_cases.hpp"
#include "support/words.hpp"

namespace hawser::rfc6455 {
namespace request_headers_test {

using enum peer;
constexpr side client = side::client;

std::string request_with(std::vector<header> headers) {
  handshake h;
  h.target = "/";
  h.headers = std::move(headers);
  EXPECT_EQ(words_of(validate(h)), "");
  return io::client_upgrade("h:81", h, {}, std::string(sample_key)).request();
}

// The handshake's own headers are nobody's to set: what they would say twice is refused, and not
// left out in silence.
void own_headers_are_refused(side) {
  for (const std::string name : {"Upgrade",
                                 "UPGRADE",
                                 "Connection",
                                 "connection",
                                 "Sec-WebSocket-Key",
                                 "sec-websocket-key",
                                 "Sec-WebSocket-Version",
                                 "Sec-WebSocket-Protocol",
                                 "Sec-WebSocket-Extensions",
                                 "Sec-WebSocket-Accept",
                                 "SEC-WEBSOCKET-X",
                                 "sec-websocket-",
                                 "Content-Length",
                                 "content-LENGTH",
                                 "Transfer-Encoding",
                                 "transfer-encoding",
                                 "TE",
                                 "te",
                                 "Trailer",
                                 "TRAILER"}) {
    handshake h;
    h.target = "/";
    h.headers = {{"X-Other", "yes"}, {name, "x"}};
    const auto r = validate(h);
    ASSERT_FALSE(r) << name;
    EXPECT_EQ(r.error().code, errc::invalid_option);
    EXPECT_EQ(words_of(r),
              "headers: '" + name + "' belongs to the handshake, which sets it itself");
  }
}
void a_given_host_takes_the_place_of_the_urls(side) {
  for (const std::string name : {"Host", "host", "HOST"}) {
    for (const std::string value :
         {"other", "other.example:8080", "[::1]", "[::1]:81", "10.0.0.1"}) {
      const std::string r = request_with({{"A", "b"}, {name, value}});
      EXPECT_EQ(r.substr(0, r.find("\r\nUpgrade")), "GET / HTTP/1.1\r\nHost: " + value);
      EXPECT_EQ(line_of(r, "A"), "b");
      EXPECT_EQ(line_of(r, "Host"), value) << "once";
    }
  }
}
void a_host_that_is_none_is_refused(side) {
  for (const std::string value : {"", " ", "a b", "h:65536", "h:0", "h:x", "h/", "h?a", "h#a",
                                  "u@h", "a,b", "::1", "[::1", "[fe80::1%25eth0]", "b\xC3\xBC"}) {
    handshake h;
    h.target = "/";
    h.headers = {{"host", value}};
    EXPECT_EQ(words_of(validate(h)), "headers: the value of 'Host' is no host[:port]") << value;
  }
  handshake h;
  h.target = "/";
  h.headers = {{"Host", "a"}, {"HOST", "a"}};
  EXPECT_EQ(words_of(validate(h)), "headers: 'Host' is given twice");
}
const table<scene> header_scenes{
    "HandshakeClient",
    "HeaderScenes",
    play_scene,
    {
        {{"4.1/http-valid", breaks, client, "a header of the handshake's"},
         own_headers_are_refused},
        {{"4.1/host", keeps, client, "one that is given"},
         a_given_host_takes_the_place_of_the_urls},
        {{"4.1/host", breaks, client, "none that can be one"}, a_host_that_is_none_is_refused},
    }};

}  // namespace request_headers_test
}  // namespace hawser::rfc6455

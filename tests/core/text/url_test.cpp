#include <hawser/core/text/url.hpp>

#include "support/words.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace url_test {

using hawser::errc;
using hawser::parse_url;
using hawser::url;

url good(std::string_view text) {
  const auto u = parse_url(text);
  EXPECT_EQ(words_of(u), "") << text;
  return u ? *u : url{};
}

std::string complaint_of(std::string_view text) {
  const auto u = parse_url(text);
  EXPECT_FALSE(u) << text;
  if (!u) {
    EXPECT_EQ(u.error().code, errc::invalid_url);
  }
  return words_of(u);
}

TEST(url, is_taken_apart) {
  const struct {
    std::string_view text;
    bool secure;
    std::string_view host;
    unsigned port;
    std::string_view target;
    std::string_view authority;
  } cases[] = {
      {"ws://example.net", false, "example.net", 80, "/", "example.net"},
      {"wss://example.net", true, "example.net", 443, "/", "example.net"},
      {"WSS://Example.net/", true, "Example.net", 443, "/", "Example.net"},
      {"ws://h:1/a/b?c=d", false, "h", 1, "/a/b?c=d", "h:1"},
      {"ws://h?c=d/e", false, "h", 80, "/?c=d/e", "h"},
      {"ws://h:65535", false, "h", 65535, "/", "h:65535"},
      {"ws://h:80", false, "h", 80, "/", "h"},
      {"wss://h:80", true, "h", 80, "/", "h:80"},
      {"wss://h:443", true, "h", 443, "/", "h"},
      {"ws://[::1]", false, "::1", 80, "/", "[::1]"},
      {"ws://[2001:db8::1]:9/x", false, "2001:db8::1", 9, "/x", "[2001:db8::1]:9"},
      {"ws://h/a@b:c//~!$&'()*+,;=?d/?@:", false, "h", 80, "/a@b:c//~!$&'()*+,;=?d/?@:", "h"},
      {"ws://h/%5b%5D%23", false, "h", 80, "/%5b%5D%23", "h"},
      {"ws://h:", false, "h", 80, "/", "h"},
      {"wss://h:/a", true, "h", 443, "/a", "h"},
      {"ws://h:?q", false, "h", 80, "/?q", "h"},
      {"ws://[::1]:", false, "::1", 80, "/", "[::1]"},
      {"wss://[::1]:/", true, "::1", 443, "/", "[::1]"},
      {"ws://h:0080", false, "h", 80, "/", "h"},
      {"ws://[::]:1", false, "::", 1, "/", "[::]:1"},
      {"ws://[::ffff:192.0.2.1]", false, "::ffff:192.0.2.1", 80, "/", "[::ffff:192.0.2.1]"},
      {"ws://[1:2:3:4:5:6:7::]", false, "1:2:3:4:5:6:7::", 80, "/", "[1:2:3:4:5:6:7::]"},
      {"ws://[1:2:3:4:5:6:7:8]", false, "1:2:3:4:5:6:7:8", 80, "/", "[1:2:3:4:5:6:7:8]"},
      {"ws://xn--bcher-kva.example", false, "xn--bcher-kva.example", 80, "/",
       "xn--bcher-kva.example"},
  };
  for (const auto& c : cases) {
    const url u = good(c.text);
    EXPECT_EQ(u.secure, c.secure) << c.text;
    EXPECT_EQ(u.host, c.host);
    EXPECT_EQ(u.port, c.port);
    EXPECT_EQ(u.target, c.target);
    EXPECT_EQ(u.authority(), c.authority);
  }
}

// RFC 6874, and the bare form that people type.
TEST(url, a_zone_is_for_the_resolver_only) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"wss://[fe80::1%25eth0]:9/", "eth0"},
      {"wss://[fe80::1%eth0]:9/", "eth0"},
      {"wss://[fe80::1%25eth0.100]:9", "eth0.100"},
      {"wss://[fe80::1%br-lan_1~]:9", "br-lan_1~"},
      {"wss://[fe80::1%253]:9", "3"},
      {"wss://[fe80::1%3]:9", "3"},
      {"wss://[fe80::1%2525]:9", "25"},
      {"wss://[fe80::1%25a%40b]:9", "a@b"},
      {"wss://[fe80::1%250123456789abcde]:9", "0123456789abcde"},
  };
  for (const auto& [text, zone] : cases) {
    const url u = good(text);
    EXPECT_EQ(u.host, "fe80::1") << text;
    EXPECT_EQ(u.zone, zone);
    EXPECT_EQ(u.node(), "fe80::1%" + std::string(zone));
    EXPECT_EQ(u.authority(), "[fe80::1]:9");
  }
  EXPECT_EQ(good("ws://[fe80::1]").node(), "fe80::1");
}

TEST(url, what_a_listener_says_of_itself_is_dialed_as_it_is) {
  using hawser::listening_url;
  const struct {
    std::string_view host;
    std::string_view said;
  } hosts[] = {{"0.0.0.0", "ws://0.0.0.0:7"},
               {"127.0.0.1", "ws://127.0.0.1:7"},
               {"::", "ws://[::]:7"},
               {"::1", "ws://[::1]:7"},
               {"fe80::1%eth0", "ws://[fe80::1%25eth0]:7"},
               {"fe80::1%25", "ws://[fe80::1%2525]:7"},
               {"fe80::1%a%b", "ws://[fe80::1%25a%25b]:7"}};
  for (const auto& h : hosts) {
    const std::string said = listening_url(false, h.host, 7);
    EXPECT_EQ(said, h.said);
    EXPECT_EQ(good(said).node(), h.host);
    EXPECT_EQ(good(said).port, 7u);
    EXPECT_TRUE(good(listening_url(true, h.host, 443)).secure);
  }
  for (const std::string_view path : {"/run/x.sock", "x", "./a b/\xC3\xA4#?"}) {
    const url u = good(listening_url(false, path));
    EXPECT_EQ(u.unix_socket, path);
    EXPECT_EQ(u.authority(), "localhost");
    EXPECT_EQ(u.target, "/");
    EXPECT_FALSE(u.secure);
    EXPECT_EQ(good("ws+unix:" + std::string(path)).unix_socket, path);
    const url s = good(listening_url(true, path));
    EXPECT_EQ(s.unix_socket, path);
    EXPECT_TRUE(s.secure);
    EXPECT_EQ(s.authority(), "localhost");
  }
}

void expect_complaints(const std::vector<std::pair<std::string_view, std::string_view>>& cases) {
  for (const auto& [text, why] : cases) {
    EXPECT_EQ(complaint_of(text), "url: " + std::string(why)) << text;
  }
}

TEST(url, what_is_in_brackets_is_an_address) {
  expect_complaints({
      {"ws://[::1", "an IPv6 address without ]"},
      {"ws://[::1]80", "something between ] and the port"},
      {"ws://[]", "brackets around no IPv6 address"},
      {"ws://[example.net]", "brackets around no IPv6 address"},
      {"ws://[::g]", "brackets around no IPv6 address"},
      {"ws://[:]", "brackets around no IPv6 address"},
      {"ws://[:::]", "brackets around no IPv6 address"},
      {"ws://[1::2::3]", "brackets around no IPv6 address"},
      {"ws://[1:]", "brackets around no IPv6 address"},
      {"ws://[:1]", "brackets around no IPv6 address"},
      {"ws://[1:2:3:4:5:6:7]", "brackets around no IPv6 address"},
      {"ws://[1:2:3:4:5:6:7:8:9]", "brackets around no IPv6 address"},
      {"ws://[1:2:3:4:5:6:7:8::]", "brackets around no IPv6 address"},
      {"ws://[::12345]", "brackets around no IPv6 address"},
      {"ws://[::1.2.3]", "brackets around no IPv6 address"},
      {"ws://[::1.2.3.256]", "brackets around no IPv6 address"},
      {"ws://[::1.2.3.04]", "brackets around no IPv6 address"},
      {"ws://[127.0.0.1]", "brackets around no IPv6 address"},
      {"ws://[v1.x]", "brackets around no IPv6 address"},
      {"ws://[h%25eth0]", "brackets around no IPv6 address"},
      {"ws://[%25eth0]", "brackets around no IPv6 address"},
      {"ws://[fe80::1%]", "a zone that is no interface's name or number"},
      {"ws://[fe80::1%25]", "a zone that is no interface's name or number"},
      {"ws://[fe80::1%25a%2fb]", "a zone that is no interface's name or number"},
      {"ws://[fe80::1%25a%3Ab]", "a zone that is no interface's name or number"},
      {"ws://[fe80::1%25a%20b]", "a zone that is no interface's name or number"},
      {"ws://[fe80::1%25a%00]", "a zone that is no interface's name or number"},
      {"ws://[fe80::1%25a%4]", "a zone that is no interface's name or number"},
      {"ws://[fe80::1%25a%]", "a zone that is no interface's name or number"},
      {"ws://[fe80::1%25..]", "a zone that is no interface's name or number"},
      {"ws://[fe80::1%25a[b]", "a zone that is no interface's name or number"},
      {"ws://[fe80::1%250123456789abcdef]", "a zone that is no interface's name or number"},
      {"ws://[::1]x:80", "something between ] and the port"},
  });
}

TEST(url, a_path_is_bounded) {
  const std::string long_path = "unix:" + std::string(108, 'p');
  for (const std::string& text : {std::string("unix:"), std::string("wss+unix:a\nb"), long_path}) {
    EXPECT_EQ(complaint_of(text),
              "url: unix: needs a path of 1 to 107 bytes, none a control character");
  }
}

TEST(url, a_refusal_says_why) {
  const std::string long_host = "ws://" + std::string(254, 'h');
  expect_complaints({
      {"", "must begin with ws:// or wss://"},
      {"example.net", "must begin with ws:// or wss://"},
      {"http://h", "must begin with ws:// or wss://"},
      {"ws:/h", "must begin with ws:// or wss://"},
      {"://h", "must begin with ws:// or wss://"},
      {"ws://h/#x", "must not have a fragment"},
      {"ws://h#", "must not have a fragment"},
      {"ws://user@h", "must not have user information"},
      {"ws://user:secret@h/", "must not have user information"},
      {"ws://", "no host"},
      {long_host, "a host of more than 253 characters"},
      {"ws:///path", "no host"},
      {"ws://:80", "no host"},
      {"ws://a\"b", "a character that must not be in a host"},
      {"ws://<h>/", "a character that must not be in a host"},
      {"ws://a[b", "a character that must not be in a host"},
      {"ws://a%2/", "a character that must not be in a host"},
      {"ws://h/[]", "a character in the path or query that must be percent-encoded"},
      {"ws://h/?a={b}", "a character in the path or query that must be percent-encoded"},
      {"ws://h/%", "a character in the path or query that must be percent-encoded"},
      {"ws://h/%4", "a character in the path or query that must be percent-encoded"},
      {"ws://h/%4g", "a character in the path or query that must be percent-encoded"},
      {"ws://h/\\", "a character in the path or query that must be percent-encoded"},
      {"ws://h:0", "the port must be 1 to 65535"},
      {"ws://h:65536", "the port must be 1 to 65535"},
      {"ws://h:99999999999", "the port must be 1 to 65535"},
      {"ws://h:8a", "the port must be 1 to 65535"},
      {"ws://h:-1", "the port must be 1 to 65535"},
      {"ws://h:+1", "the port must be 1 to 65535"},
      {"ws://::1", "no host"},
      {"ws://h /", "a byte that is not printable ASCII"},
      {"ws://h/\r\nX: y", "a byte that is not printable ASCII"},
      {"ws://h/\x7F", "a byte that is not printable ASCII"},
      {"ws://h\xC3\xA4", "a byte that is not printable ASCII"},
      {std::string_view("ws://h\0", 7), "a byte that is not printable ASCII"},
      {"ws://h%25eth0:x/", "the port must be 1 to 65535"},
  });
}

}  // namespace url_test

#include <hawser/core/url.hpp>

#include <gtest/gtest.h>

namespace {

using hawser::errc;
using hawser::parse_url;
using hawser::url;

url good(std::string_view text) {
  std::string complaint;
  const auto u = parse_url(text, complaint);
  EXPECT_TRUE(u) << text << ": " << complaint;
  return u ? *u : url{};
}

std::string complaint_of(std::string_view text) {
  std::string complaint;
  const auto u = parse_url(text, complaint);
  EXPECT_FALSE(u) << text;
  if (!u) {
    EXPECT_EQ(u.error(), errc::invalid_url);
  }
  return complaint;
}

TEST(Url, IsTakenApart) {
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

TEST(Url, ARefusalSaysWhy) {
  const std::string long_host = "ws://" + std::string(254, 'h');
  const std::pair<std::string_view, std::string_view> cases[] = {
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
      {"ws://[::1", "an IPv6 address without ]"},
      {"ws://[::1]80", "something between ] and the port"},
      {"ws://[]", "brackets around no IPv6 address"},
      {"ws://[example.net]", "brackets around no IPv6 address"},
      {"ws://[::1%eth0]", "brackets around no IPv6 address"},
      {"ws://[::g]", "brackets around no IPv6 address"},
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
      {"ws://h:", "the port must be 1 to 65535"},
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
  };
  for (const auto& [text, why] : cases) {
    EXPECT_EQ(complaint_of(text), "url: " + std::string(why)) << text;
  }
}

}  // namespace

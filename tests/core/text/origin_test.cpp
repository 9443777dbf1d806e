#include <hawser/core/text/origin.hpp>

#include <gtest/gtest.h>

namespace origin_test {

using hawser::is_same_host;
using hawser::origin;
using hawser::parse_origin;

TEST(origin, is_a_scheme_a_host_and_a_port) {
  const std::pair<std::string_view, origin> cases[] = {
      {"https://cloud.example", {"https", "cloud.example", 443}},
      {"HTTPS://Cloud.Example:443", {"https", "cloud.example", 443}},
      {"https://cloud.example:", {"https", "cloud.example", 443}},
      {"http://cloud.example", {"http", "cloud.example", 80}},
      {"http://cloud.example:8080", {"http", "cloud.example", 8080}},
      {"http://[::1]:9", {"http", "::1", 9}},
      {"http://192.0.2.1", {"http", "192.0.2.1", 80}},
      {"ws://h", {"ws", "h", 80}},
      {"wss://h", {"wss", "h", 443}},
      {"chrome-extension://abcdef", {"chrome-extension", "abcdef", 0}},
  };
  for (const auto& [text, expected] : cases) {
    const auto o = parse_origin(text);
    ASSERT_TRUE(o) << text;
    EXPECT_EQ(*o, expected) << text;
  }
}

TEST(origin, all_else_is_none) {
  for (const std::string_view text : {"",
                                      "null",
                                      "*",
                                      "cloud.example",
                                      "https://",
                                      "https:cloud.example",
                                      "://h",
                                      "1a://h",
                                      "h t://h",
                                      "https://h/",
                                      "https://h/path",
                                      "https://h?q",
                                      "https://u@h",
                                      "https://h:x",
                                      "https://h:65536",
                                      "https://a, https://b",
                                      "https://a https://b",
                                      "https://[::1",
                                      "https://[fe80::1%25eth0]",
                                      "https://\xC3\xA4.example"}) {
    EXPECT_FALSE(parse_origin(text)) << text;
  }
}

TEST(origin, the_port_that_is_left_out_is_that_of_the_origins_scheme) {
  const struct {
    std::string_view origin;
    std::string_view host;
    bool same;
  } cases[] = {
      {"https://h", "h", true},          {"https://h", "H:443", true},
      {"https://h:443", "h", true},      {"http://h", "h:80", true},
      {"http://h:9002", "h:9002", true}, {"http://[::1]:9", "[::1]:9", true},
      {"https://h", "h:80", false},      {"http://h", "h:443", false},
      {"http://h:9002", "h", false},     {"http://h", "h:9002", false},
      {"http://h", "g", false},          {"http://h", "h.example", false},
      {"http://h", "", false},           {"http://h", "h:x", false},
      {"http://h", "u@h", false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(is_same_host(parse_origin(c.origin).value(), c.host), c.same)
        << c.origin << " at " << c.host;
  }
}

}  // namespace origin_test

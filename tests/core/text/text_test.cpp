#include <hawser/core/text/text.hpp>

#include <gtest/gtest.h>

#include <string>

namespace text_test {

std::string escaped(std::string_view s) {
  std::string out = "before ";
  hawser::append_escaped(out, s);
  return out.substr(7);
}

TEST(plain_text, only_printable_ascii_enters_a_log_as_it_is) {
  EXPECT_EQ(escaped(""), "");
  EXPECT_EQ(escaped("it is 3 a.m. ~"), "it is 3 a.m. ~");
  EXPECT_EQ(escaped("a\nb\r\t\\"), "a\\x0ab\\x0d\\x09\\x5c");
  EXPECT_EQ(escaped(std::string_view("\0\x1b\x7f\xff", 4)), "\\x00\\x1b\\x7f\\xff");
}

std::string described(std::string_view s) { return hawser::describe_bytes(hawser::as_bytes(s)); }

TEST(plain_text, bytes_that_were_not_expected_are_shown_in_hex_and_as_text) {
  EXPECT_EQ(described(""), "\"\"");
  EXPECT_EQ(described("\x0f\xff~\n"), "0f ff 7e 0a \"..~.\"");
  const std::string first(32, 'x');
  std::string hex;
  for (int i = 0; i < 32; ++i) hex += "78 ";
  EXPECT_EQ(described(first), hex + '"' + first + '"');
  EXPECT_EQ(described(first + "more"), described(first));
}

TEST(plain_text, bytes_that_were_not_expected_may_look_like_something_else) {
  const auto like = [](std::string_view s) {
    const std::string all = described(s);
    return all.substr(all.rfind('"') + 1);
  };
  EXPECT_EQ(like("HTTP/1.1 500 Internal Server Error\r\n"), ", looks like HTTP/1.1 500");
  EXPECT_EQ(like("HTTP/1.1 500\r\n"), ", looks like HTTP/1.1 500");
  EXPECT_EQ(like("HTTP/1.1 5"), ", looks like HTTP/1.1 5");
  EXPECT_EQ(like("HTTP/1.1"), ", looks like HTTP/1.1");
  EXPECT_EQ(like("HTTP/"), ", looks like HTTP/");
  EXPECT_EQ(like("GET / HTTP/1.1\r\n"), ", looks like an HTTP request");
  EXPECT_EQ(like("\x15\x03\x03"), ", looks like TLS");
  EXPECT_EQ(like("\x16\x03\x01"), ", looks like TLS");
  EXPECT_EQ(like("HTTQ/1.1 500"), "");
  EXPECT_EQ(like("\x15"), "");
}

}  // namespace text_test

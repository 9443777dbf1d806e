#include <hawser/core/text.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

std::string escaped(std::string_view s) {
  std::string out = "before ";
  hawser::append_escaped(out, s);
  return out.substr(7);
}

TEST(Text, OnlyPrintableAsciiEntersALogAsItIs) {
  EXPECT_EQ(escaped(""), "");
  EXPECT_EQ(escaped("it is 3 a.m. ~"), "it is 3 a.m. ~");
  EXPECT_EQ(escaped("a\nb\r\t\\"), "a\\x0ab\\x0d\\x09\\x5c");
  EXPECT_EQ(escaped(std::string_view("\0\x1b\x7f\xff", 4)), "\\x00\\x1b\\x7f\\xff");
}

}  // namespace

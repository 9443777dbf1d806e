#include <hawser/core/text/json_writer.hpp>

#include <gtest/gtest.h>
#include <simdjson.h>

#include <limits>
#include <random>

namespace hawser {
namespace json_writer_test {

std::string quoted(std::string_view s) {
  std::string out;
  json_writer(out).text(s);
  return out;
}

TEST(json_writer, puts_commas_between_values) {
  std::string out;
  json_writer json(out);
  json.begin_object().key("a").begin_array().unsigned_int(1).signed_int(-2).begin_array();
  json.end_array().begin_object().end_object().null().end_array();
  json.key("b").boolean(true).key("c").raw("[3]").key("d").text("e").key("f").big(7).end_object();
  EXPECT_EQ(out, R"({"a":[1,-2,[],{},null],"b":true,"c":[3],"d":"e","f":"7"})");
}

TEST(json_writer, writes_the_extremes) {
  std::string out;
  json_writer json(out);
  json.begin_array()
      .signed_int(std::numeric_limits<std::int64_t>::min())
      .unsigned_int(std::numeric_limits<std::uint64_t>::max())
      .end_array();
  EXPECT_EQ(out, "[-9223372036854775808,18446744073709551615]");
}

TEST(json_writer, escapes) {
  EXPECT_EQ(quoted("\"\\/\b\f\n\r\t"), R"("\"\\/\b\f\n\r\t")");
  EXPECT_EQ(quoted(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
  EXPECT_EQ(quoted("\xc3\xa4\xf0\x9f\x9a\xa2"), "\"\xc3\xa4\xf0\x9f\x9a\xa2\"");
}

TEST(json_writer, replaces_what_is_not_utf8) {
  EXPECT_EQ(quoted("a\xff"), "\"a\xef\xbf\xbd\"");
  std::string out;
  json_writer(out).begin_object().key("\xff").null().end_object();
  EXPECT_EQ(out, "{\"\xef\xbf\xbd\":null}");
}

// One U+FFFD for each maximal part, as in Unicode 15, table 3-8 and its neighbors.
TEST(text, repairs_as_unicode_recommends) {
  const std::string r = "\xef\xbf\xbd";
  EXPECT_EQ(repair_utf8("whole \xe2\x82\xac"), "whole \xe2\x82\xac");
  EXPECT_EQ(repair_utf8("\xc0\xaf"), r + r);                      // overlong
  EXPECT_EQ(repair_utf8("\xed\xa0\x80"), r + r + r);              // surrogate
  EXPECT_EQ(repair_utf8("\xf4\x91\x92\x93"), r + r + r + r);      // above U+10FFFF
  EXPECT_EQ(repair_utf8("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"),  // cut short
            r + r + r + r + "A");
  EXPECT_EQ(repair_utf8("\xf0\x9f\x9a"), r);
  EXPECT_EQ(repair_utf8("\x80"), r);
}

TEST(json_writer, is_read_back_by_a_parser_whatever_the_text) {
  std::mt19937_64 random(4);
  simdjson::dom::parser parser;
  for (int round = 0; round < 3000; ++round) {
    std::string text(random() % 40, '\0');
    for (char& c : text) c = static_cast<char>(random() % 3 == 0 ? random() % 128 : random());
    const std::string fixed = repair_utf8(text);
    ASSERT_TRUE(valid_utf8(as_bytes(fixed)));
    if (valid_utf8(as_bytes(text))) {
      ASSERT_EQ(fixed, text);
    }
    std::string out;
    json_writer(out).begin_array().text(text).end_array();
    std::string_view back;
    ASSERT_EQ(parser.parse(out).at(0).get(back), simdjson::SUCCESS);
    ASSERT_EQ(back, fixed);
  }
}

}  // namespace json_writer_test
}  // namespace hawser

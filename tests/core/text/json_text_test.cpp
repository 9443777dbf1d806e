// JSON that is kept as text, held against simdjson.
#include <hawser/core/text/json_text.hpp>

#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>

namespace hawser {
namespace json_text_test {

json_fault fault_of(std::string_view text, std::size_t depth = json_max_depth) {
  json_fault fault{};
  const auto minified = minify_json(text, fault, depth);
  EXPECT_EQ(minified.has_value(), fault == json_fault::none) << text;
  return fault;
}
std::string minified(std::string_view text) {
  json_fault fault{};
  return minify_json(text, fault).value_or("(" + std::string(to_string(fault)) + ")");
}

TEST(json_text, only_white_space_between_tokens_goes) {
  EXPECT_EQ(minified(" \t\r\n1 "), "1");
  EXPECT_EQ(minified("{ \"a b\" : [ 1 , \"\\\" x\" , { } , [ ] ] , \"a b\" : null }"),
            R"({"a b":[1,"\" x",{},[]],"a b":null})");
  EXPECT_EQ(minified("[[ ], [[\n]]]"), "[[],[[]]]");
}

TEST(json_text, numbers_stay_byte_for_byte) {
  for (const char* text : {"0", "-0", "-0.0", "9007199254740993.0", "1e400", "1E+2", "1e-0099",
                           "123456789012345678901234567890", "0.000000000000000000000000000001"}) {
    EXPECT_EQ(minified(text), text);
    EXPECT_TRUE(is_json_number(text));
  }
  for (const char* text : {"", "-", "01", "+1", ".5", "1.", "1.e1", "1e", "1e+", "0x1", "1 ", " 1",
                           "NaN", "Infinity", "1_0", "--1", "1.2.3", "1e1e1"}) {
    EXPECT_FALSE(is_json_number(text)) << text;
  }
}

TEST(json_text, says_what_is_wrong) {
  for (const std::string text : {"",
                                 " ",
                                 "{",
                                 "}",
                                 "[",
                                 "]",
                                 "[1",
                                 "[1,",
                                 "[1,]",
                                 "[,1]",
                                 "[1 2]",
                                 "{\"a\"}",
                                 "{\"a\":}",
                                 "{\"a\":1,}",
                                 "{a:1}",
                                 "{1:1}",
                                 "{\"a\" 1}",
                                 "{,}",
                                 "[}",
                                 "{]",
                                 "[1}",
                                 "{\"a\":1]",
                                 "1 2",
                                 "[] []",
                                 "tru",
                                 "truex",
                                 "nul",
                                 "True",
                                 "'a'",
                                 "\"",
                                 "\"a",
                                 "\"\\\"",
                                 "\"\\x\"",
                                 "\"\\u12\"",
                                 "\"\\u12g4\"",
                                 "\"a\nb\"",
                                 "\"\t\"",
                                 "01",
                                 "-",
                                 "1.",
                                 "\xEF\xBB\xBF[]",
                                 "//",
                                 "[1/**/]"}) {
    EXPECT_EQ(fault_of(text), json_fault::malformed) << text;
  }
  EXPECT_EQ(fault_of(std::string_view("\"\0\"", 3)), json_fault::malformed);
  EXPECT_EQ(fault_of(std::string_view("1\0", 2)), json_fault::malformed);
  for (const char* text :
       {"\"\x80\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "\"\xE2\x82\"", "\xff"}) {
    EXPECT_EQ(fault_of(text), json_fault::not_utf8);
  }
  for (const char* text :
       {R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")", R"("\ud800\ud800")", R"("\udc00\ud800")",
        R"({"\uD83D":1})", R"("\ud83dx")", R"("\ud83d\n")"}) {
    EXPECT_EQ(fault_of(text), json_fault::surrogate) << text;
  }
  EXPECT_EQ(minified(R"("\uD83D\uDE00\u0000")"), R"("\uD83D\uDE00\u0000")");
  EXPECT_EQ(fault_of(R"("\ud800\u12")"), json_fault::malformed) << "worse than half a pair";
}

TEST(json_text, finds_a_member_of_an_object) {
  const auto found = [](std::string_view text) {
    return std::string(find_member(text, "c").value_or("none"));
  };
  EXPECT_EQ(found(R"({"c":1})"), "1");
  EXPECT_EQ(found(R"( { "a" : { "c" : 2 } , "c" : [ 1 , "}" ] , "d")"), R"([ 1 , "}" ])");
  EXPECT_EQ(found(R"({"c":1,"c":2})"), "1");
  for (const char* text :
       {"", "{}", "[\"c\",1]", R"({"a":1})", R"({"a":{"c":1}})", R"({"a":,"c":1})",
        R"({"a":1 "c":1})", R"({"c")", R"({"c":})", R"({"c":[1})", R"({"\u0063":1})"}) {
    EXPECT_EQ(found(text), "none") << text;
  }
}

TEST(json_text, nests_as_deep_as_it_is_told_without_the_threads_stack) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(fault_of(nested(3), 3), json_fault::none);
  EXPECT_EQ(fault_of(nested(4), 3), json_fault::too_deep);
  EXPECT_EQ(fault_of("1", 0), json_fault::none);
  EXPECT_EQ(fault_of(nested(1'000'000), 2'000'000), json_fault::none);
  EXPECT_EQ(fault_of(std::string(1'000'000, '[')), json_fault::too_deep);
}

enum class verdict { json, other, unknown };
// simdjson reads numbers as it stores them: where it has no room for one, it says nothing of the
// text.
verdict judged(const std::string& text) {
  simdjson::dom::parser parser;
  const auto error = parser.parse(text).error();
  if (error == simdjson::NUMBER_ERROR) return verdict::unknown;
  return error ? verdict::other : verdict::json;
}

// Anything, of the pieces that JSON is made of and some that it is not.
std::string any_text(std::mt19937_64& random) {
  static const std::string pieces[] = {"{",          "}",
                                       "[",          "]",
                                       ",",          ":",
                                       "\"",         "\\",
                                       "\"a\"",      "\"a\":",
                                       "1",          "-",
                                       "0",          ".",
                                       "e",          "+",
                                       "true",       "null",
                                       " ",          "\n",
                                       "\t",         "\\u",
                                       "d83d",       "de00",
                                       "\"\\n\"",    "\"\\ud83d\\ude00\"",
                                       "\xC3\xA9",   "\xff",
                                       "false",      "1.5",
                                       "2e3",        "[1,2]",
                                       "{\"b\":{}}", "x",
                                       "\r",         "\"\\u0041\""};
  std::string out;
  for (auto n = random() % 12 + 1; n > 0; --n) out += pieces[random() % std::size(pieces)];
  return out;
}

std::string any_json(std::mt19937_64& random, int depth = 0) {
  static const std::string scalars[] = {
      "0",    "-1.50", "12e-3", "\"a\\n\"",           "\"\xC3\xA9\"",
      "true", "false", "null",  "\"\\ud83d\\ude00\"", "\"\""};
  const auto space = [&] { return std::string(random() % 3, random() % 2 ? ' ' : '\n'); };
  const auto kind = random() % (depth > 4 ? 1 : 3);
  if (kind == 0) return space() + scalars[random() % std::size(scalars)] + space();
  std::string out = kind == 1 ? "[" : "{";
  for (auto n = random() % 4; n > 0; --n) {
    if (kind == 2) out += space() + scalars[3 + random() % 2] + space() + ":";
    out += any_json(random, depth + 1) + (n > 1 ? "," : space());
  }
  return space() + out + (kind == 1 ? "]" : "}") + space();
}

TEST(json_text, is_json_where_simdjson_says_so) {
  std::mt19937_64 random(14);
  int valid = 0;
  for (int i = 0; i < 40'000; ++i) {
    std::string text = i % 2 ? any_json(random) : any_text(random);
    if (i % 4 == 3) text[random() % text.size()] = static_cast<char>(random() % 128);
    json_fault fault{};
    const auto kept = minify_json(text, fault);
    const verdict v = judged(text);
    if (v == verdict::unknown) continue;
    ASSERT_EQ(kept.has_value(), v == verdict::json) << text;
    if (!kept) continue;
    ++valid;
    std::string expected(text.size(), '\0');
    std::size_t size = 0;
    ASSERT_FALSE(simdjson::minify(text.data(), text.size(), expected.data(), size));
    ASSERT_EQ(*kept, expected.substr(0, size));
    ASSERT_EQ(minified(*kept), *kept);
  }
  EXPECT_GT(valid, 10'000);
}

}  // namespace json_text_test
}  // namespace hawser

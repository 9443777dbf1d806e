// Events as JSON, as the world sends them: read exactly, or refused with what and where.
#include <hawser/edge/event_json.hpp>

#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace hawser {
namespace event_json_test {

using governor::decimal;
using governor::event;
using ::testing::HasSubstr;

class event_json : public ::testing::Test {
 protected:
  event read(const std::string& line) {
    auto e = reader.read(line);
    EXPECT_EQ(words_of(e), "") << line.substr(0, 200);
    return e ? *e : event{};
  }
  std::string refusal(const std::string& line) {
    const auto e = reader.read(line);
    EXPECT_FALSE(e) << line.substr(0, 200);
    if (!e) {
      EXPECT_EQ(e.error().code, errc::bad_event);
    }
    return words_of(e);
  }
  static std::string with(const std::string& more) {
    return R"({"governor":"quota","id":"t/api","event":"record_usage")" +
           (more.empty() ? "" : "," + more) + "}";
  }

  event_reader reader;
};

TEST_F(event_json, reads_every_field) {
  const event e = read(with(R"("key":"k1","metric":"a\u0062c","amount":-5,"rate":1.50,"big":1.5e3,)"
                            R"("on":true,"off":false,"context":{ "a" : [1, null] })"));
  EXPECT_EQ(e.governor, "quota");
  EXPECT_EQ(e.id, "t/api");
  EXPECT_EQ(e.name, "record_usage");
  EXPECT_EQ(e.key, "k1");
  EXPECT_EQ(e.context, R"({"a":[1,null]})");
  const governor::fields expected = {{"metric", "abc"},
                                     {"amount", std::int64_t{-5}},
                                     {"rate", decimal{150, -2}},
                                     {"big", decimal{15, 2}},
                                     {"on", true},
                                     {"off", false}};
  EXPECT_EQ(e.params, expected);
}

TEST_F(event_json, keeps_numbers_exact) {
  const auto value = [&](const std::string& text) {
    return read(with("\"n\":" + text)).params.at(0).second;
  };
  EXPECT_EQ(value("9223372036854775807"),
            governor::value(std::numeric_limits<std::int64_t>::max()));
  EXPECT_EQ(value("-9223372036854775808"),
            governor::value(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(value("0.1"), governor::value(decimal{1, -1}));
  EXPECT_EQ(value("1e2"), governor::value(decimal{1, 2}));
  EXPECT_EQ(value("1.0E-2"), governor::value(decimal{10, -3}));
  EXPECT_EQ(value("-0"), governor::value(std::int64_t{0}));
  EXPECT_EQ(value("1.0"), governor::value(decimal{10, -1}));
  EXPECT_EQ(value("1e3"), governor::value(decimal{1, 3}));
  EXPECT_EQ(value("1E+03"), governor::value(decimal{1, 3}));
  // What does not fit as it is written does without its zeros.
  EXPECT_EQ(value("1" + std::string(30, '0')), governor::value(decimal{1, 30}));
  EXPECT_EQ(value("1." + std::string(40, '0')), governor::value(decimal{1, 0}));
  EXPECT_EQ(value("-15" + std::string(150, '0') + "e-150"), governor::value(decimal{-15, 0}));
  EXPECT_EQ(value("0." + std::string(150, '0') + "7e151"), governor::value(decimal{7, 0}));
  EXPECT_EQ(value("0e99999999999999999999"), governor::value(decimal{}));
  EXPECT_EQ(value("-0.0"), governor::value(decimal{0, -1}));
}

TEST_F(event_json, every_refusal_says_what_and_where) {
  const std::pair<std::string, std::string> cases[] = {
      {"[]", "not a JSON object"},
      {"1", "not a JSON object"},
      {"\"x\"", "not a JSON object"},
      {"null", "not a JSON object"},
      {R"({})", "'governor' is missing"},
      {R"({"governor":"q"})", "'id' is missing"},
      {R"({"governor":"q","id":"a"})", "'event' is missing"},
      {with("") + with(""), "something follows the object"},
      {with(R"("event":"x")"), "'event' is given twice"},
      {with(R"("a":1,"a":1)"), "'a' is given twice"},
      {with(R"("a":1,"\u0061":1)"), "'a' is given twice"},
      {with(R"("key":"")"), "'key' must be text of 1 to 256 bytes without control characters"},
      {with(R"("key":1)"), "'key' must be text"},
      {with(R"("key":null)"), "'key' must be text"},
      {with(R"("key":"a\u0000b")"), "'key' must be text"},
      {with(R"("key":"a\nb")"), "'key' must be text"},
      {with("\"key\":\"" + std::string(257, 'k') + "\""), "'key' must be text"},
      {R"({"governor":"","id":"a","event":"e"})", "'governor' must be text"},
      {R"({"governor":"q","id":7,"event":"e"})", "'id' must be text"},
      {R"({"governor":"q","id":"a","event":["e"]})", "'event' must be text"},
      {with(R"("a":null)"), "'a' must be text, a number, true or false"},
      {with(R"("a":{})"), "'a' must be text, a number, true or false"},
      {with(R"("a":[1])"), "'a' must be text, a number, true or false"},
      {with(R"("a":9223372036854775808)"), "'a' is a number that 64 bits do not hold exactly"},
      {with(R"("a":9223372036854775808)"), "out of range"},
      {with(R"("a":1e101)"), "'a' is a number that 64 bits do not hold exactly: out of range"},
      {with(R"("a":1e400)"), "'a' is a number that 64 bits do not hold exactly: out of range"},
      {with(R"("a":-1e99999999999999999999)"), "out of range"},
      {with(R"("a":1e-99999999999999999999)"), "out of range"},
      {with(R"("a":0.12345678901234567890123)"),
       "'a' is a number that 64 bits do not hold exactly: too many digits"},
  };
  for (const auto& [line, why] : cases) EXPECT_THAT(refusal(line), HasSubstr(why)) << line;
}

TEST_F(event_json, a_mark_and_white_space_around_it_say_nothing) {
  const std::string mark = "\xEF\xBB\xBF";
  for (const std::string& line :
       {mark + with(""), with("") + "\r", " \t" + with("") + " \r", mark + " " + with("") + "\r"}) {
    EXPECT_EQ(read(line).name, "record_usage");
  }
  EXPECT_NE(refusal(mark + mark + with("")), "");
  EXPECT_NE(refusal(with("") + mark), "");
  for (const std::string& line :
       {std::string(), std::string("\r"), std::string(" \t \r"), mark, mark + "\r"}) {
    EXPECT_TRUE(event_reader::is_blank(line));
  }
  for (const std::string& line : {std::string("x"), std::string(1, '\0'), mark + mark}) {
    EXPECT_FALSE(event_reader::is_blank(line));
  }
}

TEST_F(event_json, a_context_is_kept_as_it_was_given) {
  for (const std::string text :
       {"9007199254740993.0", "1e400", "-0", "1E+2", "-0.0e-0", "123456789012345678901234567890",
        "\"a b\"", R"("\u0041\/\ud83d\ude00")", "null", "true", "[]", "{}",
        R"({"a":1,"a":1.0,"b":{"":[[]]}})"}) {
    EXPECT_EQ(read(with("\"context\":" + text)).context, text);
    EXPECT_EQ(read(with("\"context\": \t" + text + "\r ")).context, text);
  }
  EXPECT_EQ(read(with("\"context\":{ \"a b\" :\t[ 1 ,\r2.50 ] }")).context, R"({"a b":[1,2.50]})");
}

TEST_F(event_json, a_context_that_cannot_be_kept_costs_the_event_nothing) {
  const std::string deep = std::string(1025, '[') + std::string(1025, ']');
  for (const auto& [context, why] :
       {std::pair<std::string, std::string>{deep, "is nested too deep"},
        {R"("\ud800")", "has half of a surrogate pair"},
        {R"({"\udc00":1})", "has half of a surrogate pair"}}) {
    const event e = read(with("\"context\":" + context + ",\"amount\":1"));
    EXPECT_EQ(e.context, "");
    EXPECT_EQ(e.context_dropped, why);
    EXPECT_EQ(e.params.size(), 1U);
  }
}

TEST_F(event_json, a_context_that_makes_an_event_too_long_is_dropped_alone) {
  const std::string large(max_event_line - 1000, 'x');
  for (const std::string& context : {'"' + large + '"', "[\"" + large + "\",{\"context\":1}]"}) {
    const event e = read("\xEF\xBB\xBF" + with("\"a\":1,\"context\" : " + context + ",\"b\":2"));
    EXPECT_EQ(e.context, "");
    EXPECT_EQ(e.context_dropped, "makes the event longer than 65536 bytes");
    EXPECT_EQ(e.params.size(), 2U);
  }
  const std::string long_text(max_event_size, 'x');
  EXPECT_EQ(refusal(with("\"a\":\"" + long_text + "\",\"context\":1")), "longer than 65536 bytes");
  EXPECT_EQ(refusal(with("\"context\":[\"" + long_text + "\"")), "longer than 65536 bytes");
  EXPECT_EQ(refusal(with("\"context\":1,\"context\":\"" + long_text + "\"")),
            "longer than 65536 bytes");
  EXPECT_EQ(refusal(with("\"context\":\"" + long_text + "\",\"context\":1")),
            "'context' is given twice");
}

TEST_F(event_json, what_is_not_json_is_refused_with_a_reason) {
  for (const std::string& line : {with("") + "x", with("") + "]", std::string("{\0", 2)}) {
    EXPECT_NE(refusal(line), "") << line;
  }
  for (const std::string line : {"", " ", "{", "}", "{\"", "{\"governor\"", "{\"governor\":", "nul",
                                 "{,}", "\xEF\xBB\xBF"}) {
    EXPECT_NE(refusal(line), "") << line;
  }
  for (const std::string more : {R"("a":01)",
                                 R"("a":1.)",
                                 R"("a":.5)",
                                 R"("a":+1)",
                                 R"("a":1e)",
                                 R"("a":0x10)",
                                 R"("a":NaN)",
                                 R"("a":tru)",
                                 R"("a":truex)",
                                 R"("a":"\x")",
                                 R"("a":"\ud800")",
                                 R"("a":'b')",
                                 R"("a")",
                                 R"("a":)",
                                 R"(a:1)",
                                 R"("a":1,)",
                                 R"("a":1 "b":2)",
                                 R"("context":{)",
                                 R"("context":[1,})",
                                 R"("context":tru)",
                                 R"("context":01)",
                                 R"("context":{"a" 1})"}) {
    EXPECT_NE(refusal(with(more)), "") << more;
  }
}

TEST_F(event_json, text_that_is_not_utf8_is_refused) {
  for (const std::string bad :
       {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_NE(refusal(with("\"a\":\"" + bad + "\"")), "");
    EXPECT_NE(refusal(with("\"" + bad + "\":1")), "");
    EXPECT_NE(refusal(with("\"context\":\"" + bad + "\"")), "");
    EXPECT_NE(refusal(bad + with("")), "");
  }
  EXPECT_EQ(read(with("\"a\":\"\xE2\x82\xAC\"")).params.at(0).second,
            governor::value("\xE2\x82\xAC"));
}

TEST_F(event_json, bounds) {
  std::string fields;
  for (int i = 0; i < 61; ++i) fields += (i ? ",\"f" : "\"f") + std::to_string(i) + "\":1";
  EXPECT_EQ(read(with(fields)).params.size(), 61U);
  EXPECT_EQ(refusal(with(fields + ",\"more\":1")), "more than 64 fields");

  const auto sized = [&](std::size_t size) {
    std::string line = with(R"("a":"")");
    line.insert(line.size() - 2, size - line.size(), 'x');
    return line;
  };
  EXPECT_EQ(sized(max_event_size).size(), max_event_size);
  read(sized(max_event_size));
  EXPECT_EQ(refusal(sized(max_event_size + 1)), "longer than 65536 bytes");
}

TEST_F(event_json, deep_nesting_is_refused_or_kept_and_never_a_crash) {
  const auto nested = [](std::size_t depth) {
    return with("\"context\":" + std::string(depth, '[') + std::string(depth, ']'));
  };
  EXPECT_EQ(read(nested(100)).context.size(), 200U);
  EXPECT_NE(read(nested(30'000)).context_dropped, "");
  EXPECT_NE(refusal(with("\"context\":" + std::string(60'000, '['))), "");
  EXPECT_NE(refusal(std::string(30'000, '[') + std::string(30'000, ']')), "");
  EXPECT_NE(refusal(std::string(60'000, '{')), "");
}

// What an event says, for comparison.
std::string all_of(const event& e) {
  std::string out = e.governor + '\n' + e.id + '\n' + e.name + '\n' + e.key + '\n' + e.context;
  for (const auto& [name, v] : e.params) {
    out += '\n' + name + '=' + std::to_string(v.index()) + ':';
    if (const auto* i = std::get_if<std::int64_t>(&v)) out += std::to_string(*i);
    if (const auto* d = std::get_if<decimal>(&v)) {
      out += std::to_string(d->mantissa) + 'e' + std::to_string(d->exponent);
    }
    if (const auto* b = std::get_if<bool>(&v)) out += *b ? "true" : "false";
    if (const auto* s = std::get_if<std::string>(&v)) out += *s;
  }
  return out;
}

TEST_F(event_json, a_changed_line_is_refused_or_says_something_else) {
  const std::string lines[] = {
      with(R"("key":"k1","metric":"api_calls","amount":17)"),
      with(R"("metric":"x","limit":1000,"burst":1.25,"window_minutes":60,"on":true)"),
      with(R"("reason":"sorry \"friend\"","context":{"who":["ops",1,2.5,null]})"),
  };
  std::mt19937_64 random(5);
  int refused = 0;
  int differs = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string& line = lines[random() % 3];
    const std::string was = all_of(read(line));
    std::string changed = line;
    const auto at = random() % changed.size();
    switch (random() % 3) {
      case 0:
        changed[at] = static_cast<char>(random() % 256);
        break;
      case 1:
        changed.erase(at, 1 + random() % 3);
        break;
      default:
        changed.insert(at, 1, static_cast<char>(random() % 256));
    }
    const auto e = reader.read(changed);
    if (!e) {
      EXPECT_NE(words_of(e), "") << changed;
      ++refused;
    } else if (all_of(*e) != was) {
      ++differs;
    } else {
      // Only what means nothing may change and leave the event as it was.
      std::string a = line;
      std::string b = changed;
      for (std::string* s : {&a, &b}) {
        std::erase_if(*s, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
      }
      EXPECT_EQ(a, b) << changed;
    }
  }
  EXPECT_GT(refused, 500);
  EXPECT_GT(differs, 500);
}

TEST_F(event_json, a_reader_reads_on_after_a_refusal) {
  for (int i = 0; i < 10; ++i) {
    refusal("{\"a");
    EXPECT_EQ(read(with("")).name, "record_usage");
  }
}

}  // namespace event_json_test
}  // namespace hawser

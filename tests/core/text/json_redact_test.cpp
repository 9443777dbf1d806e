#include <hawser/core/crc32.hpp>
#include <hawser/core/text/json_redact.hpp>
#include <hawser/core/text/json_writer.hpp>

#include "support/words.hpp"

#include <gtest/gtest.h>

namespace json_redact_test {

using hawser::errc;
using hawser::json_redactor;

using pointers = std::vector<std::string>;

std::string shown(const json_redactor& r, std::string_view json) {
  const auto text = r.redact(json);
  return text ? *text : text.error().message();
}

// What the pointers alone take away.
std::string without(const pointers& p, std::string_view json) {
  return shown(json_redactor(p, false), json);
}

TEST(json_redact, what_pointers_name_is_replaced_and_the_rest_stays_as_it_is) {
  const std::string_view json = R"({ "a": [1, {"b" : "s3cr3t"}, 2.50], "c":{"d":null,"e":[]} })";
  EXPECT_EQ(without({"/a/1/b"}, json),
            R"({ "a": [1, {"b" : "***"}, 2.50], "c":{"d":null,"e":[]} })");
  EXPECT_EQ(without({"/a"}, json), R"({ "a": "***", "c":{"d":null,"e":[]} })");
  EXPECT_EQ(without({"/a/0", "/a/2", "/c/d", "/c/e"}, json),
            R"({ "a": ["***", {"b" : "s3cr3t"}, "***"], "c":{"d":"***","e":"***"} })");
  EXPECT_EQ(without({"/c", "/c/d"}, json), R"({ "a": [1, {"b" : "s3cr3t"}, 2.50], "c":"***" })");
  EXPECT_EQ(without({""}, json), R"("***")");
}

TEST(json_redact, what_pointers_name_and_is_not_there_changes_nothing) {
  const std::string_view json = R"({"a":[1,{"b":2}],"0":3})";
  EXPECT_EQ(without({"/x", "/a/2", "/a/01", "/a/-", "/a/b", "/a/1/b/c", "/", "/a/"}, json), json);
  EXPECT_EQ(without({"/0"}, json), R"({"a":[1,{"b":2}],"0":"***"})");
}

TEST(json_redact, pointers_and_keys_are_unescaped) {
  EXPECT_EQ(without({"/a~1b", "/m~0n", "/~01"}, R"({"a/b":1,"m~n":2,"~1":3,"/":4})"),
            R"({"a/b":"***","m~n":"***","~1":"***","/":4})");
  EXPECT_EQ(without({"/token"}, R"({"\u0074oken":1})"), R"({"\u0074oken":"***"})");
  EXPECT_EQ(without({"/"}, R"({"":1,"a":2})"), R"({"":"***","a":2})");
}

TEST(json_redact, a_member_that_is_there_twice_is_replaced_twice) {
  EXPECT_EQ(without({"/a/b"}, R"({"a":{"b":1,"b":2},"a":{"b":3}})"),
            R"({"a":{"b":"***","b":"***"},"a":{"b":"***"}})");
}

TEST(json_redact, by_name_everywhere_in_any_case) {
  const json_redactor r;
  EXPECT_EQ(shown(r, R"([{"AccessToken":"s3cr3t","n":1},{"x":{"password":{"a":["s3cr3t"]}}}])"),
            R"([{"AccessToken":"***","n":1},{"x":{"password":"***"}}])");
  EXPECT_EQ(shown(r, R"({"\u0074oken":"s3cr3t"})"), R"({"\u0074oken":"***"})");
  EXPECT_EQ(shown(r, R"(["token","s3cr3t"])"), R"(["token","s3cr3t"])") << "no name says so";
  EXPECT_EQ(without({}, R"({"token":1})"), R"({"token":1})");
}

TEST(json_redact, words_that_mean_something_else_in_json_stay) {
  const json_redactor r;
  EXPECT_EQ(
      shown(r, R"({"sig":"S","signature":"S","jwt":"S","otp":"S","hmac":"S","bearer":"S"})"),
      R"({"sig":"***","signature":"***","jwt":"***","otp":"***","hmac":"***","bearer":"***"})");
  EXPECT_EQ(shown(r, R"({"userPin":"S","pass":"S","a":{"x_sig":"S"}})"),
            R"({"userPin":"***","pass":"***","a":{"x_sig":"***"}})");
  for (const char* json :
       {R"({"pin":4711,"pass":true,"sig":null,"otp":[1],"jwt":{"a":1}})",
        R"({"code":"c","ticket":"t","sid":"s","nonce":"n","ping":"p","design":"d"})",
        R"({"passenger":"p","pinned":"p","coding":"c","statusCode":"404"})"}) {
    EXPECT_EQ(shown(r, json), json);
  }
  EXPECT_EQ(shown(r, R"({"signature":1,"session":{"a":1},"key":null})"),
            R"({"signature":"***","session":"***","key":"***"})");
}

TEST(json_redact, strings_are_urls_forms_and_texts_of_their_own) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"callback":"https://x/?token=S&a=1","n":1.50})",
       R"({"callback":"https://x/?token=***&a=1","n":1.50})"},
      {R"({"u":"https:\/\/x\/?a=1\u0026token=S"})", R"({"u":"https://x/?a=1&token=***"})"},
      {R"({"u":"https://x/?\u0074oken\u003dS"})", R"({"u":"https://x/?token=***"})"},
      {R"({"u":"\u0068ttps:\/\/me:S@x\/y"})", R"({"u":"https://***@x/y"})"},
      {R"({"u":"//me:S@x/y"})", R"({"u":"//***@x/y"})"},
      {R"({"form":"a=1&pass=S"})", R"({"form":"a=1&pass=***"})"},
      {R"({"u":"/go?next=https%3A%2F%2Fx%2F%3Fsig%3DS"})", R"({"u":"/go?next=***"})"},
      {R"({"u":"/go?next=%252Fx%253Fsig%253DS&a=1"})", R"({"u":"/go?next=***&a=1"})"},
      {R"({"u":"/go/https%3A%2F%2Fx%2F%3Fsig%3DS/on"})", R"({"u":"/go/***/on"})"},
      {R"(["a",["/x?sig=S",2],{"b":[{"c":"code=S"}]}])",
       R"(["a",["/x?sig=***",2],{"b":[{"c":"code=***"}]}])"},
      {R"({"a":"/?sig=S","a":"/?sig=S","a":7})", R"({"a":"/?sig=***","a":"/?sig=***","a":7})"},
      {R"({"/x?sig=S" : "/y?sig=S", "b":1})", R"({"/x?sig=***" : "***", "b":1})"},
      {R"({"/x?code=S" : "/y?sig=S", "b":1})", R"({"/x?code=***" : "/y?sig=***", "b":1})"},
      {R"("https://x/?token=S")", R"("https://x/?token=***")"},
      {R"({"body":"{\"token\":\"S\",\"n\":1}"})", R"({"body":"{\"token\":\"***\",\"n\":1}"})"},
      {R"({"body":"{\"token\":\"S\",\"n\":"})", R"({"body":"{\"token\":\"***\",\"n\":"})"},
      {R"({"body":"[\"\\\"token=S\"]"})", R"({"body":"[\"\\\"token=***\"]"})"},
      {R"({"dump":"GET / HTTP/1.1\r\nX-Api-Key: S\r\nHost: x"})",
       R"({"dump":"GET / HTTP/1.1\r\nX-Api-Key: ***\r\nHost: x"})"},
  };
  const json_redactor r;
  for (const auto& [given, expected] : cases) {
    EXPECT_EQ(shown(r, given), expected) << given;
    EXPECT_EQ(hawser::redact_text(given), expected) << given;
    EXPECT_EQ(without({}, given), given) << "not by name";
  }
}

// Written as it was, escapes and all, where nothing is hidden.
TEST(json_redact, strings_without_a_secret_stay_as_they_were_written) {
  const json_redactor r;
  for (const char* json :
       {R"({"u":"https:\/\/x\/?a=1\u0026b=2","e":"\u00e4\u20ac \ud83d\ude00"})",
        R"(["100%","a=b","\"q\""])", R"({"t":"12:30: all is well","p":"50%25 done"})",
        R"({"b":"{\"a\" : [1, 2]}"})"}) {
    EXPECT_EQ(shown(r, json), json);
  }
}

TEST(json_redact, texts_in_texts_beyond_the_bound_are_not_shown) {
  std::string json = R"({"token":"S3CR3T","a":1})";
  for (int depth = 1; depth <= 8; ++depth) {
    std::string outer;
    hawser::json_writer(outer).begin_object().key("in").text(json).end_object();
    json = outer;
    const std::string said = shown(json_redactor(), json);
    EXPECT_EQ(said.find("S3CR3T"), std::string::npos) << depth;
    EXPECT_NE(said.find("***"), std::string::npos) << depth;
  }
}

TEST(json_redact, a_value_that_is_no_container_is_shown) {
  const json_redactor r({"/a"});
  for (const char* json : {"1", " \"text\" ", "null", "true"}) EXPECT_EQ(shown(r, json), json);
  EXPECT_EQ(without({""}, "\"s3cr3t\""), "\"***\"");
}

TEST(json_redact, what_is_not_one_whole_text_is_refused) {
  const json_redactor r;
  for (const char* json :
       {"", " ", "{", R"({"a":1)", R"({"a":1} x)", "{}{}", "[1,]", "nul", R"({"a":"\x"})",
        R"({"b":[1,{"c":tru}]})", "\"\xff\"", R"({"n":123456789012345678901234567890})"}) {
    EXPECT_EQ(r.redact(json).error(), errc::invalid_option) << json;
  }
  const auto nested = [](std::size_t n) { return std::string(n, '[') + "1" + std::string(n, ']'); };
  EXPECT_EQ(shown(r, nested(json_redactor::max_depth)), nested(128));
  for (const std::size_t n : {129u, 1000u, 100'000u}) {
    EXPECT_EQ(r.redact(nested(n)).error(), errc::invalid_option) << n;
  }
}

TEST(json_redact, pointers_are_checked) {
  EXPECT_TRUE(hawser::validate_json_pointers({"", "/", "/a~0b~1c/0"}));
  const std::pair<const char*, const char*> wrong[] = {
      {"token", "token"}, {"/a~", "/a~"}, {"/a~2", "/a~2"}, {"a\n", "a\\x0a"}};
  for (const auto& [pointer, told] : wrong) {
    EXPECT_EQ(words_of(hawser::validate_json_pointers({"/a", pointer})),
              "not a JSON pointer: '" + std::string(told) + "'");
    EXPECT_EQ(without({pointer}, R"({"token":1,"a/":2})"), R"({"token":1,"a/":2})");
  }
}

// The check value of the catalogs, and what gzip's trailer says.
TEST(crc32, is_what_other_tools_say) {
  EXPECT_EQ(hawser::crc32(hawser::as_bytes("123456789")), 0xcbf43926u);
  EXPECT_EQ(hawser::crc32({}), 0u);
  EXPECT_EQ(hawser::crc32(hawser::as_bytes("\xff\x80")), 0x3f456cadu);
}

}  // namespace json_redact_test

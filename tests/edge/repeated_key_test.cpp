// A key that comes again: answered as it was, and marked where its event says something else.
#include <hawser/edge/event_json.hpp>
#include <hawser/io/crypto.hpp>

#include "edge/event_digest.hpp"
#include "support/edge_driver.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

namespace hawser {
namespace repeated_key_test {

using test::ask;
using test::set_quota;
using test::use;
using ::testing::HasSubstr;
using ::testing::Not;

// --- bodies as values ---------------------------------------------------------------------------

digest of(const governor::event& e) {
  const auto h = make_sha256();
  return event_digest(*h, e);
}
digest of_line(const std::string& members) {
  event_reader reader;
  const auto e = reader.read(R"({"governor":"quota","id":"a","event":"record_usage","key":"k")" +
                             members + "}");
  EXPECT_EQ(words_of(e), "") << members;
  return e ? of(*e) : digest{};
}
digest of_context(const std::string& context) {
  return of({.governor = "quota", .id = "a", .name = "e", .params = {}, .context = context});
}

TEST(event_digest, is_the_same_for_parameters_that_say_the_same) {
  const digest d = of_line(R"(,"amount":1000,"metric":"calls","on":true)");
  for (const char* same : {R"(,"metric":"calls","amount":1000,"on":true)",
                           R"( , "on" : true ,"amount": 1e3, "metric":"c\u0061lls")",
                           R"(,"metric":"calls","amount":1000.00,"on":true)",
                           R"(,"metric":"calls","amount":0.1E+4,"on":true)"}) {
    EXPECT_EQ(of_line(same), d) << same;
  }
  for (const char* other :
       {R"(,"amount":1001,"metric":"calls","on":true)",
        R"(,"amount":-1000,"metric":"calls","on":true)",
        R"(,"amount":"1000","metric":"calls","on":true)",
        R"(,"amount":1000,"metric":"call","on":true)",
        R"(,"amount":1000,"metric":"calls","on":false)", R"(,"amount":1000,"metric":"calls")",
        R"(,"amount":1000,"metric":"calls","on":true,"more":1)",
        R"(,"amount":1000,"metric":"calls","on":true,"context":{})"}) {
    EXPECT_NE(of_line(other), d) << other;
  }
}

TEST(event_digest, is_the_same_for_contexts_that_say_the_same) {
  const std::pair<const char*, const char*> same[] = {
      {R"({"a":1,"b":[2,{"c":null}]})", R"( { "b" : [2.0, {"c": null}], "a": 10e-1 } )"},
      {"1000", "1e3"},
      {"0", "-0.00e99"},
      {"1e400", "10e399"},
      {"9007199254740993", "9007199254740993.0"},
      {"123456789012345678901234567890", "12345678901234567890123456789e1"},
      {R"("caf\u00e9")", "\"caf\xc3\xa9\""},
      {R"({"x":{"p":1,"q":2}})", R"({"x":{"q":2,"p":1}})"},
      {"[]", " [ ] "},
  };
  for (const auto& [a, b] : same) EXPECT_EQ(of_context(a), of_context(b)) << a;
  const char* all[] = {"",
                       "0",
                       "1",
                       "-1",
                       "10",
                       "1e400",
                       "1e401",
                       "1e99999999999999999999",
                       "1e99999999999999999998",
                       "9007199254740993",
                       "9007199254740992",
                       R"("1")",
                       "null",
                       R"("null")",
                       "true",
                       "false",
                       "[]",
                       "{}",
                       "[1]",
                       "[[1]]",
                       "[1,1]",
                       R"(["1",0])",
                       R"({"a":1})",
                       R"({"a":[1]})",
                       R"({"b":1})",
                       R"({"a":1} x)",
                       "not json",
                       "not  json",
                       "[1",
                       "1,2",
                       "nul"};
  for (const char* a : all) {
    for (const char* b : all) {
      if (a != b) {
        EXPECT_NE(of_context(a), of_context(b)) << a << " and " << b;
      }
    }
  }
}

TEST(event_digest, of_a_context_of_any_depth_is_made) {
  const std::string deep(100'000, '[');
  EXPECT_NE(of_context(deep), of_context(deep + '['));
  const std::string whole = std::string(900, '[') + std::string(900, ']');
  EXPECT_EQ(of_context(whole), of_context(' ' + whole));
}

// --- what is answered ---------------------------------------------------------------------------

class repeated_key : public ::testing::Test {
 protected:
  repeated_key() {
    options.device = "gw-7";
    options.store = folder / "edge.db";
    options.log = log;
    start();
    ask(*node, set_quota("a"));
  }
  void start() {
    node.reset();
    node = std::make_unique<edge>(options);
    ASSERT_TRUE(take_words(node->start(), error)) << error;
  }

  test::temp_folder folder;
  std::shared_ptr<test::line_log> log = std::make_shared<test::line_log>();
  edge_options options;
  std::string error;
  std::unique_ptr<edge> node;
};

TEST_F(repeated_key, with_the_same_body_is_answered_as_it_was) {
  const answer first = ask(*node, use("a", 5, "k"));
  for (int i = 0; i < 2; ++i) {
    const answer again = ask(*node, use("a", 5, "k"));
    EXPECT_TRUE(again.ok && again.repeated && !again.differs) << again.json;
    EXPECT_THAT(again.json, Not(HasSubstr("differs")));
    start();  // the same after a restart
  }
  EXPECT_EQ(log->count("another body"), 0U);
}

TEST_F(repeated_key, with_another_body_is_marked_and_warned_of_and_does_nothing) {
  ask(*node, use("a", 5, "k"));
  start();
  const answer again = ask(*node, use("a", 6, "k"));
  EXPECT_TRUE(again.ok && again.repeated && again.differs) << again.json;
  EXPECT_THAT(again.json, HasSubstr(R"("usage":5)"));
  EXPECT_THAT(again.json, HasSubstr(R"("repeated":true,"differs":true})"));
  EXPECT_THAT(log->all(), HasSubstr("1 events came under a key that was applied with another body, "
                                    "the first of them gw-7/quota/a key k"));
  const answer other_event = ask(*node, set_quota("a", 7, "k"));
  EXPECT_TRUE(other_event.repeated && other_event.differs) << "the event's name counts";
  EXPECT_THAT(ask(*node, test::usage_of("a")).json, HasSubstr(R"("current":5)"));
}

TEST_F(repeated_key, is_warned_of_once_a_group) {
  ask(*node, use("a", 5, "k"));
  test::answers got;
  test::gate hold(*node);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(node->apply(use("a", 6, "k"), got.taker()));
  hold.open();
  for (const answer& a : got.wait(50)) EXPECT_TRUE(a.differs);
  EXPECT_EQ(log->count("50 events came under a key"), 1U) << log->all();
}

TEST_F(repeated_key, of_a_refusal_that_left_a_receipt_is_told_as_it_was) {
  ask(*node, set_quota("b", 10));
  const answer over = ask(*node, use("b", 50, "k"));
  ASSERT_FALSE(over.ok) << over.json;
  const answer again = ask(*node, use("b", 51, "k"));
  if (over.json.find("\"seq\"") == std::string::npos) return;
  EXPECT_TRUE(again.repeated && again.differs && !again.ok) << again.json;
  EXPECT_EQ(again.error, over.error);
}

TEST_F(repeated_key, without_a_digest_is_never_marked) {
  ask(*node, use("a", 5, "k"));
  node.reset();
  test::sql(options.store,
            "UPDATE applied SET event = NULL, sum = hawser_sum(sid, key, answer, NULL)");
  start();
  const answer again = ask(*node, use("a", 6, "k"));
  EXPECT_TRUE(again.repeated && !again.differs) << again.json;
  EXPECT_EQ(log->count("another body"), 0U);
}

TEST_F(repeated_key, with_an_annotation_of_its_own_differs) {
  auto first = use("a", 5, "k");
  first.context = R"({"row":1,"of":2})";
  ask(*node, first);
  first.context = R"({"of":2e0, "row":1.0})";
  EXPECT_FALSE(ask(*node, first).differs);
  first.context = R"({"row":2,"of":2})";
  EXPECT_TRUE(ask(*node, first).differs);
}

}  // namespace repeated_key_test
}  // namespace hawser

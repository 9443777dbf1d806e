// Answers are JSON objects that name nothing twice, whatever a governor says.
#include <hawser/governor/quota.hpp>

#include "edge/answer_json.hpp"
#include "support/rope_fixture.hpp"

#include <simdjson.h>

#include <set>

namespace hawser {
namespace {

using ::testing::HasSubstr;
using testing::quota_event;
using testing::set_quota;
using testing::use;

// Parses the answer; the names that it has, each once.
std::set<std::string> names_of(const std::string& json) {
  std::set<std::string> names;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  EXPECT_FALSE(parser.parse(json).get(object)) << json;
  for (const auto& field : object) {
    EXPECT_TRUE(names.insert(std::string(field.key)).second) << field.key << " twice: " << json;
  }
  return names;
}

class edge_answers : public testing::rope_fixture {};

TEST_F(edge_answers, of_every_event_name_nothing_twice) {
  start_edge();
  EXPECT_TRUE(names_of(ask(quota_event("a", "get_state", {})).json).contains("state"));
  for (int i = 0; i < 3; ++i) {
    names_of(ask(set_quota("a", 10, i == 0 ? "" : "again")).json);
    names_of(ask(use("a", 1, "k")).json);
    names_of(ask(use("a", 100)).json);
  }
  EXPECT_TRUE(names_of(ask(set_quota("a")).json).contains("known"));
  for (const char* name : {"get_state", "get_usage", "no_such_event", "pause", "pause",
                           "set_limits", "record_usage", "archive", "pause"}) {
    names_of(ask(quota_event("a", name, {})).json);
  }
  const answer state = ask(quota_event("a", "get_state", {}));
  EXPECT_THAT(state.json, HasSubstr(R"("state":"archived")"));
}

TEST(edge_answer_json, leave_out_a_detail_that_is_named_like_what_they_say_themselves) {
  governor::outcome o;
  o.answer = "done";
  for (const char* name : {"ok", "error", "state", "answer", "stream", "seq", "repeated", "mine"}) {
    o.detail.emplace_back(name, std::int64_t{7});
    o.detail.emplace_back(name, std::int64_t{8});
  }
  const answer first = make_answer(o, "active", "gw-7/x/y", 3);
  EXPECT_EQ(first.json,
            R"({"ok":true,"state":"active","answer":"done","mine":7,"stream":"gw-7/x/y","seq":3})");
  names_of(repeat_answer(first.json).json);
  o.error = "no";
  EXPECT_EQ(make_answer(o, "active", {}, 0).json,
            R"({"ok":false,"error":"no","state":"active","mine":7})");
}

}  // namespace
}  // namespace hawser

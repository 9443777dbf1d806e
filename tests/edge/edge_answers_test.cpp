// Answers are JSON objects that name nothing twice, whatever a governor says.
#include <hawser/governor/quota.hpp>

#include "edge/answer_json.hpp"
#include "support/rope_fixture.hpp"
#include "support/words.hpp"

#include <simdjson.h>

#include <mutex>
#include <set>
#include <thread>

namespace hawser {
namespace edge_answers_test {

using test::quota_event;
using test::set_quota;
using test::use;
using ::testing::HasSubstr;

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

class edge_answers : public test::rope_fixture {};

// Nothing is called by the edge itself: every callback goes through the executor, in its order.
TEST_F(edge_answers, and_callbacks_run_where_the_embedder_wants_them) {
  std::mutex mutex;
  std::vector<std::function<void()>> tasks;
  edge_opts.executor = [&](std::function<void()> task) {
    const std::lock_guard guard(mutex);
    tasks.push_back(std::move(task));
  };
  std::vector<std::string> told;
  std::vector<std::thread::id> threads;
  const auto tell = [&](const std::string& what) {
    told.push_back(what);
    threads.push_back(std::this_thread::get_id());
  };
  node = std::make_unique<edge>(edge_opts);
  node->on_transition([&](const transition& t) { tell("to " + t.step.to); });
  ASSERT_TRUE(take_words(node->start(), error)) << error;
  ASSERT_TRUE(node->apply(set_quota("a"), [&](const answer& a) { tell(a.ok ? "ok" : a.json); }));
  ASSERT_TRUE(node->answer_in_order("{}", [&](const answer& a) { tell(a.json); }));
  stop_edge();  // What it gave the executor outlives it.
  EXPECT_TRUE(told.empty());
  for (const auto& task : tasks) task();
  EXPECT_EQ(told, (std::vector<std::string>{"to initializing", "to active", "ok", "{}"}));
  EXPECT_EQ(std::count(threads.begin(), threads.end(), std::this_thread::get_id()), 4);
}

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
  names_of(repeat_answer(*read_answer(first.json), true).json);
  o.error = "no";
  EXPECT_EQ(make_answer(o, "active", {}, 0).json,
            R"({"ok":false,"error":"no","state":"active","mine":7})");
}

// Kept as a line, read as data: whatever is in it comes out as it was.
TEST(edge_answer_json, read_back_what_was_written) {
  governor::outcome o;
  o.answer = "recorded";
  o.detail = {{"usage", std::int64_t{-7}},
              {"most", std::numeric_limits<std::int64_t>::max()},
              {"on", true},
              {"burst", governor::decimal{150, -2}},
              {"text", std::string("a \"b\" \\ \x01 \n caf\xc3\xa9, \"error\":\"x\" \xff")},
              {"empty", std::string()}};
  for (const char* error : {"", "quota_exceeded", "od\"d\\", ",\"ok\":true"}) {
    o.error = error;
    for (const std::uint64_t seq : {0U, 3U}) {
      const answer first = make_answer(o, "active", "gw-7/x/\"y\"", seq);
      const auto data = read_answer(first.json);
      ASSERT_TRUE(data) << first.json;
      const answer again = repeat_answer(*data, false);
      EXPECT_EQ(again.json, first.json.substr(0, first.json.size() - 1) + R"(,"repeated":true})");
      EXPECT_EQ(again.ok, first.ok);
      EXPECT_EQ(again.error, error);
      EXPECT_TRUE(again.repeated && !again.differs);
      const answer other = repeat_answer(*data, true);
      EXPECT_THAT(other.json, ::testing::EndsWith(R"(,"repeated":true,"differs":true})"));
      EXPECT_TRUE(other.repeated && other.differs);
    }
  }
}

TEST(edge_answer_json, read_nothing_of_what_is_no_answer) {
  for (const char* text : {"",
                           "{}",
                           "x",
                           "7",
                           "[]",
                           R"({"ok":true)",
                           R"({"ok":true}})",
                           R"({"ok":true} x)",
                           R"({"ok":1})",
                           R"({"state":"a","ok":true})",
                           R"({"ok":false})",
                           R"({"ok":false,"error":7})",
                           R"({"ok":false,"state":"a","error":"x"})",
                           R"({"ok":true,"a":1.5})",
                           R"({"ok":true,"a":null})",
                           R"({"ok":true,"a":{}})",
                           R"({"ok":true,"a":[1]})",
                           R"({"ok":true,"a":"\ud800"})",
                           R"({"ok":tru,"a":1})",
                           "{\"ok\":true,\"a\":\"\xff\"}"}) {
    EXPECT_FALSE(read_answer(text)) << text;
  }
  EXPECT_TRUE(read_answer(R"({"ok":true})"));
}

}  // namespace edge_answers_test
}  // namespace hawser

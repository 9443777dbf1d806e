// The hawser program from outside: what it prints, how it ends, and that a kill loses nothing.
#include "support/program_fixture.hpp"
#include "support/sql.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

namespace hawser {
namespace program_test {

using test::field;
using test::nobody;
using test::program;
using test::ready_cloud;
using test::set_line;
using test::use_line;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class hawser_program : public test::program_fixture {};

TEST_F(hawser_program, a_kill_at_any_moment_loses_no_answered_event) {
  std::mt19937_64 random(20);
  std::deque<std::string> unanswered;                         // keys
  std::vector<std::pair<std::string, std::string>> answered;  // key, seq
  std::size_t made = 0;
  const auto top_up = [&](program& p) {
    std::string text;
    while (unanswered.size() < 40) {
      unanswered.push_back("k" + std::to_string(made++));
      text += made == 1 ? set_line() : use_line(unanswered.back());
    }
    p.write(text);
  };
  const auto take = [&](const std::string& line) {
    ASSERT_FALSE(unanswered.empty());
    ASSERT_THAT(line, StartsWith(R"({"ok":true,)")) << unanswered.front();
    answered.emplace_back(unanswered.front(), field(line, "seq"));
    unanswered.pop_front();
  };
  for (int kill = 0; kill < 100; ++kill) {
    program p(edge_words(nobody), folder / "errors");
    std::string again;
    for (const std::string& key : unanswered) again += key == "k0" ? set_line() : use_line(key);
    p.write(again);
    top_up(p);
    for (auto reads = random() % 60; reads > 0; --reads) {
      const auto line = p.line();
      ASSERT_TRUE(line);
      take(*line);
      top_up(p);
    }
    p.signal(SIGKILL);
    EXPECT_EQ(p.wait(), 128 + SIGKILL);
    // What was said before the kill counts.
    for (const std::string& line : p.rest()) take(line);
  }
  std::string last;
  for (const std::string& key : unanswered) last += use_line(key);
  const auto end = run(edge_words(nobody), last);
  EXPECT_EQ(end.code, 3) << end.errors;
  for (const std::string& line : end.lines) take(line);
  EXPECT_TRUE(unanswered.empty());

  const auto dump = run({"outbox", "dump", store});
  EXPECT_EQ(dump.code, 0) << dump.errors;
  std::vector<std::pair<std::string, std::string>> stored;
  for (const std::string& line : dump.lines) {
    if (const auto key = field(line, "key"); !key.empty()) {
      stored.emplace_back(key, field(line, "seq"));
    }
  }
  EXPECT_EQ(stored, answered) << "each once, in the order of the feed, as it was answered";
  EXPECT_GT(answered.size(), 1000U);
  EXPECT_EQ(answered.size(), made);
}

TEST_F(hawser_program, answers_each_line_in_order_and_says_what_is_wrong_with_one) {
  const auto r = run(edge_words(nobody), set_line("k0") + "{\n" + use_line("k1") + "[]\n\n" +
                                             std::string(70'000, 'x') + "\n" + use_line("k1"));
  EXPECT_EQ(r.code, 3);
  const auto bad = [](int line) {
    return StartsWith(R"({"ok":false,"error":"bad_event","line":)" + std::to_string(line) +
                      R"(,"detail":")");
  };
  EXPECT_THAT(r.lines,
              ElementsAre(HasSubstr("configured"), bad(2), HasSubstr(R"("usage":1,)"), bad(4),
                          AllOf(bad(6), HasSubstr("longer than 65536 bytes")),
                          AllOf(HasSubstr(R"("usage":1,)"), HasSubstr(R"("repeated":true)"))));
  EXPECT_THAT(r.errors,
              HasSubstr("hawser: 3 receipts are not acknowledged yet; they are kept in " + store));
}

TEST_F(hawser_program, a_last_line_without_a_line_feed_counts) {
  std::string input = set_line();
  input.pop_back();
  EXPECT_EQ(run(edge_words(nobody), input).lines.size(), 1U);
}

TEST_F(hawser_program, edge_and_cloud_end_with_0_when_all_is_acknowledged) {
  ready_cloud sky(ledger);
  ASSERT_THAT(sky.url(), StartsWith("ws://127.0.0.1:"));
  auto words = edge_words(sky.url());
  words[12] = "30s";
  std::string input = set_line();
  for (int i = 1; i <= 500; ++i) input += use_line("k" + std::to_string(i));
  const auto r = run(words, input);
  EXPECT_EQ(r.code, 0) << r.errors;
  EXPECT_EQ(r.lines.size(), 501U);
  EXPECT_EQ(r.errors, "");
  sky.run().signal(SIGTERM);
  EXPECT_EQ(sky.run().wait(), 0);
  const auto verify = run({"ledger", "verify", ledger});
  EXPECT_EQ(verify.code, 0);
  EXPECT_THAT(verify.lines,
              ElementsAre(R"({"streams":1,"receipts":502,"broken":0,"first_broken":null})"));
}

TEST_F(hawser_program, follow_prints_transitions_and_acknowledgments_until_it_is_told_to_end) {
  ready_cloud sky(ledger);
  auto words = edge_words(sky.url());
  words.push_back("--follow");
  program edge(words);
  edge.write(set_line());
  edge.close_input();
  const auto first = edge.line().value_or("");
  EXPECT_THAT(first, StartsWith(R"({"transition":"gw-7/quota/t/api","seq":1,"cause":"event",)"));
  EXPECT_THAT(edge.line().value_or(""), HasSubstr(R"("seq":2,)"));
  EXPECT_THAT(edge.line().value_or(""), StartsWith(R"({"ok":true,)"));
  EXPECT_EQ(edge.line(), R"({"acknowledged":"gw-7/quota/t/api","seq":2})");
  edge.signal(SIGTERM);
  EXPECT_EQ(edge.wait(), 0);
}

TEST_F(hawser_program, sigterm_ends_an_edge_that_waits_for_input) {
  program edge(edge_words(nobody));
  edge.write(set_line());
  ASSERT_TRUE(edge.line());
  edge.signal(SIGTERM);
  EXPECT_EQ(edge.wait(), 3);
}

TEST_F(hawser_program, a_store_of_another_device_or_with_a_writer_is_refused) {
  program edge(edge_words(nobody));
  edge.write(set_line());
  ASSERT_TRUE(edge.line());
  const auto second = run(edge_words(nobody), use_line("k1"));
  EXPECT_EQ(second.code, 2);
  EXPECT_THAT(second.errors, HasSubstr(store));
  edge.signal(SIGTERM);
  edge.wait();
  auto words = edge_words(nobody);
  words[6] = "gw-8";
  const auto other = run(words, use_line("k1"));
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.errors, AllOf(StartsWith("hawser: --store: /"), HasSubstr("gw-7")));
}

TEST_F(hawser_program, verify_and_dump_read_beside_a_running_owner) {
  program edge(edge_words(nobody));
  edge.write(set_line());
  ASSERT_TRUE(edge.line());
  for (int i = 1; i <= 5; ++i) {
    edge.write(use_line("k" + std::to_string(i)));
    ASSERT_THAT(edge.line().value_or(""), StartsWith(R"({"ok":true,)"));
    const auto verify = run({"outbox", "verify", store});
    EXPECT_EQ(verify.code, 0) << verify.errors;
    EXPECT_THAT(verify.lines,
                ElementsAre(HasSubstr("\"receipts\":" + std::to_string(2 + i) + ",\"broken\":0")));
    EXPECT_EQ(run({"outbox", "dump", store}).lines.size(), static_cast<std::size_t>(2 + i));
  }
}

TEST_F(hawser_program, verify_and_dump_of_a_changed_receipt_end_with_1) {
  fill_store();
  test::sql(store,
            "UPDATE outbox SET body = (SELECT body FROM outbox WHERE seq = 8) "
            "WHERE seq = 7");
  const auto verify = run({"outbox", "verify", store});
  EXPECT_EQ(verify.code, 1);
  EXPECT_THAT(
      verify.lines,
      ElementsAre(HasSubstr(R"("broken":1,"first_broken":{"stream":"gw-7/quota/t/api","seq":7)")));
  const auto dump = run({"outbox", "dump", store});
  EXPECT_EQ(dump.code, 1);
  EXPECT_EQ(dump.lines.size(), 6U) << "nothing unverified is shown";
  EXPECT_THAT(dump.errors, HasSubstr("broken"));
}

TEST_F(hawser_program, verify_of_what_is_no_archive_ends_with_2_and_says_why) {
  fill_store(1);
  for (const auto& [kind, path] :
       {std::pair<std::string, std::string>{"outbox", folder / "missing"},
        {"ledger", folder / "missing"},
        {"ledger", store}}) {
    const auto r = run({kind, "verify", path});
    EXPECT_EQ(r.code, 2) << kind << ' ' << path;
    EXPECT_THAT(r.errors, HasSubstr("file: " + path + ": "));
    EXPECT_THAT(r.lines, ElementsAre());
  }
  EXPECT_NE(::access((folder / "missing").c_str(), F_OK), 0) << "nothing was made";
}

}  // namespace program_test
}  // namespace hawser

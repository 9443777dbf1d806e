// How an edge ends: at the end of its input, and when it is told to.
#include "support/program_fixture.hpp"

namespace hawser {
namespace program_end_test {

using test::comes_true;
using test::nobody;
using test::program;
using test::ready_cloud;
using test::set_line;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using std::chrono_literals::operator""ms;

class hawser_end : public test::program_fixture {
 protected:
  /// Words of an edge that meets its cloud at a socket, and drains for longer than a test waits.
  std::vector<std::string> patient_words() {
    auto words = edge_words("ws://cloud");
    words[1] = "info";
    words[12] = "5m";
    words.insert(words.end(), {"--unix-socket", folder / "socket"});
    return words;
  }
  ready_cloud cloud_at_socket() {
    return ready_cloud(ledger, {"--listen", "unix:" + (folder / "socket")});
  }
};

TEST_F(hawser_end, a_line_that_was_half_read_is_not_answered) {
  program edge(edge_words(nobody));
  const std::string half = R"({"governor":"quota","id":)";
  edge.write(set_line() + half);  // in one piece, so that both were read
  ASSERT_THAT(edge.line().value_or(""), StartsWith(R"({"ok":true)"));
  edge.signal(SIGTERM);
  EXPECT_THAT(edge.rest(), ElementsAre());
  EXPECT_EQ(edge.wait_at_most(), 3);
}

TEST_F(hawser_end, the_first_signal_ends_the_input_and_drains) {
  for (const bool follow : {false, true}) {
    auto words = patient_words();
    if (follow) words.push_back("--follow");
    program edge(words);
    edge.write(set_line());
    if (follow) edge.close_input();
    ASSERT_TRUE(edge.line());
    edge.signal(SIGTERM);
    const auto sky = cloud_at_socket();
    EXPECT_EQ(edge.wait_at_most(), 0) << "follow " << follow;
  }
}

TEST_F(hawser_end, an_edge_whose_store_lost_its_name_ends_with_1) {
  program edge(edge_words(nobody), folder / "errors");
  edge.write(set_line());
  ASSERT_THAT(edge.line().value_or(""), StartsWith(R"({"ok":true)"));
  std::filesystem::rename(store, store + ".bak");
  edge.write(test::use_line("k1"));
  EXPECT_THAT(edge.line().value_or(""), HasSubstr(R"("error":"in_doubt")"));
  edge.write(test::use_line("k1"));
  EXPECT_THAT(edge.line().value_or(""), HasSubstr(R"("error":"store_failed")"));
  edge.close_input();
  EXPECT_EQ(edge.wait_at_most(), 1);
  EXPECT_THAT(said(), HasSubstr("edge.db: was removed or renamed while it was in use"));
  EXPECT_THAT(said(), HasSubstr("2 events were answered store_failed or in_doubt"));
  EXPECT_FALSE(std::filesystem::exists(store));

  std::filesystem::rename(store + ".bak", store);
  const auto again = run(edge_words(nobody), test::use_line("k1"));
  ASSERT_EQ(again.lines.size(), 1U) << again.errors;
  EXPECT_THAT(again.lines[0], HasSubstr(R"("repeated":true)")) << "it had happened";
}

TEST_F(hawser_end, the_second_signal_ends_at_once) {
  program edge(patient_words());
  edge.write(set_line());
  ASSERT_TRUE(edge.line());
  std::optional<int> code;
  EXPECT_TRUE(comes_true([&] {  // Two signals at the same time would be one.
    edge.signal(SIGINT);
    code = edge.wait_at_most(100ms);
    return code.has_value();
  }));
  EXPECT_EQ(code, 128 + SIGINT);
}

TEST_F(hawser_end, a_signal_cuts_the_drain_short_that_follows_the_end_of_the_input) {
  program edge(patient_words(), folder / "errors");
  edge.write(set_line());
  edge.close_input();
  ASSERT_TRUE(edge.line());
  ASSERT_TRUE(comes_true([&] { return said().find("the input has ended") != std::string::npos; }))
      << said();
  edge.signal(SIGTERM);
  EXPECT_EQ(edge.wait_at_most(), 3);
  EXPECT_THAT(said(), HasSubstr("2 receipts are not acknowledged yet"));
}

}  // namespace program_end_test
}  // namespace hawser

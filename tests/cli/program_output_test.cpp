// What the program does when its standard output is full, gone, or not read.
#include "support/program_fixture.hpp"

namespace hawser {
namespace program_output_test {

using test::comes_true;
using test::field;
using test::nobody;
using test::program;
using test::ready_cloud;
using test::set_line;
using test::use_line;
using ::testing::HasSubstr;

class hawser_output : public test::program_fixture {
 protected:
  std::string events(int uses) {
    std::ofstream out(folder / "events");
    out << set_line();
    for (int i = 1; i <= uses; ++i) out << use_line("k" + std::to_string(i));
    return folder / "events";
  }
  // What a store has by now.
  std::size_t receipts(const std::string& kind, const std::string& file) {
    const auto verify = run({kind, "verify", file});
    return verify.lines.empty() ? 0 : std::stoul(field(verify.lines[0], "receipts"));
  }

  // Events go on until 1024 answers wait for the reader; a pipe holds some 400 of them.
  static constexpr std::size_t above_the_pipe = 1000;
};

TEST_F(hawser_output, answers_that_a_full_disk_loses_are_no_success) {
  ready_cloud sky(ledger);
  auto words = edge_words(sky.url());
  words[12] = "30s";
  const auto r = run(words, set_line(), {.output = "/dev/full"});
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.errors, HasSubstr("standard output failed"));
}

TEST_F(hawser_output, answers_that_nobody_reads_any_more_are_no_success) {
  program edge(edge_words(nobody), folder / "errors");
  edge.close_output();
  edge.write(set_line());
  edge.close_input();
  EXPECT_EQ(edge.wait_at_most(), 1);
  EXPECT_THAT(said(), HasSubstr("standard output failed"));
}

TEST_F(hawser_output, follow_ends_when_its_reader_leaves) {
  for (const std::string& input : {set_line(), std::string()}) {
    auto words = edge_words(nobody);
    words.push_back("--follow");
    program edge(words);
    edge.close_output();
    edge.write(input);
    edge.close_input();
    EXPECT_EQ(edge.wait_at_most(), 1) << input;
  }
}

TEST_F(hawser_output, a_cloud_that_cannot_say_where_it_listens_ends) {
  program sky({"cloud", "--ledger", "sqlite:" + ledger}, folder / "errors",
              {.output = "/dev/full"});
  EXPECT_EQ(sky.wait_at_most(), 1);
  EXPECT_THAT(said(), HasSubstr("standard output failed"));
}

TEST_F(hawser_output, a_demo_whose_report_is_lost_has_failed) {
  for (const bool json : {false, true}) {
    std::vector<std::string> words{"demo",   "--devices", "1",       "--receipts", "100",
                                   "--cuts", "0",         "--kills", "0"};
    if (json) words.push_back("--json");
    const auto r = run(words, {}, {.output = "/dev/full"});
    EXPECT_EQ(r.code, 1) << json;
    EXPECT_THAT(r.errors, HasSubstr("standard output failed"));
  }
}

TEST_F(hawser_output, a_reader_that_pauses_holds_neither_commits_nor_acknowledgments_back) {
  ready_cloud sky(ledger);
  auto words = edge_words(sky.url());
  words[10] = events(5000);
  program edge(words);
  EXPECT_TRUE(comes_true([&] { return receipts("ledger", ledger) > above_the_pipe; }));
  EXPECT_EQ(edge.rest().size(), 5001U) << "and it goes on when the reader does";
  EXPECT_TRUE(edge.wait_at_most());
}

TEST_F(hawser_output, a_reader_that_pauses_does_not_keep_an_edge_from_its_end) {
  auto words = edge_words(nobody);
  words[10] = events(5000);
  for (const bool follow : {false, true}) {
    if (follow) words.push_back("--follow");
    store = words[8] = folder / (follow ? "follow.db" : "plain.db");
    program edge(words, folder / "errors.edge");
    ASSERT_TRUE(comes_true([&] { return receipts("outbox", store) > above_the_pipe; }));
    edge.signal(SIGTERM);
    EXPECT_EQ(edge.wait_at_most(), 1);
    EXPECT_THAT(said("errors.edge"), HasSubstr("standard output failed"));
  }
}

}  // namespace program_output_test
}  // namespace hawser

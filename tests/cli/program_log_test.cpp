// What the program says in its log: where to, how much, and how that is changed while it runs.
#include "support/acceptor_host.hpp"
#include "support/program_fixture.hpp"

namespace hawser {
namespace program_log_test {

using test::acceptor_host;
using test::comes_true;
using test::nobody;
using test::program;
using test::ready_cloud;
using test::set_line;
using test::use_line;
using ::testing::HasSubstr;
using ::testing::Not;

class hawser_log : public test::program_fixture {
 protected:
  // The words of an edge with these before them.
  std::vector<std::string> with(std::vector<std::string> words, const std::string& url = nobody) {
    for (const std::string& word : edge_words(url)) words.push_back(word);
    return words;
  }
  bool says(const std::string& file, const std::string& part) {
    return comes_true([&] { return said(file).find(part) != std::string::npos; });
  }
};

TEST_F(hawser_log, goes_to_a_file_instead_of_standard_error) {
  auto words = with({"--log-file", folder / "log"});
  words[3] = "info";
  const auto r = run(words, set_line());
  EXPECT_EQ(r.code, 3);
  EXPECT_THAT(said("log"), HasSubstr(" I [gw-7] connecting attempt=1"));
  EXPECT_THAT(r.errors, HasSubstr("hawser: 2 receipts are not acknowledged yet"));
  EXPECT_THAT(r.errors, Not(HasSubstr("connecting")));
}

TEST_F(hawser_log, the_file_rotates_as_it_is_told) {
  std::string input = set_line();
  for (int i = 0; i < 10; ++i) input += use_line("k" + std::to_string(i));
  ready_cloud sky(ledger);
  auto words = with({"--log-file", (folder / "log.txt") + ",1k,1", "--trace", "on"}, sky.url());
  words[16] = "30s";  // --drain-timeout
  EXPECT_EQ(run(words, input).code, 0);
  EXPECT_EQ(::access((folder / "log.1.txt").c_str(), F_OK), 0);
  EXPECT_NE(::access((folder / "log.2.txt").c_str(), F_OK), 0);
  EXPECT_LE(said("log.txt").size(), 1024U);
}

TEST_F(hawser_log, a_file_or_a_trace_that_cannot_be_used_ends_with_2) {
  const std::pair<std::vector<std::string>, std::string> wrong[] = {
      {{"--log-file", ""}, "--log-file: must not be empty"},
      {{"--log-file", "x,1M"},
       "--log-file: 'x,1M' is not PATH or PATH,SIZE,COUNT such as app.log,10M,5"},
      {{"--log-file", ",1M,2"}, "is not PATH"},
      {{"--log-file", "x,1T,2"}, "is not PATH"},
      {{"--log-file", "x,M,2"}, "is not PATH"},
      {{"--log-file", "x,1M,2,3"}, "is not PATH"},
      {{"--log-file", "x,1M,-1"}, "is not PATH"},
      {{"--log-file", "x,1023,1"}, "--log-file: a log file rotates at 1,024 bytes or more"},
      {{"--log-file", "x,1k,1001"}, "at most 1,000 older ones"},
      {{"--log-file", folder / "no/log"}, "no/log: No such file or directory"},
      {{"--log-file", folder.path()}, "Is a directory"},
      {{"--trace", "on hoks=message"}, "--trace: 'hoks=message': there is no such setting"},
  };
  for (const auto& [words, told] : wrong) {
    const std::vector<std::string> commands[] = {
        edge_words(nobody), {"cloud", "--ledger", "sqlite:" + ledger}, {"connect", nobody}};
    for (const auto& command : commands) {
      auto all = words;
      for (const std::string& word : command) all.push_back(word);
      const auto r = run(all);
      EXPECT_EQ(r.code, 2) << told;
      EXPECT_THAT(r.errors, HasSubstr(told));
    }
  }
  EXPECT_NE(::access(store.c_str(), F_OK), 0) << "no store was made";
  EXPECT_NE(::access(ledger.c_str(), F_OK), 0) << "no ledger was made";
}

TEST_F(hawser_log, a_signal_turns_the_trace_on_and_back) {
  program sky({"--log", "error", "cloud", "--ledger", "sqlite:" + ledger}, folder / "sky");
  const auto listening = sky.line();
  ASSERT_TRUE(listening);
  program edge(edge_words(test::field(*listening, "listening")), folder / "edge");
  edge.write(set_line());
  ASSERT_TRUE(edge.line());
  for (program* p : {&sky, &edge}) {
    const std::string file = p == &sky ? "sky" : "edge";
    EXPECT_EQ(said(file), "");
    p->signal(SIGUSR1);
    EXPECT_TRUE(says(file, "trace: on\n")) << said(file);
    edge.write(use_line("k-" + file));
    EXPECT_TRUE(says(file, "message link=1 asked ")) << said(file);
    EXPECT_TRUE(says(file, "routing table: message: ")) << said(file);
    EXPECT_TRUE(says(file, "> binary ")) << said(file);
    p->signal(SIGUSR1);
    EXPECT_TRUE(says(file, "trace: auto\n")) << said(file);
  }
  sky.signal(SIGTERM);
  EXPECT_EQ(sky.wait(), 0);
}

TEST_F(hawser_log, a_signal_turns_the_trace_of_a_conversation_on_and_back) {
  acceptor_host host;
  program p({"--log", "error", "connect", host.url()}, folder / "errors");
  p.write("before\n");
  ASSERT_TRUE(p.line());
  EXPECT_EQ(said(), "");
  p.signal(SIGUSR1);
  EXPECT_TRUE(says("errors", "trace: on\n")) << said();
  p.write("after\n");
  EXPECT_TRUE(says("errors", "< text 5 bytes link=1")) << said();
  p.signal(SIGUSR1);
  EXPECT_TRUE(says("errors", "trace: auto\n")) << said();
  p.close_input();
  EXPECT_EQ(p.wait_at_most(), 0) << said();
}

}  // namespace program_log_test
}  // namespace hawser

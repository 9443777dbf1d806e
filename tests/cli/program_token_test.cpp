// The token file of an edge: read as the cloud reads it, before the start and at each dial.
#include "support/program_fixture.hpp"

namespace hawser {
namespace program_token_test {

using test::finished;
using test::nobody;
using test::program;
using test::ready_cloud;
using test::set_line;
using test::use_line;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class hawser_token : public test::program_fixture {
 protected:
  std::string tokens(const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    return folder / name;
  }
  std::vector<std::string> words_with(const std::string& url, const std::string& file) {
    auto words = edge_words(url);
    words.insert(words.end(), {"--token-file", file});
    return words;
  }
};

TEST_F(hawser_token, a_file_that_cannot_be_used_is_named_before_anything_begins) {
  const auto refused = [&](const std::string& file, const std::string& why) {
    const finished r = run(words_with(nobody, file), set_line());
    EXPECT_EQ(r.code, 2) << why;
    EXPECT_THAT(r.errors, HasSubstr(why));
    EXPECT_NE(::access(store.c_str(), F_OK), 0) << "no store was made";
  };
  refused(folder / "none", (folder / "none") + ": cannot be read");
  refused(folder.path(), folder.path() + ": cannot be read");
  refused(tokens("odd", "gw-7\n"), (folder / "odd") + ":1: not `device token`");
  refused(tokens("other", "gw-8 secret\n"), (folder / "other") + ": no token for device 'gw-7'");
  const auto sky = run({"cloud", "--ledger", "sqlite:" + ledger, "--token-file", folder.path()});
  EXPECT_EQ(sky.code, 2);
  EXPECT_THAT(sky.errors, HasSubstr(folder.path() + ": cannot be read"));
}

TEST_F(hawser_token, edge_and_cloud_read_the_same_file_alike) {
  const auto file = tokens("tokens", "# who may in\n\n  gw-8 other\n \t gw-7 \t secret \r\n");
  ready_cloud sky(ledger, {"--token-file", file});
  auto words = words_with(sky.url(), file);
  words[12] = "5s";
  const auto r = run(words, set_line());
  EXPECT_EQ(r.code, 0) << r.errors;
}

TEST_F(hawser_token, the_file_is_read_anew_at_each_dial_and_the_last_token_outlives_it) {
  const std::string at = folder / "socket";
  const auto cloud_with = [&](const std::string& token) {
    return std::make_unique<ready_cloud>(
        ledger, std::vector<std::string>{"--listen", "unix:" + at, "--token-file",
                                         tokens("cloud-tokens", "gw-7 " + token + "\n")});
  };
  auto words = words_with("ws://cloud", tokens("tokens", "gw-7 old\n"));
  words.insert(words.end(), {"--unix-socket", at, "--follow"});
  auto sky = cloud_with("old");
  program edge(words);
  const auto acknowledged = [&](const std::string& seq) {
    while (const auto line = edge.line()) {
      if (*line == R"({"acknowledged":"gw-7/quota/t/api","seq":)" + seq + "}") return true;
    }
    return false;
  };
  edge.write(set_line());
  EXPECT_TRUE(acknowledged("2"));
  sky.reset();
  tokens("tokens", "gw-7 new\n");
  sky = cloud_with("new");
  edge.write(use_line("k1"));
  EXPECT_TRUE(acknowledged("3"));
  sky.reset();
  ::unlink((folder / "tokens").c_str());
  sky = cloud_with("new");
  edge.write(use_line("k2"));
  EXPECT_TRUE(acknowledged("4"));
}

}  // namespace program_token_test
}  // namespace hawser

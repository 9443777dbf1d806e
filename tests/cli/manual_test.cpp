// The one-liner of docs/cli.md that turns an access log into usage, as it stands there.
#include "support/program_fixture.hpp"

#include <set>

namespace hawser {
namespace manual_test {

using test::field;
using ::testing::HasSubstr;

class manual : public test::program_fixture {
 protected:
  // The part of the one-liner in front of the edge, run by a shell in our folder.
  std::string events_of(const std::string& log) {
    std::ostringstream text;
    text << std::ifstream(HAWSER_MANUAL).rdbuf();
    const std::string all = text.str();
    const auto begin = all.find("log=access");
    const auto end = all.find(" |\n  hawser edge", begin);
    EXPECT_NE(end, std::string::npos);
    std::string script = all.substr(begin, end - begin);
    const auto first = script.find('\n');
    script = "cd '" + folder.path() + "'; log=" + log + script.substr(first) + " > events";
    EXPECT_EQ(std::system(script.c_str()), 0) << script;
    std::ostringstream events;
    events << std::ifstream(folder / "events").rdbuf();
    return events.str();
  }
  void write_log(const std::string& name, int lines, bool feed_at_end) {
    std::ofstream out(folder / name);
    for (int i = 1; i <= lines; ++i) {
      out << R"(10.0.0.1 - - [21/Nov/2026:10:00:00 +0000] "GET /pa"th/)" << i << R"( HTTP/1.1" 200)"
          << (i < lines || feed_at_end ? "\n" : "");
    }
  }
};

TEST_F(manual, the_access_log_line_counts_every_line_of_every_log_once) {
  ASSERT_EQ(std::system("command -v jq > /dev/null"), 0) << "jq is missing";
  write_log("access-1.log", 20, true);
  write_log("access-2.log", 30, false);
  std::set<std::string> keys;
  std::string last;
  for (const char* log : {"access-1.log", "access-2.log", "access-2.log"}) {
    const auto r = run(edge_words(test::nobody), events_of(log));
    EXPECT_EQ(r.code, 3) << r.errors;
    for (const std::string& line : r.lines) EXPECT_THAT(line, HasSubstr(R"({"ok":true)"));
    last = r.lines.back();
  }
  EXPECT_EQ(field(last, "usage"), "50") << "the log that came again counts no more: " << last;
}

}  // namespace manual_test
}  // namespace hawser

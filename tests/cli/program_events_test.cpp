// Events as files of other systems have them, and what the dump says of them.
#include "support/program_fixture.hpp"
#include "support/sql.hpp"

#include <algorithm>
#include <filesystem>

namespace hawser::test {
namespace program_events_test {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class hawser_events : public program_fixture {
 protected:
  static std::string use(const std::string& amount, const std::string& context = "null") {
    return R"({"governor":"quota","id":"t/api","event":"record_usage","metric":"calls","amount":)" +
           amount + R"(,"context":)" + context + "}\n";
  }
};

TEST_F(hawser_events, a_mark_blank_lines_and_carriage_returns_are_no_events) {
  std::string input = "\xEF\xBB\xBF" + set_line();
  input.insert(input.size() - 1, "\r");
  const auto r = run(edge_words(nobody), "\xEF\xBB\xBF\n\r\n \t\n" + input + "\n\r\n\xEF\xBB\xBF" +
                                             use_line("k1") + "x\n");
  EXPECT_EQ(r.code, 3);
  ASSERT_THAT(r.lines, SizeIs(3)) << r.errors;
  EXPECT_THAT(r.lines[0], StartsWith(R"({"ok":true)"));
  EXPECT_THAT(r.lines[1], StartsWith(R"({"ok":true)"));
  EXPECT_THAT(r.lines[2], HasSubstr(R"("error":"bad_event","line":8)")) << "blank lines count";
}

TEST_F(hawser_events, numbers_are_integers_however_they_are_written) {
  const auto r = run(edge_words(nobody), set_line() + use("1.0") + use("1e1") + use("1000e-1") +
                                             use("1.5") + use("1e400") + use("1e30"));
  ASSERT_THAT(r.lines, SizeIs(7));
  EXPECT_THAT(r.lines[3], AllOf(StartsWith(R"({"ok":true)"), HasSubstr(R"("usage":111)")));
  EXPECT_THAT(r.lines[4], AllOf(HasSubstr(R"("error":"wrong_type")"),
                                HasSubstr(R"("parameter":"amount","expected":"integer")")));
  EXPECT_THAT(r.lines[5], HasSubstr("'amount' is a number that 64 bits do not hold exactly: out"));
  EXPECT_THAT(r.lines[6], HasSubstr(R"("parameter":"amount","least":)"));
}

TEST_F(hawser_events, a_context_is_dumped_as_it_was_given_or_said_to_be_dropped) {
  const std::string given = R"({"n":9007199254740993.0,"big":1e400,"digits":)" +
                            std::string(30, '7') + R"(,"zero":-0,"e":1E+2})";
  const auto r = run(edge_words(nobody), set_line() + use("1", given) +
                                             use("1", '"' + std::string(5000, 'x') + '"') +
                                             use("1", R"("\ud800")"));
  ASSERT_THAT(r.lines, SizeIs(4));
  EXPECT_THAT(r.lines[1], Not(HasSubstr("context")));
  EXPECT_THAT(r.lines[2], AllOf(StartsWith(R"({"ok":true)"), HasSubstr(R"("usage":2,)"),
                                HasSubstr(R"("context":"dropped: it is larger than)")));
  EXPECT_THAT(r.lines[3],
              AllOf(HasSubstr(R"("usage":3,)"), HasSubstr(R"("context":"dropped: it)")));
  const auto dump = run({"outbox", "dump", store});
  ASSERT_THAT(dump.lines, SizeIs(5));
  EXPECT_THAT(dump.lines[2], HasSubstr("\"context\":" + given + ","));
  EXPECT_THAT(dump.lines[3], Not(HasSubstr("context")));
  EXPECT_THAT(dump.lines[2], HasSubstr(R"("device":"gw-7","governor":"quota","id":"t/api")"));
}

// Its owner's log would grow for as long as the reader of the dump pauses.
TEST_F(hawser_events, a_dump_whose_reader_pauses_holds_nothing_of_the_store) {
  constexpr int uses = 1500;
  program edge(edge_words(nobody));
  edge.write(set_line());
  for (int i = 1; i <= uses; ++i) {
    edge.write(use_line("k" + std::to_string(i)));
    ASSERT_TRUE(edge.line());
  }
  program dump({"outbox", "dump", store}, folder / "errors");
  ASSERT_TRUE(comes_true([&] { return dump.unread() > 60'000; }));
  EXPECT_TRUE(comes_true([&] {  // But for the slice that it may be reading.
    return sql(store, "PRAGMA wal_checkpoint(TRUNCATE)") == "0" &&
           std::filesystem::file_size(store + "-wal") == 0;
  }));
  ASSERT_TRUE(edge.line());
  edge.write(use_line("more"));
  ASSERT_TRUE(edge.line());
  EXPECT_THAT(dump.rest(), SizeIs(uses + 2));
  EXPECT_EQ(dump.wait_at_most(), 0) << said();
}

}  // namespace program_events_test
}  // namespace hawser::test

// How an edge ends: at the end of its input, and when it is told to.
#include "support/program_fixture.hpp"

namespace hawser {
namespace {

using ::testing::ElementsAre;
using testing::nobody;
using testing::program;
using testing::set_line;
using ::testing::StartsWith;

class hawser_end : public testing::program_fixture {};

TEST_F(hawser_end, a_line_that_was_half_read_is_not_answered) {
  program edge(edge_words(nobody));
  const std::string half = R"({"governor":"quota","id":)";
  edge.write(set_line() + half);  // in one piece, so that both were read
  ASSERT_THAT(edge.line().value_or(""), StartsWith(R"({"ok":true)"));
  edge.signal(SIGTERM);
  EXPECT_THAT(edge.rest(), ElementsAre());
  EXPECT_EQ(edge.wait_at_most(), 3);
}

}  // namespace
}  // namespace hawser

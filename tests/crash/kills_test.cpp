// A short campaign of kills; `scripts/crash` runs the long one.
#include "crash/campaign/kills.hpp"

#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

namespace hawser {
namespace kills_test {

class kills : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(kills, lose_nothing) {
  const test::temp_folder folder;
  crash::kill_options o;
  o.seed = GetParam();
  o.kills = 15;
  o.longest_life = std::chrono::milliseconds(150);
  const crash::verdict found = crash::run_kills(o, folder.path(), [](std::uint64_t) {});
  EXPECT_TRUE(found.holds()) << ::testing::PrintToString(found.findings);
  EXPECT_GE(found.tried, 15U);
  EXPECT_GT(found.answered, 0U);
}

INSTANTIATE_TEST_SUITE_P(seeds, kills, ::testing::Values(1, 2));

}  // namespace kills_test
}  // namespace hawser

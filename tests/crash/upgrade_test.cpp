// A short campaign of killed upgrades; `scripts/crash` runs the long one.
#include "crash/campaign/upgrade.hpp"

#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

namespace hawser {
namespace upgrade_test {

class killed_upgrade : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(killed_upgrade, loses_nothing) {
  const test::temp_folder folder;
  const crash::verdict found = crash::run_upgrade({.seed = GetParam()}, folder.path());
  EXPECT_TRUE(found.holds()) << ::testing::PrintToString(found.findings);
}

INSTANTIATE_TEST_SUITE_P(seeds, killed_upgrade, ::testing::Values(1, 2));

}  // namespace upgrade_test
}  // namespace hawser

// A short campaign of I/O errors and full disks; `scripts/crash` runs the long one.
#include "crash/campaign/injected_errors.hpp"

#include "crash/campaign/rope.hpp"
#include "crash/campaign/small_disk.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace hawser {
namespace injected_errors_test {

using crash::disk_call;
using crash::side;

class injected_error : public ::testing::TestWithParam<std::tuple<int, side>> {};

TEST_P(injected_error, loses_nothing) {
  const auto [call, where] = GetParam();
  const test::temp_folder folder;
  const crash::verdict found = crash::run_injected_error(
      {.seed = 7, .events = 60}, where, static_cast<disk_call>(call), folder.path());
  EXPECT_TRUE(found.holds()) << ::testing::PrintToString(found.findings);
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<int, side>>& of) {
  const auto [call, where] = of.param;
  return std::string(where == side::edge ? "edge_" : "cloud_") +
         to_string(static_cast<disk_call>(call));
}

INSTANTIATE_TEST_SUITE_P(calls, injected_error,
                         ::testing::Combine(::testing::Range(0, crash::disk_calls),
                                            ::testing::Values(side::edge, side::cloud)),
                         name_of);

// A page that cannot be read now says nothing of the file, whichever page it is.
TEST(injected_read_error, at_the_start_moves_nothing_aside) {
  const test::temp_folder folder;
  crash::feeder fed("gw-0", 1, 2);
  crash::disk disk;
  crash::rope rope(folder.path(), &disk, nullptr);
  ASSERT_TRUE(rope.start_edge()) << rope.error();
  rope.feed(fed, 300, 16);
  rope.stop_edge(false);
  int refused = 0;
  bool hit = true;
  for (int nth = 1; hit; ++nth) {
    disk.fail({.call = disk_call::read, .nth = nth, .code = SQLITE_IOERR_READ});
    refused += rope.start_edge() ? 0 : 1;
    hit = disk.failed() > 0;
    disk.heal();
    rope.stop_edge(false);
    ASSERT_FALSE(std::filesystem::exists(rope.edge_store() + ".corrupt-1")) << "read " << nth;
  }
  EXPECT_GT(refused, 10);
}

class full_disk : public ::testing::TestWithParam<side> {};

TEST_P(full_disk, loses_nothing) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const test::temp_folder folder;
    const crash::verdict found = crash::run_full_disk({.seed = seed}, GetParam(), folder.path());
    EXPECT_TRUE(found.holds()) << ::testing::PrintToString(found.findings);
  }
}

INSTANTIATE_TEST_SUITE_P(sides, full_disk, ::testing::Values(side::edge, side::cloud),
                         [](const auto& of) { return of.param == side::edge ? "edge" : "cloud"; });

TEST(small_disk, that_is_really_full_loses_nothing) {
  const test::temp_folder folder;
  const crash::verdict found = crash::run_small_disk({.seed = 1, .fillings = 3}, folder.path());
  if (found.tried == 0 && found.holds()) GTEST_SKIP() << "mounting is not allowed here";
  EXPECT_TRUE(found.holds()) << ::testing::PrintToString(found.findings);
}

}  // namespace injected_errors_test
}  // namespace hawser

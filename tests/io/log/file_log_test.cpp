// The log file that rotates.
#include <hawser/io/log.hpp>

#include "support/temp_folder.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

namespace hawser {
namespace file_log_test {

using ::testing::EndsWith;
using ::testing::MatchesRegex;

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

struct file_log : ::testing::Test {
  // Fails the test if it is refused.
  std::shared_ptr<log_sink> open(std::uint64_t max_bytes, std::size_t older,
                                 log_level threshold = log_level::info) {
    auto made = io::make_file_log("gw-7", path, threshold, max_bytes, older);
    EXPECT_EQ(words_of(made), "");
    return made ? *made : nullptr;
  }
  // The number at the end of each line, newest file last.
  std::vector<int> numbers(std::size_t older) const {
    std::vector<int> out;
    for (std::size_t i = older + 1; i-- > 0;) {
      const std::string file = i == 0 ? path : folder / ("app." + std::to_string(i) + ".log");
      for (const auto& line : lines_of(file))
        out.push_back(std::stoi(line.substr(line.rfind(' '))));
    }
    return out;
  }

  test::temp_folder folder;
  const std::string path = folder / "app.log";
  std::string error;
};

TEST_F(file_log, holds_lines_with_time_level_and_name) {
  const auto log = open(1 << 20, 3);
  EXPECT_EQ(log->threshold(), log_level::info);
  log->write(log_level::warn, "{} %s: no format");
  std::vector<std::string> lines;
  while (lines.empty()) lines = lines_of(path);  // Soon, not when it is closed.
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0],
              MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9:.]+Z W \\[gw-7\\] \\{\\} %s: no format"));
}

TEST_F(file_log, is_continued_by_the_next_run) {
  open(1 << 20, 3)->write(log_level::info, "first");
  open(1 << 20, 3)->write(log_level::info, "second");
  const auto lines = lines_of(path);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[1], EndsWith("second"));
}

TEST_F(file_log, rotates_and_keeps_so_many_older_ones) {
  auto log = open(1024, 2);
  for (int i = 0; i < 1000; ++i) log->write(log_level::info, "line " + std::to_string(i));
  log.reset();  // All of it is written then.
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    files.insert(entry.path().filename());
    EXPECT_LE(entry.file_size(), 1024U);
  }
  EXPECT_EQ(files, (std::set<std::string>{"app.log", "app.1.log", "app.2.log"}));
  const auto kept = numbers(2);
  ASSERT_GT(kept.size(), 40U);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i], 1000 - static_cast<int>(kept.size() - i)) << "the last ones, none missing";
  }
}

TEST_F(file_log, without_older_ones_begins_again) {
  auto log = open(1024, 0);
  for (int i = 0; i < 100; ++i) log->write(log_level::info, "line " + std::to_string(i));
  log.reset();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  EXPECT_LE(std::filesystem::file_size(path), 1024U);
  EXPECT_EQ(numbers(0).back(), 99);
}

TEST_F(file_log, takes_lines_from_several_threads) {
  auto log = open(64 * 1024, 10);
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < 1000; ++i)
        log->write(log_level::info, "n " + std::to_string(t * 1000 + i));
    });
  }
  for (auto& w : writers) w.join();
  log.reset();
  auto all = numbers(10);
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), 4000U);
  for (int i = 0; i < 4000; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], i);
}

// A trace that is turned on while the log wants warnings only.
TEST_F(file_log, takes_what_is_below_its_threshold_unless_it_is_off) {
  open(1 << 20, 3, log_level::error)->write(log_level::trace, "asked for");
  EXPECT_EQ(lines_of(path).size(), 1U);
  open(1 << 20, 3, log_level::off)->write(log_level::error, "not wanted");
  EXPECT_EQ(lines_of(path).size(), 1U);
}

TEST_F(file_log, that_cannot_be_opened_is_refused) {
  const std::string nowhere = folder / "no/such/folder/app.log";
  const auto none = io::make_file_log("x", nowhere, log_level::info, 1024, 1);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, boost::system::errc::no_such_file_or_directory);
  EXPECT_EQ(words_of(none), nowhere + ": No such file or directory");
  const auto directory = io::make_file_log("x", folder.path(), log_level::info, 1024, 1);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, boost::system::errc::is_a_directory);
}

TEST_F(file_log, bounds_out_of_range_are_refused_and_no_file_is_made) {
  const std::pair<std::uint64_t, std::size_t> wrong[] = {{0, 1}, {1023, 1}, {1024, 1001}};
  for (const auto& [max_bytes, older] : wrong) {
    const auto none = io::make_file_log("x", path, log_level::info, max_bytes, older);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, errc::invalid_option);
    EXPECT_EQ(words_of(none),
              "a log file rotates at 1,024 bytes or more, and at most 1,000 older ones are kept");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_NE(open(1024, 1000), nullptr);
}

// As static objects do, whose destructors run when the thread's own objects are gone.
TEST_F(file_log, takes_lines_of_what_is_destroyed_behind_its_own_objects) {
  auto log = open(1 << 20, 3);
  std::thread([log] {
    struct last {
      std::shared_ptr<log_sink> to;
      ~last() {
        if (to) to->write(log_level::warn, "the end");
      }
    };
    thread_local last words;
    words.to = log;
    log->write(log_level::warn, "the beginning");
  }).join();
  log.reset();
  const auto lines = lines_of(path);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[1], EndsWith(" W [gw-7] the end"));
}

}  // namespace file_log_test
}  // namespace hawser

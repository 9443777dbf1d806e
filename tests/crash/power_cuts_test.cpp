// A short campaign of power cuts; `scripts/crash` runs the long one.
#include "crash/campaign/power_cuts.hpp"

#include "crash/campaign/disk_image.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

namespace hawser {
namespace power_cuts_test {

using crash::chance;
using crash::cut_kind;
using crash::disk_event;
using crash::disk_image;

class power_cuts : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(power_cuts, lose_nothing) {
  const test::temp_folder folder;
  crash::cut_options o;
  o.seed = GetParam();
  o.images = 40;
  o.failing_syncs = o.seed % 2 != 0;
  const crash::verdict found = crash::run_power_cuts(o, folder.path());
  EXPECT_TRUE(found.holds()) << ::testing::PrintToString(found.findings);
  EXPECT_EQ(found.tried, 40U);
}

INSTANTIATE_TEST_SUITE_P(seeds, power_cuts, ::testing::Values(2, 3));

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A file of two sectors that are safe, and two writes that are not.
class image_of_a_disk : public ::testing::Test {
 protected:
  image_of_a_disk() {
    now.apply({disk_event::kind::made, "f"});
    write(0, std::string(1024, 's'));
    now.apply({disk_event::kind::synced, "f"});
    write(0, std::string(1024, 'a'));
    write(512, std::string(1024, 'b'));
  }
  void write(std::int64_t at, std::string data) {
    now.apply({disk_event::kind::written, "f", at, std::move(data)});
  }
  /// The first byte of each sector; "-": there is no file.
  std::string after(cut_kind kind) {
    const test::temp_folder folder;
    now.write(folder.path(), "f", kind, decide);
    const std::string data = read(folder / "f");
    std::string out;
    for (std::size_t at = 0; at < data.size(); at += crash::sector)
      out += data[at] ? data[at] : '0';
    return out.empty() ? "-" : out;
  }
  std::set<std::string> many(cut_kind kind) {
    std::set<std::string> out;
    for (int i = 0; i < 200; ++i) out.insert(after(kind));
    return out;
  }

  disk_image now;
  chance decide{1};
};

TEST_F(image_of_a_disk, has_what_was_synced_and_what_may_be_there) {
  EXPECT_EQ(after(cut_kind::nothing), "ss");
  EXPECT_EQ(after(cut_kind::everything), "abb");
  EXPECT_EQ(many(cut_kind::prefix), (std::set<std::string>{"ss", "as", "aa", "ab", "abb"}));
  EXPECT_EQ(many(cut_kind::suffix), (std::set<std::string>{"ss", "sbb", "abb"}));
  const auto any = many(cut_kind::sectors);
  for (const char* torn : {"ss", "as", "sa", "sb", "ssb", "abb", "aab"}) {
    EXPECT_TRUE(any.contains(torn)) << torn;
  }
}

TEST_F(image_of_a_disk, keeps_what_was_synced_whatever_comes) {
  now.apply({disk_event::kind::synced, "f"});
  for (int kind = 0; kind < crash::cut_kinds; ++kind) {
    EXPECT_EQ(many(static_cast<cut_kind>(kind)), std::set<std::string>{"abb"});
  }
}

TEST_F(image_of_a_disk, may_lose_for_ever_what_a_failed_sync_had_to_make_safe) {
  now.apply({disk_event::kind::not_synced, "f"});
  now.apply({disk_event::kind::synced, "f"});
  EXPECT_EQ(after(cut_kind::nothing), "ss");
  EXPECT_EQ(after(cut_kind::everything), "abb");
  write(512, std::string(512, 'c'));
  now.apply({disk_event::kind::synced, "f"});
  EXPECT_EQ(after(cut_kind::nothing), "sc");
  EXPECT_EQ(after(cut_kind::everything), "acb");
}

TEST_F(image_of_a_disk, may_bring_a_removed_file_back_until_the_folder_is_synced) {
  now.apply({disk_event::kind::removed, "f"});
  EXPECT_EQ(after(cut_kind::everything), "-");
  EXPECT_EQ(after(cut_kind::nothing), "ss");
  now.apply({disk_event::kind::made, "g"});
  disk_event synced{disk_event::kind::synced, "g"};
  synced.folder = true;
  now.apply(synced);
  EXPECT_EQ(after(cut_kind::nothing), "-");
}

TEST_F(image_of_a_disk, may_lose_a_file_whose_name_was_not_synced) {
  disk_image fresh;
  fresh.apply({disk_event::kind::made, "f"});
  fresh.apply({disk_event::kind::written, "f", 0, "x"});
  now = fresh;
  EXPECT_EQ(after(cut_kind::nothing), "-");
  EXPECT_EQ(after(cut_kind::everything), "x");
}

}  // namespace power_cuts_test
}  // namespace hawser

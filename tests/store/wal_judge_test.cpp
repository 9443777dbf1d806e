// What a damaged log is, and what a power cut leaves: each bit, each set of lost sectors.
#include "store/sqlite/wal_judge.hpp"

#include "support/log_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace hawser {
namespace wal_judge_test {

using io::sqlite::wal_judge;
using test::log_image;
using ::testing::HasSubstr;

constexpr std::size_t sector = 512;

std::string judge(bytes_view log) {
  wal_judge j(log.first(std::min(log.size(), wal_judge::header_size)), log_image::page_size);
  for (std::size_t at = wal_judge::header_size; at + j.frame_size() <= log.size();
       at += j.frame_size()) {
    j.add(log.subspan(at, j.frame_size()));
  }
  return j.damage();
}

/// Three transactions of three frames each.
log_image three(bool big_endian = false) {
  log_image log(7, big_endian);
  log.transaction(3, 1).transaction(3, 20).transaction(3, 40);
  return log;
}

TEST(wal_judge, finds_nothing_in_a_whole_log) {
  for (const bool big_endian : {false, true}) {
    const log_image log = three(big_endian);
    EXPECT_EQ(judge(log.content), "");
    wal_judge j(bytes_view(log.content).first(32), 4096);
    EXPECT_TRUE(j.header_valid());
    EXPECT_EQ(j.frame_size(), log_image::frame_size) << "the header says it";
  }
}

TEST(wal_judge, finds_nothing_in_a_log_that_ends_anywhere) {
  const log_image log = three();
  for (std::size_t size = 0; size <= log.content.size(); size += 5) {
    EXPECT_EQ(judge(bytes_view(log.content).first(size)), "") << size;
  }
}

TEST(wal_judge, finds_each_flipped_bit_before_the_last_transaction_and_none_in_it) {
  for (const bool big_endian : {false, true}) {
    const log_image log = three(big_endian);
    bytes damaged = log.content;
    for (std::size_t at = log_image::at(1); at < damaged.size(); ++at) {
      const bool in_header = (at - log_image::at(1)) % log_image::frame_size < 24;
      if (!in_header && at % 9 != 0) continue;  // Enough of the pages.
      for (const int bit : {0, 3, 7}) {
        damaged[at] ^= std::byte(1 << bit);
        const std::string found = judge(damaged);
        EXPECT_EQ(found.empty(), at >= log_image::at(7)) << at << ", bit " << bit;
        damaged[at] = log.content[at];
      }
    }
  }
}

TEST(wal_judge, names_the_frame_and_its_proof) {
  log_image log = three();
  log.content[log_image::at(2) + 100] ^= std::byte{1};
  EXPECT_EQ(judge(log.content),
            "frame 2 of its log is damaged, and frame 4 was written after it was on disk");
  log.content[3] ^= std::byte{1};
  EXPECT_THAT(judge(log.content), HasSubstr("the header of its log is damaged"));
}

TEST(wal_judge, finds_each_flipped_bit_of_a_header_that_frames_stand_behind) {
  for (const std::size_t frames : {1U, 3U}) {
    log_image log(7);
    log.transaction(frames, 1);
    for (std::size_t at = 0; at < 32; ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        bytes damaged = log.content;
        damaged[at] ^= std::byte(1 << bit);
        // Of a single frame, the header's salts and checksum are all that vouches.
        const bool vouched = frames > 1 || at < 16;
        EXPECT_EQ(judge(damaged).empty(), !vouched) << frames << " frames, byte " << at;
      }
    }
  }
}

TEST(wal_judge, takes_a_header_that_was_never_written_for_none) {
  EXPECT_EQ(judge(bytes(32)), "");
  EXPECT_EQ(judge(bytes(5'000)), "") << "zeros are no frames";
  log_image log(7);
  log.content.resize(20);
  EXPECT_EQ(judge(log.content), "");
}

TEST(wal_judge, finds_zeroed_and_swapped_parts) {
  const log_image log = three();
  bytes damaged = log.content;
  std::fill_n(damaged.begin() + sector, sector, std::byte{0});
  EXPECT_NE(judge(damaged), "");
  damaged = log.content;
  std::swap_ranges(damaged.begin() + static_cast<std::ptrdiff_t>(log_image::at(1)),
                   damaged.begin() + static_cast<std::ptrdiff_t>(log_image::at(2)),
                   damaged.begin() + static_cast<std::ptrdiff_t>(log_image::at(2)));
  EXPECT_NE(judge(damaged), "");
  damaged = log.content;
  std::fill_n(damaged.begin(), 32, std::byte{0});
  EXPECT_NE(judge(damaged), "") << "the header is gone, the frames are not";
}

/// What stood in the file before the last transaction was written over it.
struct ground {
  const char* name;
  bytes content;
};

std::vector<ground> grounds(const log_image& before) {
  std::vector<ground> out{{"nothing", before.content}};
  out.push_back({"zeros", before.content});
  out.back().content.resize(before.content.size() + 20 * log_image::frame_size);
  const auto over = [&](const char* name, const log_image& old) {
    bytes content = old.content;
    std::copy(before.content.begin(), before.content.end(), content.begin());
    out.push_back({name, content});
  };
  log_image older(6);  // of the log before it was begun anew
  for (std::uint8_t i = 0; i < 16; ++i) older.transaction(3, i);
  over("the log before", older);
  log_image spilled = before;
  spilled.transaction(12, 90, false);
  over("a group that was rolled back", spilled);
  log_image failed = before;
  failed.transaction(5, 91);
  over("a group whose sync failed", failed);
  log_image both = before;
  both.transaction(12, 90, false);
  std::copy(failed.content.begin(), failed.content.end(), both.content.begin());
  over("both", both);
  return out;
}

TEST(wal_judge, takes_no_set_of_lost_sectors_of_the_last_transaction_for_damage) {
  for (const std::size_t transactions : {0U, 1U, 2U, 7U, 13U}) {
    log_image before(7);
    for (std::size_t i = 0; i < transactions; ++i) before.transaction(3, std::uint8_t(i));
    log_image after = before;
    after.transaction(4, 50);
    for (const ground& g : grounds(before)) {
      const std::size_t first = before.content.size() / sector;
      const std::size_t count = (after.content.size() - 1) / sector + 1 - first;
      for (unsigned kept = 0; kept < 1U << count; ++kept) {
        bytes image = g.content;
        for (std::size_t i = 0; i < count; ++i) {
          if ((kept >> i & 1) == 0) continue;
          const std::size_t from = (first + i) * sector;
          const std::size_t to = std::min(from + sector, after.content.size());
          if (image.size() < to) image.resize(to);
          std::copy(after.content.begin() + static_cast<std::ptrdiff_t>(from),
                    after.content.begin() + static_cast<std::ptrdiff_t>(to),
                    image.begin() + static_cast<std::ptrdiff_t>(from));
        }
        EXPECT_EQ(judge(image), "") << transactions << " before, over " << g.name << ", " << kept;
      }
    }
  }
}

// What follows a torn transaction is written over it: a log of the same salts, with its rest
// behind.
TEST(wal_judge, finds_nothing_where_a_log_goes_on_over_a_torn_one) {
  log_image torn(7);
  torn.transaction(3, 1).transaction(9, 2);
  log_image on(7);
  on.transaction(3, 1).transaction(2, 3).transaction(2, 4);
  bytes content = torn.content;
  std::copy(on.content.begin(), on.content.end(), content.begin());
  EXPECT_EQ(judge(content), "");
  content[log_image::at(5)] ^= std::byte{1};
  EXPECT_NE(judge(content), "");
  content[log_image::at(5)] ^= std::byte{1};
  content[log_image::at(7)] ^= std::byte{1};
  EXPECT_EQ(judge(content), "") << "the last one";
}

TEST(wal_judge, takes_a_repeated_last_frame_for_no_proof) {
  log_image log(7);
  log.transaction(3, 1);
  log.add(9, 40, 5);
  const std::size_t end = log.frames();
  log.add(9, 40, 5);
  for (std::size_t frame = 4; frame <= end; ++frame) {
    bytes damaged = log.content;
    damaged[log_image::at(frame) + 60] ^= std::byte{1};
    EXPECT_EQ(judge(damaged), "") << frame;
  }
  log.transaction(1, 8);
  log.content[log_image::at(end) + 60] ^= std::byte{1};
  EXPECT_NE(judge(log.content), "");
}

}  // namespace wal_judge_test
}  // namespace hawser

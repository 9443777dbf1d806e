// Random damage to closed files: it is reported, or it changed nothing that is shown.
#include "support/outbox_fixture.hpp"
#include "support/words.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

namespace hawser {
namespace file_corruption_test {

using test::receipt_chain;

constexpr int rounds = 100;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

/// Flips 1 to 16 bytes, zeroes a sector, or cuts the end off.
std::string damaged(std::string content, std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  switch (below(3)) {
    case 0: {
      const std::size_t at = below(content.size());
      const std::size_t end = std::min(content.size(), at + 1 + below(16));
      for (std::size_t i = at; i < end; ++i) {
        content[i] = static_cast<char>(content[i] ^ static_cast<char>(1 + below(255)));
      }
      break;
    }
    case 1: {
      const std::size_t at = below(content.size() / 512) * 512;
      content.replace(at, 512, 512, '\0');
      break;
    }
    default:
      content.resize(below(content.size()));
  }
  return content;
}

using dump = std::vector<std::pair<stream_key, receipt>>;

struct seen {
  bool sound = false;  ///< no error and nothing broken
  bool positioned = true;
  dump shown;
};

template <class Open>
seen look(Open open, const std::string& path) {
  seen out;
  const auto archive = open(path);
  if (!archive) {
    EXPECT_FALSE(archive.error().detail.empty());
    return out;
  }
  const auto h = make_sha256();
  const auto audited = audit(**archive, *h, [&](const stored_stream& s, const receipt& r) {
    out.shown.emplace_back(s.key, r);
  });
  if (audited) {
    out.sound = audited->broken == 0;
    out.positioned = out.sound || audited->first_broken;
  }
  return out;
}

/// Whether all that is shown was there, stream by stream from the start or in whole: `all` holds
/// the streams one after the other.
bool is_part_of(const dump& shown, const dump& all) {
  auto at = all.begin();
  for (const auto& r : shown) {
    at = std::find(at, all.end(), r);
    if (at == all.end()) return false;
    ++at;
  }
  return true;
}

template <class Open>
void survives(Open open, const std::string& path, std::uint64_t seed) {
  const std::string whole = read_file(path);
  const seen before = look(open, path);
  ASSERT_TRUE(before.sound);
  ASSERT_GT(before.shown.size(), 300U);
  std::mt19937_64 random(seed);
  int reported = 0;
  for (int i = 0; i < rounds; ++i) {
    SCOPED_TRACE(i);
    write_file(path, damaged(whole, random));
    const seen after = look(open, path);
    EXPECT_TRUE(after.positioned);
    if (after.sound) {
      EXPECT_EQ(after.shown, before.shown);
    } else {
      ++reported;
      EXPECT_TRUE(is_part_of(after.shown, before.shown)) << "a changed receipt was shown";
    }
  }
  EXPECT_GT(reported, rounds / 2) << "most of a file is in use";
}

class file_corruption : public test::outbox_fixture {
 protected:
  static constexpr int streams = 5;
};

TEST_F(file_corruption, of_an_outbox_is_reported_or_harmless) {
  options.limits.retention = 0;
  {
    const auto store = open_store();
    for (std::uint32_t sid = 1; sid <= streams; ++sid) {
      receipt_chain chain = new_stream(*store, "quota/tenant-" + std::to_string(sid));
      add(*store, sid, chain, 80);
      if (sid % 2 == 0) acknowledge(*store, sid, 10 * sid, 1'000);
    }
  }
  survives(open_outbox_archive, options.path, 1);
}

TEST_F(file_corruption, of_a_ledger_is_reported_or_harmless) {
  const std::string path = folder / "ledger.db";
  {
    const auto l = take_words(open_ledger({.path = path}), error).value();
    for (std::uint64_t n = 1; n <= streams; ++n) {
      receipt_chain chain({"gw-" + std::to_string(n), "quota/a", n});
      const stream_head origin = chain.head();
      ASSERT_TRUE(l->begin());
      ASSERT_TRUE(l->append({chain.key(), origin, chain.next_batch(80)}));
      ASSERT_TRUE(l->commit());
    }
  }
  survives(open_ledger_archive, path, 2);
}

TEST_F(file_corruption, never_ends_the_owner_or_loses_the_file) {
  {
    const auto store = open_store();
    for (std::uint32_t sid = 1; sid <= streams; ++sid) {
      receipt_chain chain = new_stream(*store, "quota/tenant-" + std::to_string(sid));
      add(*store, sid, chain, 80);
    }
  }
  const std::string whole = read_file(options.path);
  std::mt19937_64 random(3);
  for (int i = 0; i < rounds / 2; ++i) {
    SCOPED_TRACE(i);
    const std::string content = damaged(whole, random);
    write_file(options.path, content);
    for (const char* log : {"-wal", "-shm"}) std::filesystem::remove(options.path + log);
    const auto opened = take_words(open_outbox(options), error);
    if (opened && opened->moved_aside) {
      EXPECT_EQ(read_file(opened->moved_aside->path), content);
      EXPECT_TRUE(opened->store->streams().value().empty());
    } else if (opened && !content.empty()) {
      EXPECT_EQ(opened->store->streams().value().size(), streams);
      EXPECT_EQ(opened->store->pending().value(), 80U * streams);
    }
  }
}

}  // namespace file_corruption_test
}  // namespace hawser

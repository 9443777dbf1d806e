// Whoever only reads a store leaves every byte of its folder alone, whatever is left of the store.
#include <hawser/io/crypto.hpp>

#include "support/outbox_fixture.hpp"
#include "support/words.hpp"

#include <fstream>
#include <functional>
#include <map>

namespace hawser {
namespace archive_readonly_test {

namespace fs = std::filesystem;
using test::receipt_chain;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::map<std::string, std::string> content_of(const std::string& folder) {
  std::map<std::string, std::string> out;
  for (const auto& f : fs::directory_iterator(folder)) {
    out[f.path().filename()] = read_file(f.path());
  }
  return out;
}

// What may have become of a file: its content, or that it is gone.
struct delivery {
  const char* name;
  std::function<std::optional<std::string>(const std::string&)> of;
};
const delivery deliveries[] = {
    {"whole", [](auto& s) { return std::optional(s); }},
    {"gone", [](auto&) { return std::optional<std::string>(); }},
    {"empty", [](auto&) { return std::optional<std::string>(""); }},
    {"cut", [](auto& s) { return std::optional(s.substr(0, s.size() / 2 + 7)); }},
    {"garbage", [](auto& s) { return std::optional(std::string(s.size(), '\xa5')); }},
};

using open_archive = decltype(&open_outbox_archive);

class readonly_archive : public test::outbox_fixture {
 protected:
  void keep_a_copy() {
    for (const char* suffix : suffixes) parts[suffix] = read_file(options.path + suffix);
    ASSERT_GT(parts["-wal"].size(), 0U);
  }
  /// All the ways that a reader has.
  void read_all(open_archive how, const std::string& path) {
    const auto archive = how(path);
    if (!archive) return;
    const auto h = make_sha256();
    (void)(*archive)->damage();
    (void)audit(**archive, *h, {});
  }
  void expect_untouched_in_every_state(open_archive how) {
    const std::string at = folder / "state/s.db";
    int states = 0;
    for (const delivery& database : deliveries) {
      for (const delivery& log : deliveries) {
        for (const delivery& index : deliveries) {
          fs::remove_all(folder / "state");
          fs::create_directory(folder / "state");
          const delivery* of[] = {&database, &log, &index};
          for (std::size_t i = 0; i < 3; ++i) {
            const auto content = of[i]->of(parts[suffixes[i]]);
            if (content) write_file(at + suffixes[i], *content);
          }
          const auto before = content_of(folder / "state");
          read_all(how, at);
          EXPECT_EQ(content_of(folder / "state"), before)
              << "database " << database.name << ", log " << log.name << ", index " << index.name;
          ++states;
        }
      }
    }
    EXPECT_EQ(states, 125);
  }
  /// The owner has the store open; what it only marks is in the index.
  void expect_untouched_beside_the_owner(open_archive how, const std::function<void()>& happen) {
    happen();
    auto before = content_of(folder.path());
    read_all(how, options.path);
    auto after = content_of(folder.path());
    before.erase("edge.db-shm");
    after.erase("edge.db-shm");
    EXPECT_EQ(after, before);
  }

  static constexpr const char* suffixes[] = {"", "-wal", "-shm"};
  std::map<std::string, std::string> parts;
};

TEST_F(readonly_archive, of_an_outbox_changes_no_byte) {
  {
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    add(*store, 1, chain, 20);
    keep_a_copy();
  }
  expect_untouched_in_every_state(open_outbox_archive);
}

TEST_F(readonly_archive, of_a_ledger_changes_no_byte) {
  {
    const auto l = *take_words(open_ledger({.path = options.path}), error);
    receipt_chain chain({"gw-7", "quota/a", 1});
    const stream_head origin = chain.head();
    const auto rows = chain.next_batch(20);
    ASSERT_TRUE(l->begin());
    ASSERT_TRUE(l->append({chain.key(), origin, rows}));
    ASSERT_TRUE(l->commit());
    keep_a_copy();
  }
  expect_untouched_in_every_state(open_ledger_archive);
}

TEST_F(readonly_archive, beside_its_owner_changes_marks_at_most) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 20);
  expect_untouched_beside_the_owner(open_outbox_archive, [] {});
  expect_untouched_beside_the_owner(open_outbox_archive, [&] { fs::resize_file(options.path, 0); });
}

TEST_F(readonly_archive, beside_the_owner_of_a_ledger_changes_marks_at_most) {
  const auto l = *take_words(open_ledger({.path = options.path}), error);
  receipt_chain chain({"gw-7", "quota/a", 1});
  const stream_head origin = chain.head();
  const auto rows = chain.next_batch(20);
  ASSERT_TRUE(l->begin());
  ASSERT_TRUE(l->append({chain.key(), origin, rows}));
  ASSERT_TRUE(l->commit());
  expect_untouched_beside_the_owner(open_ledger_archive, [] {});
  expect_untouched_beside_the_owner(open_ledger_archive, [&] { fs::resize_file(options.path, 0); });
}

TEST_F(readonly_archive, says_of_an_emptied_database_what_is_left) {
  {
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    add(*store, 1, chain, 20);
    keep_a_copy();
  }
  write_file(options.path, "");
  write_file(options.path + "-wal", parts["-wal"]);
  const auto opened = take_words(open_outbox_archive(options.path), error);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), store_errc::corrupt);
  EXPECT_EQ(error, options.path + ": is empty, its log is not");
}

TEST_F(readonly_archive, of_a_store_that_was_killed_shows_its_log_without_its_index) {
  {
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    add(*store, 1, chain, 20);
    keep_a_copy();
  }
  fs::create_directory(folder / "state");
  for (const char* suffix : suffixes) write_file(folder / "state/s.db" + suffix, parts[suffix]);
  const auto h = make_sha256();
  const auto seen =
      audit(**take_words(open_outbox_archive(folder / "state/s.db"), error), *h, {}).value();
  EXPECT_EQ(seen.receipts, 20U);
  EXPECT_EQ(seen.broken, 0U);
}

}  // namespace archive_readonly_test
}  // namespace hawser

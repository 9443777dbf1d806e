// A ledger of the version before: what it has stays, whatever ends the upgrade.
#include <hawser/io/crypto.hpp>
#include <hawser/store/sqlite.hpp>

#include "support/fault_vfs.hpp"
#include "support/receipt_chain.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace hawser {
namespace ledger_upgrade_test {

namespace fs = std::filesystem;
using test::fault_vfs;
using test::receipt_chain;
using test::sql;
using ::testing::HasSubstr;

constexpr const char* all_of_the_schema =
    "SELECT group_concat(type || name || sql, '|') FROM "
    "(SELECT * FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name)";
constexpr const char* content_of_version_1 =
    "SELECT (SELECT group_concat(key || hex(value)) FROM meta) || "
    "(SELECT group_concat(id || device || governor || epoch || hex(origin) || seq || hex(head) || "
    "status) FROM stream) || "
    "(SELECT group_concat(lsn || stream || seq || hex(hash) || hex(body)) FROM receipt)";

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class ledger_upgrade : public ::testing::Test {
 protected:
  /// A closed ledger as version 1 left it: a stream of five, a quarantined one of three.
  ledger_upgrade() {
    {
      const auto l = take_words(open_ledger({.path = path}), error).value();
      append(*l, good, 5);
      receipt_chain other = forked;
      append(*l, forked, 3);
      const auto rows = other.next_batch(3, "other");
      EXPECT_TRUE(l->begin());
      EXPECT_EQ(l->append({other.key(), {0, other_origin()}, rows}).value().status,
                append_status::fork);
      EXPECT_TRUE(l->commit());
    }
    sql(path, "ALTER TABLE stream DROP COLUMN sum; DROP TABLE clock; PRAGMA user_version = 1");
    content = sql(path, content_of_version_1);
  }
  digest other_origin() const { return chain_origin(*make_sha256(), forked.key()); }
  static void append(ledger& l, receipt_chain& chain, std::size_t count) {
    const stream_head before = chain.head();
    const auto rows = chain.next_batch(count);
    ASSERT_TRUE(l.begin());
    ASSERT_EQ(l.append({chain.key(), before, rows}).value().status, append_status::committed);
    ASSERT_TRUE(l.commit());
  }
  void expect_all_of_it(ledger& l) {
    EXPECT_EQ(l.find(good.key()).value()->head, good.head());
    EXPECT_FALSE(l.find(good.key()).value()->forked);
    EXPECT_EQ(l.find(forked.key()).value()->head, forked.head());
    EXPECT_TRUE(l.find(forked.key()).value()->forked);
    EXPECT_EQ(l.read(good.key(), 1, 100).value().size(), 5U);
  }

  test::temp_folder folder;
  std::string path = folder / "ledger.db";
  std::string error;
  receipt_chain good{{"gw-1", "quota/a", 1}};
  receipt_chain forked{{"gw-2", "quota/a", 1}};
  std::string content;
};

TEST_F(ledger_upgrade, keeps_everything) {
  expect_all_of_it(*take_words(open_ledger({.path = path}), error).value());
  EXPECT_EQ(sql(path, "PRAGMA user_version"), "2");
  EXPECT_EQ(sql(path, content_of_version_1), content);
  EXPECT_EQ(sql(path, "SELECT count(*) FROM stream WHERE sum IS NULL"), "0");
  const auto again = take_words(open_ledger({.path = path}), error).value();
  expect_all_of_it(*again);
  append(*again, good, 2);
}

TEST_F(ledger_upgrade, makes_the_schema_of_a_new_file) {
  ASSERT_TRUE(take_words(open_ledger({.path = path}), error)) << error;
  ASSERT_TRUE(take_words(open_ledger({.path = folder / "new.db"}), error)) << error;
  EXPECT_EQ(sql(path, all_of_the_schema), sql(folder / "new.db", all_of_the_schema));
}

TEST_F(ledger_upgrade, that_fails_leaves_the_old_file_or_a_whole_new_one) {
  fs::copy(path, folder / "old.db");
  int refused = 0;
  for (const auto& [what, code] : {std::pair(fault_vfs::kind::write, SQLITE_FULL),
                                   std::pair(fault_vfs::kind::write, SQLITE_IOERR_WRITE),
                                   std::pair(fault_vfs::kind::sync, SQLITE_IOERR_FSYNC)}) {
    for (int nth = 1; nth <= 15; ++nth) {
      SCOPED_TRACE(std::to_string(code) + " at " + std::to_string(nth));
      const std::string copy = folder / (std::to_string(code) + "-" + std::to_string(nth));
      fs::copy(folder / "old.db", copy);
      {
        fault_vfs disk;
        disk.fail(what, nth, code, 1'000'000);
        const auto opened = take_words(ledger_in_sqlite(disk.name())({.path = copy}), error);
        refused += opened ? 0 : 1;
      }
      const auto again = take_words(open_ledger({.path = copy}), error);
      ASSERT_TRUE(again) << error;
      expect_all_of_it(**again);
      EXPECT_EQ(sql(copy, content_of_version_1), content);
    }
  }
  EXPECT_GT(refused, 5) << "the faults have to hit the upgrade";
}

TEST_F(ledger_upgrade, of_what_is_not_ours_is_not_tried) {
  sql(path, "CREATE TABLE notes(a)");
  EXPECT_EQ(take_words(open_ledger({.path = path}), error).error(), store_errc::failed);
  EXPECT_THAT(error, HasSubstr("foreign table: notes"));
  EXPECT_EQ(sql(path, "PRAGMA user_version"), "1");
  EXPECT_EQ(sql(path, content_of_version_1), content);
}

TEST_F(ledger_upgrade, is_not_needed_for_an_audit_and_not_made_by_one) {
  const std::string before = read_file(path);
  {
    const auto archive = take_words(open_ledger_archive(path), error);
    ASSERT_TRUE(archive) << error;
    const auto h = make_sha256();
    const auto found = audit(**archive, *h, {});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->broken, 0U);
    EXPECT_EQ(found->receipts, 8U);
  }
  EXPECT_EQ(read_file(path), before);
}

// --- rows of version 2

class ledger_rows : public ledger_upgrade {
 protected:
  ledger_rows() { EXPECT_TRUE(take_words(open_ledger({.path = path}), error)) << error; }
  std::string first_break() {
    const auto archive = take_words(open_ledger_archive(path), error).value();
    const auto h = make_sha256();
    const auto found = audit(*archive, *h, {}).value();
    EXPECT_EQ(found.broken, found.first_broken ? 1U : 0U);
    return found.first_broken ? found.first_broken->stream + ": " + found.first_broken->what : "";
  }
};

// A stream that was quarantined is let in again, or one that is sound is not.
TEST_F(ledger_rows, with_another_status_are_refused_and_named) {
  EXPECT_EQ(first_break(), "");
  sql(path, "UPDATE stream SET status = 0 WHERE device = 'gw-2'");
  EXPECT_EQ(first_break(), "gw-2/quota/a: table stream, id 2: its checksum does not match");
  const auto l = take_words(open_ledger({.path = path}), error).value();
  EXPECT_EQ(l->find(forked.key()).error(), store_errc::corrupt);
  EXPECT_THAT(l->last_error(), HasSubstr("table stream, id 2: its checksum does not match"));
  append(*l, good, 1);
}

TEST_F(ledger_rows, of_a_quarantine_and_of_a_head_have_their_checksum) {
  const auto l = take_words(open_ledger({.path = path}), error).value();
  append(*l, good, 1);
  receipt_chain fresh({"gw-3", "quota/a", 1});
  const stream_head begin = fresh.head();
  const auto other = receipt_chain({"gw-3", "quota/a", 1}).next_batch(1, "other");
  append(*l, fresh, 1);
  ASSERT_TRUE(l->begin());
  EXPECT_EQ(l->append({fresh.key(), begin, other}).value().status, append_status::fork);
  ASSERT_TRUE(l->commit());
  EXPECT_TRUE(l->find(fresh.key()).value()->forked);
  EXPECT_EQ(first_break(), "");
}

// The index would have the stream begun once more.
TEST_F(ledger_rows, that_the_index_misses_are_found_again) {
  const auto root =
      std::stol(sql(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'stream_key'"));
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    std::string page(4096, '\0');
    file.seekg((root - 1) * 4096);
    file.read(page.data(), 4096);
    const auto at = page.find("gw-1");
    ASSERT_NE(at, std::string::npos);
    file.seekp((root - 1) * 4096 + static_cast<std::streamoff>(at));
    file << "gw-0";
  }
  EXPECT_THAT(first_break(), HasSubstr("index stream_key"));
  const auto l = take_words(open_ledger({.path = path}), error).value();
  EXPECT_THAT(l->notice(),
              HasSubstr("index stream_key is not that of its table: it was made anew"));
  EXPECT_EQ(l->notice(), "");
  append(*l, good, 1);
  EXPECT_EQ(sql(path, "SELECT count(*) FROM stream"), "2");
  EXPECT_EQ(first_break(), "");
}

}  // namespace ledger_upgrade_test
}  // namespace hawser

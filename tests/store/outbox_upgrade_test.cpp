// An outbox of the version before: what it has stays, whatever ends the upgrade.
#include <hawser/io/crypto.hpp>

#include "support/fault_vfs.hpp"
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace hawser {
namespace outbox_upgrade_test {

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
    "(SELECT group_concat(sid || name || epoch || hex(origin) || seq || hex(head) || acked_seq || "
    "base_seq || hex(base_head) || hlc) FROM stream) || "
    "(SELECT group_concat(lsn || sid || seq || class || hlc || hex(hash) || hex(body)) FROM "
    "outbox) "
    "|| (SELECT group_concat(sid || state || hex(data) || hex(timers)) FROM governor) || "
    "(SELECT group_concat(id || sid || key || answer) FROM applied)";

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class outbox_upgrade : public test::outbox_fixture {
 protected:
  /// A closed outbox as version 1 left it.
  void make_version_1() {
    {
      const auto store = open_store();
      receipt_chain chain = new_stream(*store, "quota/a");
      add(*store, 1, chain, 10);
      acknowledge(*store, 1, 4);
      ASSERT_TRUE(store->begin());
      ASSERT_TRUE(store->save(1, {"active", bytes{std::byte{0xa0}}, {{"window", 5, 0, false}}}));
      ASSERT_TRUE(store->remember(1, "k", "recorded", digest{std::byte{7}}));
      ASSERT_TRUE(store->note_wall(77));
      ASSERT_TRUE(store->commit());
      head = chain.head();
    }
    sql(options.path,
        "ALTER TABLE applied DROP COLUMN sum; ALTER TABLE applied DROP COLUMN event;"
        "ALTER TABLE governor DROP COLUMN sum; ALTER TABLE stream DROP COLUMN sum;"
        "ALTER TABLE meta DROP COLUMN sum; PRAGMA user_version = 1");
    content = sql(options.path, content_of_version_1);
  }
  void expect_all_of_it(outbox& store) {
    EXPECT_EQ(store.streams().value().at(0).last, head);
    EXPECT_EQ(store.streams().value().at(0).acked, 4U);
    EXPECT_EQ(store.governors().value().at(0).state.state, "active");
    EXPECT_EQ(store.answer(1, "k").value(), "recorded");
    EXPECT_EQ(store.event_of(1, "k").value(), std::nullopt);
    EXPECT_EQ(store.noted_wall().value(), 77);
  }

  stream_head head;
  std::string content;
};

// Its own program, of before, could not open it any more.
TEST_F(outbox_upgrade, leaves_the_file_of_another_device_as_it_was) {
  make_version_1();
  options.device = "gw-8";
  const auto refused = take_words(open_outbox(options), error);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::invalid_option) << error;
  EXPECT_EQ(sql(options.path, "PRAGMA user_version"), "1");
  EXPECT_EQ(sql(options.path, content_of_version_1), content);
}

TEST_F(outbox_upgrade, keeps_everything) {
  make_version_1();
  {
    const auto opened = open();
    EXPECT_FALSE(opened.moved_aside);
    expect_all_of_it(*opened.store);
    ASSERT_TRUE(opened.store->begin());
    ASSERT_TRUE(opened.store->remember(1, "l", "a", digest{std::byte{8}}));
    ASSERT_TRUE(opened.store->commit());
    EXPECT_EQ(opened.store->event_of(1, "l").value(), (digest{std::byte{8}}));
  }
  EXPECT_EQ(sql(options.path, "PRAGMA user_version"), "2");
  sql(options.path, "DELETE FROM applied WHERE key = 'l'");
  EXPECT_EQ(sql(options.path, content_of_version_1), content);
  expect_all_of_it(*open_store());
}

TEST_F(outbox_upgrade, makes_the_schema_of_a_new_file) {
  make_version_1();
  open_store();
  const std::string upgraded = sql(options.path, all_of_the_schema);
  options.path = folder / "new.db";
  open_store();
  EXPECT_EQ(sql(options.path, all_of_the_schema), upgraded);
}

TEST_F(outbox_upgrade, sums_every_row_but_the_count_of_failures) {
  make_version_1();
  open_store();
  EXPECT_EQ(sql(options.path,
                "SELECT (SELECT count(*) FROM meta WHERE sum IS NULL) || "
                "(SELECT count(*) FROM stream WHERE sum IS NULL) || "
                "(SELECT count(*) FROM governor WHERE sum IS NULL) || "
                "(SELECT count(*) FROM applied WHERE sum IS NULL)"),
            "1000");
}

TEST_F(outbox_upgrade, that_fails_leaves_the_old_file_or_a_whole_new_one) {
  make_version_1();
  fs::copy(options.path, folder / "old.db");
  int refused = 0;
  for (const auto& [what, code] : {std::pair(fault_vfs::kind::write, SQLITE_FULL),
                                   std::pair(fault_vfs::kind::write, SQLITE_IOERR_WRITE),
                                   std::pair(fault_vfs::kind::sync, SQLITE_IOERR_FSYNC)}) {
    for (int nth = 1; nth <= 20; ++nth) {
      SCOPED_TRACE(std::to_string(code) + " at " + std::to_string(nth));
      outbox_options o = options;
      o.path = folder / (std::to_string(code) + "-" + std::to_string(nth));
      fs::copy(folder / "old.db", o.path);
      {
        fault_vfs disk;
        disk.fail(what, nth, code, 1'000'000);
        const auto opened = take_words(outbox_in_sqlite(disk.name())(o), error);
        refused += opened ? 0 : 1;
        if (opened) {
          EXPECT_FALSE(opened->moved_aside) << opened->moved_aside->why;
        }
      }
      const auto again = take_words(open_outbox(o), error);
      ASSERT_TRUE(again) << error;
      EXPECT_FALSE(again->moved_aside) << again->moved_aside->why;
      expect_all_of_it(*again->store);
    }
  }
  EXPECT_GT(refused, 10) << "the faults have to hit the upgrade";
}

TEST_F(outbox_upgrade, of_a_damaged_file_is_not_tried) {
  make_version_1();
  sql(options.path,
      "PRAGMA writable_schema = 1; DELETE FROM sqlite_schema WHERE name = 'outbox_seq'");
  const std::string evidence = read_file(options.path);
  const auto opened = open();
  ASSERT_TRUE(opened.moved_aside);
  EXPECT_EQ(read_file(opened.moved_aside->path), evidence);
  ASSERT_EQ(opened.moved_aside->streams.size(), 1U);
  EXPECT_EQ(opened.moved_aside->streams[0].last, head);
}

TEST_F(outbox_upgrade, is_not_needed_for_an_audit_and_not_made_by_one) {
  make_version_1();
  const std::string before = read_file(options.path);
  {
    const auto archive = take_words(open_outbox_archive(options.path), error);
    ASSERT_TRUE(archive) << error;
    const auto h = make_sha256();
    const auto found = audit(**archive, *h, {});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->broken, 0U);
    EXPECT_EQ(found->receipts, 10U);
  }
  EXPECT_EQ(read_file(options.path), before);
}

}  // namespace outbox_upgrade_test
}  // namespace hawser

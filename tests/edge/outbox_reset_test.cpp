// The reset of a damaged outbox is owed until it is on disk, whatever ends the process in between.
#include <hawser/store/sqlite.hpp>

#include "support/edge_driver.hpp"
#include "support/fault_vfs.hpp"
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

#include <fstream>

namespace hawser {
namespace outbox_reset_test {

namespace fs = std::filesystem;
using test::fault_vfs;
using test::receipt_chain;
using test::sql;
using ::testing::HasSubstr;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class outbox_reset : public test::outbox_fixture {
 protected:
  /// A closed outbox that lacks an index; returns the head of its stream.
  stream_head make_damaged() {
    stream_head head;
    {
      const auto store = open_store();
      receipt_chain a = new_stream(*store, "quota/a");
      add(*store, 1, a, 10);
      head = a.head();
    }
    epoch = sql(options.path, "SELECT value FROM meta WHERE key = 'epoch'");
    sql(options.path, "DROP INDEX applied_age");
    return head;
  }
  void expect_owed(const opened_outbox& opened, const char* name, const stream_head& head) {
    ASSERT_TRUE(opened.moved_aside);
    EXPECT_EQ(opened.moved_aside->path, options.path + name);
    ASSERT_TRUE(opened.moved_aside->epoch);
    EXPECT_EQ(std::to_string(static_cast<std::int64_t>(*opened.moved_aside->epoch)), epoch);
    ASSERT_EQ(opened.moved_aside->streams.size(), 1U);
    EXPECT_EQ(opened.moved_aside->streams[0].key.governor, "quota/a");
    EXPECT_EQ(opened.moved_aside->streams[0].last, head);
    EXPECT_TRUE(opened.store->streams().value().empty());
  }

  std::string epoch;
};

TEST_F(outbox_reset, is_owed_until_a_stream_is_on_disk) {
  const stream_head head = make_damaged();
  expect_owed(open(), ".corrupt-1", head);
  const std::string evidence = read_file(options.path + ".corrupt-1");
  const auto files = std::distance(fs::directory_iterator(folder.path()), {});
  for (int i = 0; i < 2; ++i) {
    const auto again = open();
    expect_owed(again, ".corrupt-1", head);
    EXPECT_THAT(again.moved_aside->why, HasSubstr("its reset was not recorded"));
    EXPECT_EQ(read_file(options.path + ".corrupt-1"), evidence);
  }
  EXPECT_LE(std::distance(fs::directory_iterator(folder.path()), {}), files) << "nothing is made";
  {
    const auto store = open_store();
    receipt_chain device = new_stream(*store, "device");
    add(*store, 1, device, 1);
  }
  EXPECT_FALSE(open().moved_aside);
}

TEST_F(outbox_reset, names_the_last_of_several) {
  make_damaged();
  EXPECT_EQ(open().moved_aside->path, options.path + ".corrupt-1");
  const stream_head head = make_damaged();
  expect_owed(open(), ".corrupt-2", head);
  expect_owed(open(), ".corrupt-2", head);
}

TEST_F(outbox_reset, survives_a_new_file_that_cannot_be_made) {
  const stream_head head = make_damaged();
  fault_vfs disk;
  file_system = disk.name();
  disk.fail(fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC, 1'000'000);
  EXPECT_EQ(take_words(outbox_in_sqlite(file_system)(options), error).error(), store_errc::failed);
  EXPECT_TRUE(fs::exists(options.path + ".corrupt-1")) << "the first step is done";
  EXPECT_EQ(take_words(outbox_in_sqlite(file_system)(options), error).error(), store_errc::failed);
  disk.heal();
  expect_owed(open(), ".corrupt-1", head);
}

// Killed between the two renames: the newest receipts are in the log that stayed behind.
TEST_F(outbox_reset, brings_a_log_that_stayed_behind_to_its_database) {
  stream_head head;
  {
    const auto store = open_store();
    receipt_chain a = new_stream(*store, "quota/a");
    add(*store, 1, a, 10);
    head = a.head();
    epoch = sql(options.path, "SELECT value FROM meta WHERE key = 'epoch'");
    fs::copy(options.path, folder / "db");
    fs::copy(options.path + "-wal", folder / "wal");
  }
  fs::rename(folder / "db", options.path + ".corrupt-1");
  fs::remove(options.path);
  fs::copy(folder / "wal", options.path + "-wal");
  expect_owed(open(), ".corrupt-1", head);
  EXPECT_EQ(read_file(options.path + ".corrupt-1-wal"), read_file(folder / "wal"));
  expect_owed(open(), ".corrupt-1", head);
}

TEST_F(outbox_reset, leaves_the_log_of_an_older_one_alone) {
  make_damaged();
  (void)open();
  std::ofstream(options.path + ".corrupt-1-wal") << "evidence";
  fs::remove(options.path);
  std::ofstream(options.path + "-wal") << "somebody wiped the database";
  const auto moved = open().moved_aside;
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->path, options.path + ".corrupt-2-wal");
  EXPECT_THAT(moved->why, HasSubstr("is gone, its log is not"));
  EXPECT_EQ(read_file(options.path + ".corrupt-1-wal"), "evidence");
  EXPECT_EQ(open().moved_aside->path, options.path + ".corrupt-2-wal");
}

TEST_F(outbox_reset, does_not_move_a_database_that_was_cut_to_nothing_over_the_evidence) {
  make_damaged();
  (void)open();
  const std::string evidence = read_file(options.path + ".corrupt-1");
  fs::remove(options.path + ".corrupt-1-wal");
  fs::resize_file(options.path, 0);
  std::ofstream(options.path + "-wal") << "what is left";
  EXPECT_EQ(open().moved_aside->path, options.path + ".corrupt-2");
  EXPECT_EQ(read_file(options.path + ".corrupt-1"), evidence);
}

TEST_F(outbox_reset, is_recorded_by_the_edge_that_starts_after_the_disk_failed) {
  make_damaged();
  fault_vfs disk;
  edge_options e;
  e.device = options.device;
  e.store = options.path;
  e.make_store = outbox_in_sqlite(disk.name());
  // The group of the reset receipt: what makes the new file has been synced before it.
  int nth = 0;
  for (bool recorded = false; !recorded; ++nth) {
    ASSERT_LT(nth, 100);
    edge node(e);
    disk.fail(fault_vfs::kind::sync, nth + 1, SQLITE_IOERR_FSYNC, 1'000'000);
    recorded = static_cast<bool>(take_words(node.start(), error));
    disk.heal();
    if (recorded) {
      EXPECT_EQ(node.pending(), 1U) << "the reset receipt";
    }
  }
  EXPECT_GT(nth, 1) << "at least the group failed once";
  edge node(e);
  ASSERT_TRUE(take_words(node.start(), error)) << error;
  EXPECT_EQ(node.pending(), 1U) << "said once";
}

}  // namespace outbox_reset_test
}  // namespace hawser

// Commits on a disk that fails: what was answered for stays, what failed does not come back.
#include "support/fault_vfs.hpp"
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hawser {
namespace commit_fault_test {

namespace fs = std::filesystem;
using test::fault_vfs;
using test::receipt_chain;
using ::testing::HasSubstr;

/// Whether the last thing that happened to the log is a sync: what a commit must have done.
bool log_is_synced(const fault_vfs& disk) {
  bool synced = false;
  for (const auto& o : disk.log()) {
    if (o.file.ends_with("-wal")) synced = o.what == fault_vfs::kind::sync;
  }
  return synced;
}

struct fault {
  const char* name;
  fault_vfs::kind what;
  int nth;
  int code;

  /// While such a fault lasts, nobody knows what the log has of a commit that it failed. A disk
  /// that is full took nothing behind what it refused, so not the mark that ends a commit.
  store_errc lasting() const {
    return code == SQLITE_FULL ? store_errc::failed : store_errc::in_doubt;
  }

  friend void PrintTo(const fault& f, std::ostream* out) { *out << f.name; }
};

const fault faults[] = {
    {"sync_of_the_log", fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC},
    {"first_write_full", fault_vfs::kind::write, 1, SQLITE_FULL},
    {"first_write_error", fault_vfs::kind::write, 1, SQLITE_IOERR_WRITE},
    {"second_write_full", fault_vfs::kind::write, 2, SQLITE_FULL},
    {"fourth_write_error", fault_vfs::kind::write, 4, SQLITE_IOERR_WRITE},
};

class outbox_commit : public test::outbox_fixture {
 protected:
  outbox_commit() { file_system = disk.name(); }

  /// The newest receipt in the file as another machine would see it that got its disk now: the
  /// database and the log, without the index.
  std::uint64_t newest_on_disk() {
    const test::temp_folder copy;
    fs::copy(options.path, copy / "edge.db");
    if (fs::exists(options.path + "-wal")) fs::copy(options.path + "-wal", copy / "edge.db-wal");
    const auto archive = take_words(open_outbox_archive(copy / "edge.db"), error);
    if (!archive) throw std::runtime_error(error);
    const auto h = make_sha256();
    EXPECT_EQ(audit(**archive, *h, {}).value().broken, 0U);
    return (*archive)->streams().value().at(0).last.seq;
  }

  /// A group of two receipts and an answer that must fail.
  static void expect_failed_group(outbox& store, const receipt_chain& at,
                                  store_errc answer = store_errc::failed) {
    receipt_chain lost = at;
    ASSERT_TRUE(store.begin());
    ASSERT_TRUE(store.append(1, lost.next(99), hlc_at(99)));
    ASSERT_TRUE(store.append(1, lost.next(99), hlc_at(99)));
    ASSERT_TRUE(store.remember(1, "lost", "a"));
    EXPECT_EQ(store.commit().error(), answer);
  }

  fault_vfs disk;
};

TEST_F(outbox_commit, syncs_the_log_after_its_last_write) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  for (int i = 0; i < 50; ++i) {
    disk.clear();
    add(*store, 1, chain, 1 + i % 7);
    EXPECT_TRUE(log_is_synced(disk)) << i;
  }
}

TEST_F(outbox_commit, syncs_the_log_when_it_is_also_moved_to_the_database) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  bool moved = false;
  for (int i = 0; i < 60; ++i) {
    disk.clear();
    add(*store, 1, chain, 500);
    bool synced = false;
    for (const auto& o : disk.log()) {
      if (o.file.ends_with("-wal")) synced = o.what == fault_vfs::kind::sync;
      if (o.file.ends_with(".db") && o.what == fault_vfs::kind::write) {
        EXPECT_TRUE(synced) << "the database is written from a log that is not on disk";
        moved = true;
      }
    }
    EXPECT_TRUE(synced);
  }
  EXPECT_TRUE(moved) << "the test has to reach a checkpoint";
}

class failed_commit : public outbox_commit, public ::testing::WithParamInterface<fault> {};

TEST_P(failed_commit, leaves_the_store_as_it_was) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 5);
  disk.fail(GetParam().what, GetParam().nth, GetParam().code);
  expect_failed_group(*store, chain);
  EXPECT_THAT(store->last_error(), HasSubstr("edge.db: "));

  EXPECT_EQ(newest_on_disk(), 5U) << "a crash now must not bring the group back";
  EXPECT_EQ(store->streams().value().at(0).last, chain.head());
  EXPECT_EQ(store->pending().value(), 5U);
  EXPECT_EQ(store->last_hlc().value(), hlc_at(1));

  EXPECT_EQ(store->begin().error(), store_errc::failed) << "until it is opened anew";
  EXPECT_THAT(store->last_error(), HasSubstr("reopen() first: "));
  EXPECT_EQ(store->begin().error(), store_errc::failed);
  EXPECT_EQ(store->read(1, 1, 10, SIZE_MAX).value().size(), 5U) << "reading goes on";

  ASSERT_TRUE(store->reopen()) << store->last_error();
  EXPECT_EQ(store->streams().value().at(0).last, chain.head());
  EXPECT_EQ(store->answer(1, "lost").value(), std::nullopt);
  add(*store, 1, chain, 5);
  EXPECT_EQ(newest_on_disk(), 10U);
}

TEST_P(failed_commit, stays_failed_while_the_disk_does) {
  auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 5);
  disk.fail(GetParam().what, GetParam().nth, GetParam().code, 1'000'000);
  expect_failed_group(*store, chain, GetParam().lasting());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(store->reopen().error(), GetParam().lasting()) << "until the seal is on disk";
    EXPECT_EQ(store->begin().error(), store_errc::failed);
  }
  disk.heal();
  ASSERT_TRUE(store->reopen()) << store->last_error();
  EXPECT_EQ(store->streams().value().at(0).last, chain.head());
  add(*store, 1, chain, 1);
  store.reset();
  EXPECT_EQ(newest_on_disk(), 6U);
}

TEST_P(failed_commit, is_forgotten_by_the_next_process) {
  auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 5);
  disk.fail(GetParam().what, GetParam().nth, GetParam().code);
  expect_failed_group(*store, chain);
  store.reset();
  const auto opened = open();
  EXPECT_FALSE(opened.moved_aside);
  EXPECT_EQ(opened.store->streams().value().at(0).last, chain.head());
}

INSTANTIATE_TEST_SUITE_P(faults, failed_commit, ::testing::ValuesIn(faults),
                         [](const auto& of) { return of.param.name; });

TEST_F(outbox_commit, survives_a_fault_at_every_operation) {
  for (const auto& [what, code] : {std::pair(fault_vfs::kind::write, SQLITE_FULL),
                                   std::pair(fault_vfs::kind::write, SQLITE_IOERR_WRITE),
                                   std::pair(fault_vfs::kind::sync, SQLITE_IOERR_FSYNC)}) {
    options.path = folder / std::to_string(code);
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    for (int nth = 1; nth <= 12; ++nth) {
      add(*store, 1, chain, 3);
      disk.fail(what, nth, code);
      receipt_chain next = chain;
      ASSERT_TRUE(store->begin());
      for (int i = 0; i < 40; ++i) ASSERT_TRUE(store->append(1, next.next(), hlc_at(1)));
      const auto done = store->commit();
      disk.heal();
      if (done) chain = next;
      EXPECT_EQ(newest_on_disk(), chain.head().seq);
      if (!done) {
        ASSERT_TRUE(store->reopen()) << store->last_error();
      }
      EXPECT_EQ(store->streams().value().at(0).last, chain.head());
    }
  }
}

TEST_F(outbox_commit, does_not_move_a_file_aside_because_the_disk_failed) {
  auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 5);
  store.reset();
  fs::create_directory(options.path + "-wal");  // the log cannot be opened
  EXPECT_FALSE(take_words(outbox_in_sqlite(file_system)(options), error));
  EXPECT_TRUE(fs::exists(options.path));
  fs::remove(options.path + "-wal");
  EXPECT_EQ(open_store()->pending().value(), 5U);
}

// The commit is written, its sync fails, and so does the sync of the seal over it: a process that
// dies now leaves it in the log.
TEST_F(outbox_commit, in_doubt_may_have_happened_after_a_restart) {
  std::uint64_t on_disk_then = 0;  // outlives the store, which syncs until it is closed
  auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 5);
  receipt_chain more = chain;
  disk.failing_now = [&] {  // as power that is cut then would leave it
    if (on_disk_then == 0) on_disk_then = newest_on_disk();
  };
  disk.fail(fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC, 1'000'000);
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->append(1, more.next(2), hlc_at(2)));
  EXPECT_EQ(store->commit().error(), store_errc::in_doubt);
  EXPECT_EQ(on_disk_then, 6U) << "so nobody may be told that it did not happen";
}

class ledger_commit : public ::testing::TestWithParam<fault> {};

TEST_P(ledger_commit, that_failed_leaves_the_ledger_as_it_was) {
  fault_vfs disk;
  const test::temp_folder folder;
  const std::string path = folder / "ledger.db";
  std::string error;
  const auto opened = take_words(ledger_in_sqlite(disk.name())({.path = path}), error);
  ASSERT_TRUE(opened) << error;
  ledger& l = **opened;
  receipt_chain chain({"gw-7", "quota/a", 1});
  const auto append = [&](const stream_head& previous, std::span<const chained_receipt> rows) {
    EXPECT_TRUE(l.begin());
    EXPECT_TRUE(l.append({chain.key(), previous, rows}));
    return l.commit();
  };
  disk.clear();
  const stream_head origin = chain.head();
  ASSERT_TRUE(append(origin, chain.next_batch(5)));
  EXPECT_TRUE(log_is_synced(disk));
  const stream_head before = chain.head();
  const auto rows = chain.next_batch(5);

  disk.fail(GetParam().what, GetParam().nth, GetParam().code, 1'000'000);
  EXPECT_EQ(append(before, rows).error(), GetParam().lasting());
  EXPECT_EQ(l.reopen().error(), GetParam().lasting());
  disk.heal();
  ASSERT_TRUE(l.reopen()) << l.last_error();

  disk.fail(GetParam().what, GetParam().nth, GetParam().code);
  EXPECT_EQ(append(before, rows).error(), store_errc::failed);
  EXPECT_THAT(l.last_error(), HasSubstr("ledger.db: "));
  EXPECT_EQ(l.find(chain.key()).value()->head, before);
  EXPECT_EQ(l.begin().error(), store_errc::failed);
  {
    const test::temp_folder copy;
    fs::copy(path, copy / "l.db");
    fs::copy(path + "-wal", copy / "l.db-wal");
    EXPECT_EQ(
        take_words(open_ledger_archive(copy / "l.db"), error).value()->streams().value().at(0).last,
        before);
  }
  ASSERT_TRUE(l.reopen()) << l.last_error();
  EXPECT_EQ(l.find(chain.key()).value()->head, before);
  ASSERT_TRUE(append(before, rows));
  EXPECT_EQ(l.find(chain.key()).value()->head, chain.head());
}

INSTANTIATE_TEST_SUITE_P(faults, ledger_commit, ::testing::ValuesIn(faults),
                         [](const auto& of) { return of.param.name; });

}  // namespace commit_fault_test
}  // namespace hawser

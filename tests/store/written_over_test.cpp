// A store whose content is replaced while it is in use, under the same names: nobody is told "done"
// of what is not in it any more. A checkpoint by somebody else is no such thing.
#include "support/file_content.hpp"
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <fcntl.h>
#include <thread>

namespace hawser {
namespace written_over_test {

namespace fs = std::filesystem;
using test::file_content;
using test::receipt_chain;
using test::set_file_content;
using test::sql;
using ::testing::HasSubstr;

class written_over : public test::outbox_fixture {
 protected:
  written_over() : store(open_store()), chain(new_stream(*store, "quota/a")) {}

  /// Whether the group was committed.
  result<void> try_add(int count = 1) {
    EXPECT_TRUE(store->begin()) << store->last_error();
    for (int i = 0; i < count; ++i) {
      const auto r = store->append(1, chain.next(), hlc_at(1));
      if (!r) return r;
    }
    return store->commit();
  }
  /// Enough for SQLite to copy the log into the database.
  void fill() {
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(try_add(400)) << store->last_error();
  }
  void expect_lost(const std::string& why) {
    const auto r = try_add();
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error(), store_errc::in_doubt);
    EXPECT_THAT(store->last_error(), HasSubstr(why));
    EXPECT_EQ(store->begin().error(), store_errc::failed);
    EXPECT_EQ(store->reopen().error(), store_errc::failed);
    EXPECT_THAT(store->last_error(), HasSubstr(why));
  }
  void overwrite(const std::string& path, std::size_t at, const std::string& with) {
    const int f = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_EQ(::pwrite(f, with.data(), with.size(), static_cast<off_t>(at)),
              static_cast<ssize_t>(with.size()));
    // Closing it here would give up SQLite's locks of this process; the test's end does.
  }

  std::unique_ptr<outbox> store;
  receipt_chain chain;
  const std::string log = options.path + "-wal";
};

TEST_F(written_over, by_another_file) {
  overwrite(options.path, 0, std::string(8'192, 'x'));
  expect_lost("edge.db: was written over while it was in use");
}

TEST_F(written_over, by_an_older_copy_of_itself) {
  fill();
  const std::string copy = file_content(options.path);
  fill();
  ASSERT_TRUE(file_content(options.path) != copy);
  overwrite(options.path, 0, copy);
  expect_lost("edge.db: was written over while it was in use");
}

TEST_F(written_over, between_two_checkpoints_of_its_own) {
  fill();
  const std::string copy = file_content(options.path);
  fill();
  overwrite(options.path, 0, copy);
  EXPECT_EQ(try_add(20'000).error(), store_errc::in_doubt) << "its commit copies the log";
  EXPECT_THAT(store->last_error(), HasSubstr("was written over"));
}

TEST_F(written_over, by_nothing) {
  fill();
  ASSERT_EQ(::truncate(options.path.c_str(), 4'096), 0);
  expect_lost("edge.db: was written over while it was in use");
}

TEST_F(written_over, in_its_log) {
  ASSERT_TRUE(try_add(10));
  ASSERT_EQ(::truncate(log.c_str(), 0), 0);
  expect_lost("edge.db-wal: was emptied or written over while it was in use");
}

TEST_F(written_over, in_its_log_by_an_older_one) {
  fill();
  const std::string older = file_content(log);
  fill();
  fill();
  set_file_content(log, older);
  expect_lost("edge.db-wal: was emptied or written over while it was in use");
}

TEST_F(written_over, in_the_log_of_a_ledger) {
  const std::string path = folder / "ledger.db";
  const auto l = take_words(open_ledger({.path = path}), error).value();
  receipt_chain of_device({"gw-7", "quota/a", 1});
  const auto append = [&] {
    const stream_head before = of_device.head();
    const auto rows = of_device.next_batch(3);
    EXPECT_TRUE(l->begin());
    EXPECT_TRUE(l->append({of_device.key(), before, rows}));
    return l->commit();
  };
  ASSERT_TRUE(append());
  ASSERT_EQ(::truncate((path + "-wal").c_str(), 0), 0);
  EXPECT_EQ(append().error(), store_errc::in_doubt);
  EXPECT_THAT(l->last_error(), HasSubstr("ledger.db-wal: was emptied or written over"));
}

TEST_F(written_over, not_where_it_was_only_touched_but_that_is_told) {
  fill();
  fs::last_write_time(options.path, fs::file_time_type::clock::now());
  ASSERT_TRUE(try_add()) << store->last_error();
  EXPECT_THAT(store->notice(), HasSubstr("edge.db: was touched or written by another program"));
  ASSERT_TRUE(try_add());
  EXPECT_EQ(store->notice(), "");
}

TEST_F(written_over, not_by_its_own_checkpoints) {
  for (int i = 0; i < 5; ++i) fill();
  EXPECT_EQ(store->notice(), "");
}

TEST_F(written_over, not_by_the_checkpoints_of_others) {
  for (const char* mode : {"PASSIVE", "FULL", "RESTART", "TRUNCATE"}) {
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(try_add(1 + i * 30)) << mode << ": " << store->last_error();
      sql(options.path, std::string("PRAGMA wal_checkpoint(") + mode + ")");
      if (i % 3 == 0) sql(options.path, std::string("PRAGMA wal_checkpoint(") + mode + ")");
      ASSERT_TRUE(try_add(1 + i)) << mode << ": " << store->last_error();
    }
  }
  EXPECT_EQ(store->notice(), "");
}

TEST_F(written_over, not_by_checkpoints_that_others_make_meanwhile) {
  std::atomic<bool> over{false};
  std::thread other([&] {
    const char* modes[] = {"PASSIVE", "RESTART", "TRUNCATE", "FULL"};
    for (int i = 0; !over; ++i) {
      sql(options.path, std::string("PRAGMA wal_checkpoint(") + modes[i % 4] + ")");
    }
  });
  for (int i = 0; i < 200; ++i) {
    const auto r = try_add(1 + i % 50);
    EXPECT_TRUE(r) << store->last_error();
    if (!r) break;
  }
  over = true;
  other.join();
  EXPECT_EQ(store->notice(), "");
}

}  // namespace written_over_test
}  // namespace hawser

// Opening an outbox: whose it is, who may write it, and what becomes of a damaged one.
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

namespace hawser {
namespace outbox_open_test {

namespace fs = std::filesystem;
using test::receipt_chain;
using test::sql;
using ::testing::HasSubstr;

class outbox_open : public test::outbox_fixture {
 protected:
  void expect_refused(error_code code, const std::string& why) {
    const auto opened = take_words(outbox_in_sqlite(file_system)(options), error);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), code);
    EXPECT_THAT(error, HasSubstr(why));
  }

  /// A closed outbox of one receipt, whose log is left as folder / "wal"; returns its epoch.
  std::uint64_t write_log() {
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    add(*store, 1, chain, 1);
    fs::copy(options.path + "-wal", folder / "wal");
    return chain.key().epoch;
  }

  /// A closed outbox with two streams of ten receipts; returns the head of the first.
  stream_head make_outbox() {
    const auto store = open_store();
    receipt_chain a = new_stream(*store, "quota/a");
    receipt_chain b = new_stream(*store, "quota/b");
    add(*store, 1, a, 10);
    add(*store, 2, b, 10);
    return a.head();
  }

  void write_file(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
  }
  std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(outbox_open, refuses_options_without_sense) {
  const auto with = [&](auto change, const char* why) {
    outbox_options bad = options;
    change(bad);
    const auto opened = take_words(open_outbox(bad), error);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), errc::invalid_option);
    EXPECT_THAT(error, HasSubstr(why));
  };
  with([](auto& o) { o.path.clear(); }, "path");
  with([](auto& o) { o.device.clear(); }, "device");
  with([](auto& o) { o.limits.rows = 0; }, "rows");
  with([](auto& o) { o.limits.keys = 0; }, "keys");
  with([](auto& o) { o.limits.retention = -1; }, "retention");
}

TEST_F(outbox_open, refuses_a_folder_that_is_not_there) {
  options.path = folder / "missing/edge.db";
  expect_refused(store_errc::failed, "missing/edge.db-lock");
}

TEST_F(outbox_open, refuses_an_unknown_file_system) {
  file_system = "none";
  expect_refused(store_errc::failed, "no such vfs: none");
}

TEST_F(outbox_open, refuses_the_outbox_of_another_device) {
  make_outbox();
  options.device = "gw-8";
  expect_refused(errc::invalid_option, "is the outbox of device 'gw-7', not of 'gw-8'");
  options.device = "gw-7";
  EXPECT_FALSE(open().moved_aside);
}

TEST_F(outbox_open, refuses_a_second_writer) {
  const auto store = open_store();
  expect_refused(store_errc::failed, "edge.db-lock: held by another writer");
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 1);
}

TEST_F(outbox_open, refuses_a_second_writer_that_spells_the_path_in_another_way) {
  fs::create_directory(folder / "sub");
  fs::create_directory_symlink(folder.path(), folder / "here");
  fs::create_symlink("edge.db", folder / "link.db");  // there is no edge.db yet
  fs::create_symlink(folder / "link.db", folder / "chain.db");
  const std::string real = options.path;
  const std::vector<std::string> names = {real,
                                          folder / "link.db",
                                          folder / "chain.db",
                                          folder / "here/edge.db",
                                          folder / "sub/../edge.db",
                                          fs::relative(real).string()};
  for (const std::string& first : names) {
    SCOPED_TRACE(first);
    for (const char* suffix : {"", "-wal", "-shm", "-lock"}) fs::remove(real + suffix);
    options.path = first;
    const auto store = open_store();
    for (const std::string& second : names) {
      options.path = second;
      expect_refused(store_errc::failed, "edge.db-lock: held by another writer");
    }
  }
}

TEST_F(outbox_open, moves_a_damaged_file_aside_where_it_is_and_not_where_a_link_to_it_is) {
  make_outbox();
  sql(options.path, "DROP INDEX applied_age");
  const std::string real = options.path;
  fs::create_directory(folder / "sub");
  options.path = folder / "sub/link.db";
  fs::create_symlink(real, options.path);
  EXPECT_EQ(open().moved_aside->path, real + ".corrupt-1");
  EXPECT_TRUE(fs::is_symlink(options.path));
}

TEST_F(outbox_open, refuses_another_process_until_the_writer_is_killed) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto opened = take_words(open_outbox(options), error);
    const char ok = opened ? '1' : '0';
    if (::write(ready[1], &ok, 1) == 1) ::pause();
    ::_exit(0);
  }
  char ok = '0';
  ASSERT_EQ(::read(ready[0], &ok, 1), 1);
  EXPECT_EQ(ok, '1');
  expect_refused(store_errc::failed, "held by another writer");
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_FALSE(open().moved_aside);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(outbox_open, leaves_a_file_of_somebody_else_alone) {
  const std::string content(500, 'x');
  write_file(options.path, content);
  expect_refused(store_errc::failed, "edge.db: is not an outbox of hawser");
  expect_refused(store_errc::failed, "edge.db: is not an outbox of hawser");
  EXPECT_EQ(read_file(options.path), content);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1) << "nothing was made";
}

TEST_F(outbox_open, leaves_a_database_of_somebody_else_alone) {
  std::ofstream(options.path).flush();
  sql(options.path, "CREATE TABLE t(a); INSERT INTO t VALUES(7)");
  expect_refused(store_errc::failed, "is not an outbox of hawser");
  EXPECT_EQ(sql(options.path, "SELECT a FROM t"), "7");
}

TEST_F(outbox_open, refuses_a_ledger) {
  ASSERT_TRUE(take_words(open_ledger({.path = options.path}), error)) << error;
  expect_refused(store_errc::failed, "is not an outbox of hawser");
}

TEST_F(outbox_open, refuses_a_newer_version) {
  make_outbox();
  for (const char* version : {"0", "3"}) {
    sql(options.path, std::string("PRAGMA user_version = ") + version);
    expect_refused(store_errc::failed,
                   std::string("of version ") + version + ", this program knows version 2");
  }
  sql(options.path, "PRAGMA user_version = 2");
  EXPECT_FALSE(open().moved_aside);
}

TEST_F(outbox_open, uses_a_log_that_is_synced_with_every_commit) {
  const auto store = open_store();
  EXPECT_EQ(sql(options.path, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(sql(options.path, "PRAGMA application_id"), std::to_string(0x68774F42));
}

// What damages a closed outbox, and what the report of the move says.
struct damage {
  const char* name;
  std::function<void(const std::string& path)> cause;
  const char* why;
  bool readable;

  friend void PrintTo(const damage& d, std::ostream* out) { *out << d.name; }
};

class damaged_outbox : public outbox_open, public ::testing::WithParamInterface<damage> {};

TEST_P(damaged_outbox, is_moved_aside_and_a_new_one_begun) {
  const stream_head head = make_outbox();
  const auto old_epoch = sql(options.path, "SELECT value FROM meta WHERE key = 'epoch'");
  GetParam().cause(options.path);
  const std::string content = read_file(options.path);

  auto opened = open();
  ASSERT_TRUE(opened.moved_aside);
  const moved_outbox& moved = *opened.moved_aside;
  EXPECT_EQ(moved.path, options.path + ".corrupt-1");
  EXPECT_THAT(moved.why, HasSubstr(GetParam().why));
  EXPECT_EQ(read_file(moved.path), content) << "the evidence is untouched";
  ASSERT_TRUE(moved.epoch) << "FILE.id has it where the file cannot be read";
  EXPECT_EQ(std::to_string(static_cast<std::int64_t>(*moved.epoch)), old_epoch);
  if (GetParam().readable) {
    ASSERT_EQ(moved.streams.size(), 2U);
    EXPECT_EQ(moved.streams[0].key, (stream_key{"gw-7", "quota/a", *moved.epoch}));
    EXPECT_EQ(moved.streams[0].last, head);
  } else {
    EXPECT_TRUE(moved.streams.empty());
  }

  EXPECT_TRUE(opened.store->streams().value().empty());
  receipt_chain chain = new_stream(*opened.store, "quota/a");
  EXPECT_NE(std::to_string(static_cast<std::int64_t>(chain.key().epoch)), old_epoch);
  add(*opened.store, 1, chain, 1);
  opened.store.reset();
  EXPECT_FALSE(open().moved_aside) << "once";
}

// Its reset would put a false head on record.
TEST_F(outbox_open, believes_no_damaged_row_of_a_file_that_it_moves_aside) {
  const stream_head head = make_outbox();
  const auto epoch = sql(options.path, "SELECT value FROM meta WHERE key = 'epoch'");
  sql(options.path, "UPDATE stream SET seq = 99 WHERE sid = 2; DROP INDEX applied_age");
  {
    const auto opened = open();
    ASSERT_TRUE(opened.moved_aside);
    EXPECT_EQ(std::to_string(static_cast<std::int64_t>(opened.moved_aside->epoch.value())), epoch);
    ASSERT_EQ(opened.moved_aside->streams.size(), 1U);
    EXPECT_EQ(opened.moved_aside->streams[0].key.governor, "quota/a");
    EXPECT_EQ(opened.moved_aside->streams[0].last, head);
  }
  sql(options.path, "UPDATE meta SET value = 7 WHERE key = 'epoch'; DROP INDEX applied_age");
  const auto told = open().moved_aside.value().epoch;
  EXPECT_EQ(std::to_string(static_cast<std::int64_t>(told.value())), epoch) << "as FILE.id has it";
}

void overwrite(const std::string& path, std::streamoff at, const std::string& with) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(at);
  file << with;
}

INSTANTIATE_TEST_SUITE_P(
    causes, damaged_outbox,
    ::testing::Values(damage{"magic",
                             [](auto& path) {
                               overwrite(path, 0, "SQLite");
                               overwrite(path, 3, "x");
                             },
                             "its header is damaged", false},
                      damage{"application", [](auto& path) { overwrite(path, 68, "xxxx"); },
                             "its header is damaged", true},
                      damage{"schema",
                             [](auto& path) { overwrite(path, 4'000, std::string(96, '\xff')); },
                             "malformed", false},
                      damage{"truncated",
                             [](auto& path) { fs::resize_file(path, fs::file_size(path) / 2); },
                             "malformed", false},
                      damage{"table_gone", [](auto& path) { sql(path, "DROP TABLE applied"); },
                             "no such table: applied", true}),
    [](const auto& of) { return of.param.name; });

TEST_F(outbox_open, gives_every_damaged_file_a_name_of_its_own) {
  for (const char* name : {".corrupt-1", ".corrupt-2"}) {
    make_outbox();
    overwrite(options.path, 0, "damaged");
    EXPECT_EQ(open().moved_aside->path, options.path + name);
  }
}

TEST_F(outbox_open, takes_the_log_aside_with_its_database) {
  const std::uint64_t epoch = write_log();
  fs::remove(options.path);
  fs::copy(folder / "wal", options.path + "-wal");
  const auto first = open().moved_aside;
  ASSERT_TRUE(first);
  EXPECT_THAT(first->why, HasSubstr("is gone, its log is not"));
  EXPECT_EQ(first->path, options.path + ".corrupt-1-wal");
  EXPECT_EQ(read_file(first->path), read_file(folder / "wal"));
  EXPECT_EQ(first->epoch, epoch);
  const auto second = open().moved_aside;
  ASSERT_TRUE(second) << "its reset is not recorded yet";
  EXPECT_EQ(second->path, first->path);
  EXPECT_EQ(second->epoch, epoch);
}

TEST_F(outbox_open, takes_the_log_aside_with_its_empty_database) {
  const std::uint64_t epoch = write_log();
  fs::resize_file(options.path, 0);
  fs::copy(folder / "wal", options.path + "-wal");
  const auto opened = open();
  ASSERT_TRUE(opened.moved_aside);
  EXPECT_THAT(opened.moved_aside->why, HasSubstr("is empty, its log is not"));
  EXPECT_EQ(opened.moved_aside->path, options.path + ".corrupt-1");
  EXPECT_TRUE(fs::exists(opened.moved_aside->path));
  EXPECT_EQ(opened.moved_aside->epoch, epoch);
}

TEST_F(outbox_open, begins_anew_where_a_file_was_wiped) {
  make_outbox();
  const auto epoch = sql(options.path, "SELECT value FROM meta WHERE key = 'epoch'");
  fs::remove(options.path);
  EXPECT_FALSE(open().moved_aside);
  EXPECT_NE(sql(options.path, "SELECT value FROM meta WHERE key = 'epoch'"), epoch);
}

// --- files that were moved aside and are on record
// ------------------------------------------------

class recorded_aside : public outbox_open {
 protected:
  /// A store behind one that was moved aside, whose reset is on record.
  void make_second() {
    make_outbox();
    sql(options.path, "DROP INDEX applied_age");
    auto opened = open();
    ASSERT_TRUE(opened.moved_aside);
    new_stream(*opened.store, "device");
    fs::remove(options.path + ".corrupt-1-wal");
  }
  void remove_store() {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(options.path + suffix);
  }
};

TEST_F(recorded_aside, is_not_taken_for_a_store_that_is_lost_although_it_cannot_be_read) {
  make_second();
  EXPECT_THAT(read_file(options.path + ".id"), HasSubstr("aside 1\n"));
  write_file(options.path + ".corrupt-1", "no epoch");
  remove_store();
  options.require_store = true;
  expect_refused(errc::invalid_option, "edge.db: is gone or empty");
  options.require_store = false;
  const auto opened = open();
  EXPECT_FALSE(opened.moved_aside);
  EXPECT_TRUE(opened.lost);
}

TEST_F(recorded_aside, gets_no_log_of_the_store_behind_it) {
  make_second();
  const std::string old = read_file(options.path + ".corrupt-1");
  {
    const auto store = open_store();
    new_stream(*store, "quota/a");
    fs::copy(options.path + "-wal", folder / "log");
  }
  remove_store();
  fs::rename(folder / "log", options.path + "-wal");
  const auto opened = open();
  ASSERT_TRUE(opened.moved_aside);
  EXPECT_EQ(opened.moved_aside->path, options.path + ".corrupt-2-wal");
  EXPECT_TRUE(fs::exists(options.path + ".corrupt-2-wal"));
  EXPECT_FALSE(fs::exists(options.path + ".corrupt-1-wal"));
  EXPECT_EQ(read_file(options.path + ".corrupt-1"), old);
}

TEST_F(recorded_aside, that_was_removed_does_not_give_its_number_away) {
  make_second();
  fs::remove(options.path + ".corrupt-1");
  sql(options.path, "DROP INDEX applied_age");
  for (int i = 0; i < 2; ++i) {
    const auto opened = open();
    ASSERT_TRUE(opened.moved_aside) << "until it is on record";
    EXPECT_EQ(opened.moved_aside->path, options.path + ".corrupt-2");
  }
}

}  // namespace outbox_open_test
}  // namespace hawser

// A log that lost what was on disk: damaged in the middle, emptied, gone. And what is none of it:
// what a power cut leaves, and what another program tidies away.
#include "support/fault_vfs.hpp"
#include "support/file_content.hpp"
#include "support/line_log.hpp"
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>

#include <map>
#include <random>

namespace hawser {
namespace damaged_log_test {

namespace fs = std::filesystem;
using test::copy_store;
using test::fault_vfs;
using test::file_content;
using test::receipt_chain;
using test::set_file_content;
using test::sql;
using ::testing::HasSubstr;

constexpr std::size_t frame_size = 24 + 4096;
constexpr std::size_t at_frame(std::size_t n) { return 32 + (n - 1) * frame_size; }

/// Where the frames of a log end a transaction, counted from 1.
std::vector<std::size_t> commits(const std::string& log) {
  std::vector<std::size_t> out;
  for (std::size_t n = 1; at_frame(n + 1) <= log.size(); ++n) {
    if (log.substr(at_frame(n) + 4, 4) != std::string(4, '\0')) out.push_back(n);
  }
  return out;
}

class damaged_log : public test::outbox_fixture {
 protected:
  damaged_log() { killed.path = folder / "killed.db"; }

  /// What is left of an outbox with five groups, each of two receipts, whose process was killed.
  void kill_outbox() {
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    for (int i = 0; i < 4; ++i) add(*store, 1, chain, 2);
    copy_store(options.path, killed.path);
    head = chain.head();
  }
  void expect_damaged(const std::string& why) {
    const std::string evidence = file_content(killed.path);
    const bool had_log = fs::exists(killed.path + "-wal");
    const std::string log_before = file_content(killed.path + "-wal");
    const auto opened = take_words(open_outbox(killed), error);
    ASSERT_TRUE(opened) << error;
    ASSERT_TRUE(opened->moved_aside);
    const moved_outbox& moved = *opened->moved_aside;
    EXPECT_THAT(moved.why, HasSubstr(why));
    EXPECT_EQ(file_content(moved.path), evidence) << "the evidence is untouched";
    EXPECT_EQ(fs::exists(moved.path + "-wal"), had_log);
    EXPECT_EQ(file_content(moved.path + "-wal"), log_before);
    EXPECT_TRUE(opened->store->streams().value().empty());
  }
  void expect_whole() {
    const auto opened = take_words(open_outbox(killed), error);
    ASSERT_TRUE(opened) << error;
    ASSERT_FALSE(opened->moved_aside) << opened->moved_aside->why;
    EXPECT_EQ(opened->store->streams().value().at(0).last, head);
    EXPECT_EQ(opened->store->alarm(), "");
  }
  void remove_killed() {
    for (const auto& f : fs::directory_iterator(folder.path())) {
      if (f.path().filename().string().starts_with("killed")) fs::remove(f.path());
    }
  }
  audit_result verify(const std::string& path) {
    const auto h = make_sha256();
    return audit(*take_words(open_outbox_archive(path), error).value(), *h, {}).value();
  }

  outbox_options killed{.path = {}, .device = "gw-7"};
  stream_head head;
  const std::string log = folder / "killed.db-wal";
};

TEST_F(damaged_log, of_a_process_that_was_killed_is_whole) {
  kill_outbox();
  EXPECT_EQ(verify(killed.path).broken, 0U);
  expect_whole();
}

TEST_F(damaged_log, is_moved_aside_where_a_frame_before_the_last_transaction_is_damaged) {
  kill_outbox();
  const std::string whole = file_content(log);
  const auto ends = commits(whole);
  ASSERT_EQ(ends.size(), 5U);
  fs::copy(killed.path + ".id", folder / "id");
  fs::copy(killed.path, folder / "db");
  std::mt19937_64 random(5);
  for (std::size_t n = 1; n <= ends[3]; ++n) {
    SCOPED_TRACE(n);
    remove_killed();
    fs::copy(folder / "db", killed.path);
    fs::copy(folder / "id", killed.path + ".id");
    std::string damaged = whole;
    const std::size_t at = n % 2 == 0 ? 8 + n % 16 : 24 + random() % 4096;
    damaged[at_frame(n) + at] = static_cast<char>(damaged[at_frame(n) + at] ^ 4);
    set_file_content(log, damaged);
    const auto found = verify(killed.path);
    EXPECT_EQ(found.broken, 1U);
    ASSERT_TRUE(found.first_broken);
    EXPECT_THAT(found.first_broken->what, HasSubstr("frame " + std::to_string(n) + " of its log"));
    expect_damaged("killed.db: frame " + std::to_string(n) + " of its log is damaged");
  }
}

TEST_F(damaged_log, is_torn_and_no_more_where_the_last_transaction_is_damaged_and_that_is_told) {
  kill_outbox();
  std::string damaged = file_content(log);
  damaged[at_frame(commits(damaged).back()) + 99] ^= 1;
  set_file_content(log, damaged);
  auto opened = take_words(open_outbox(killed), error).value();
  EXPECT_FALSE(opened.moved_aside);
  EXPECT_EQ(opened.store->streams().value().at(0).last.seq, head.seq - 2);
  EXPECT_THAT(opened.store->alarm(), HasSubstr("has 6 receipts and had 8"));
}

TEST_F(damaged_log, is_moved_aside_where_its_header_is_damaged) {
  kill_outbox();
  std::string damaged = file_content(log);
  damaged[17] ^= 1;
  set_file_content(log, damaged);
  expect_damaged("the header of its log is damaged");
}

TEST_F(damaged_log, is_noticed_where_it_is_gone_or_empty) {
  const std::map<std::string, std::function<void()>> ways{
      {"gone", [&] { fs::remove(log); }},
      {"gone with its index", [&] { fs::remove(log), fs::remove(killed.path + "-shm"); }},
      {"empty", [&] { fs::resize_file(log, 0); }},
      {"cut within its header", [&] { fs::resize_file(log, 31); }},
      {"zeros", [&] { set_file_content(log, std::string(file_content(log).size(), '\0')); }},
      {"something else", [&] { set_file_content(log, std::string(9'000, 'x')); }},
  };
  for (const auto& [name, happen] : ways) {
    SCOPED_TRACE(name);
    for (const char* suffix : {"", "-wal", "-shm", "-lock", ".id"})
      fs::remove(options.path + suffix);
    remove_killed();
    kill_outbox();
    happen();
    EXPECT_EQ(verify(killed.path).broken, 1U);
    expect_damaged("killed.db-wal) is gone or empty, and was in use");
    EXPECT_TRUE(take_words(open_outbox(killed), error).value().moved_aside)
        << "owed until it is on record";
    EXPECT_FALSE(fs::exists(killed.path + ".corrupt-2")) << "the new one has no log that is missed";
  }
}

TEST_F(damaged_log, is_not_missed_where_another_program_has_copied_it_into_the_database) {
  kill_outbox();
  EXPECT_EQ(sql(killed.path, "SELECT seq FROM stream"), std::to_string(head.seq));
  EXPECT_FALSE(fs::exists(log)) << "SQLite removes it";
  EXPECT_EQ(verify(killed.path).broken, 0U);
  expect_whole();
}

TEST_F(damaged_log, is_not_missed_where_another_program_has_emptied_it_while_it_was_in_use) {
  for (const bool then_more : {false, true}) {
    for (const char* suffix : {"", "-wal", "-shm", "-lock", ".id"})
      fs::remove(options.path + suffix);
    remove_killed();
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    add(*store, 1, chain, 5);
    sql(options.path, "PRAGMA wal_checkpoint(TRUNCATE)");
    EXPECT_EQ(fs::file_size(options.path + "-wal"), 0U);
    if (then_more) add(*store, 1, chain, 5);
    copy_store(options.path, killed.path);
    head = chain.head();
    expect_whole();
  }
}

TEST_F(damaged_log, is_missed_after_a_restart_of_the_system_that_may_have_lost_the_count) {
  kill_outbox();
  std::string id = file_content(killed.path + ".id");
  id.replace(512, 512, 512, ' ');  // never written back
  set_file_content(killed.path + ".id", id);
  fs::remove(log);
  expect_damaged("is gone or empty, and was in use");
}

TEST_F(damaged_log, is_not_missed_in_a_store_that_took_the_place_of_the_one_that_used_it) {
  kill_outbox();
  const std::string id = file_content(killed.path + ".id");
  remove_killed();
  new_stream(*take_words(open_outbox(killed), error).value().store, "quota/b");
  set_file_content(killed.path + ".id", id);
  EXPECT_FALSE(take_words(open_outbox(killed), error).value().moved_aside);
}

// --- the ledger ---------------------------------------------------------------------------------

class damaged_ledger_log : public damaged_log {
 protected:
  void kill_ledger() {
    const auto l = take_words(open_ledger({.path = options.path}), error).value();
    receipt_chain chain({"gw-7", "quota/a", 1});
    for (int i = 0; i < 4; ++i) {
      const stream_head before = chain.head();
      const auto rows = chain.next_batch(3);
      ASSERT_TRUE(l->begin());
      ASSERT_TRUE(l->append({chain.key(), before, rows}));
      ASSERT_TRUE(l->commit());
    }
    copy_store(options.path, killed.path);
    head = chain.head();
  }
  void expect_refused(const std::string& why) {
    const std::string before = file_content(killed.path) + file_content(log);
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(take_words(open_ledger({.path = killed.path}), error).error(), store_errc::corrupt);
      EXPECT_THAT(error, HasSubstr(why));
    }
    EXPECT_EQ(file_content(killed.path) + file_content(log), before);
    const auto h = make_sha256();
    EXPECT_EQ(
        audit(*take_words(open_ledger_archive(killed.path), error).value(), *h, {}).value().broken,
        1U);
  }
};

TEST_F(damaged_ledger_log, is_refused_and_left_as_it_is) {
  kill_ledger();
  copy_store(killed.path, folder / "saved");
  EXPECT_EQ(take_words(open_ledger({.path = killed.path}), error).value()->alarm(), "");
  copy_store(folder / "saved", killed.path);
  std::string damaged = file_content(log);
  damaged[at_frame(2) + 500] ^= 1;
  set_file_content(log, damaged);
  expect_refused("killed.db: frame 2 of its log is damaged");
  fs::remove(log);
  expect_refused("killed.db-wal) is gone or empty, and was in use");
  fs::remove(killed.path + ".id");
  EXPECT_TRUE(take_words(open_ledger({.path = killed.path}), error))
      << "who takes what is left says so";
}

TEST_F(damaged_ledger_log, is_not_looked_at_while_another_process_writes_it) {
  auto first = take_words(open_ledger({.path = options.path}), error).value();
  const auto second = take_words(open_ledger({.path = options.path}), error).value();
  ASSERT_TRUE(second->begin());
  receipt_chain chain({"gw-7", "quota/a", 1});
  const stream_head before = chain.head();
  const auto rows = chain.next_batch(3);
  ASSERT_TRUE(second->append({chain.key(), before, rows}));
  ASSERT_TRUE(second->commit());
  first.reset();
  EXPECT_TRUE(take_words(open_ledger({.path = options.path}), error)) << error;
  EXPECT_THAT(file_content(options.path + ".id"), HasSubstr("log in use"))
      << "the first to end does not clear what the others use";
}

// --- power cuts ---------------------------------------------------------------------------------

// Between two syncs of a file each of its sectors is as it was or as it is.
class power_cut {
 public:
  power_cut(fault_vfs& disk, std::string path) : path_(std::move(path)) {
    disk.watch = [this](const fault_vfs::operation& o) {
      if (o.what != fault_vfs::kind::sync || taking_) return;
      about_to_sync(o.file);
      synced_[o.file] = file_content(o.file);
    };
  }
  /// Called before each sync, when much may be lost.
  std::function<void()> moment = [] {};

  void make_image(const std::string& to, std::mt19937_64& random) {
    for (const char* suffix : {"", "-wal", "-shm", ".id"}) {
      const std::string name = path_ + suffix;
      fs::remove(to + suffix);
      if (!fs::exists(name)) continue;
      const std::string now = file_content(name);
      std::string image = suffix == std::string_view(".id") ? now : synced_[name];
      const unsigned share = static_cast<unsigned>(random() % 5);  // of the sectors that are kept
      for (std::size_t at = 0; at < now.size(); at += 512) {
        if (random() % 4 >= share) continue;
        if (image.size() < at + 512) image.resize(std::min(now.size(), at + 512));
        image.replace(at, 512, now, at, 512);
      }
      set_file_content(to + suffix, image);
    }
  }

 private:
  void about_to_sync(const std::string&) {
    taking_ = true;
    moment();
    taking_ = false;
  }

  std::string path_;
  std::map<std::string, std::string> synced_;
  bool taking_ = false;
};

TEST_F(damaged_log, is_none_after_a_power_cut_at_any_sync) {
  fault_vfs disk;
  file_system = disk.name();
  power_cut cut(disk, options.path);
  std::mt19937_64 random(11);
  std::uint64_t answered = 0;
  int images = 0;
  cut.moment = [&] {
    for (int i = 0; i < 3; ++i) {
      cut.make_image(killed.path, random);
      if (fs::file_size(killed.path) == 0 || answered == 0) continue;
      const auto opened = take_words(open_outbox(killed), error);
      ASSERT_TRUE(opened) << error;
      ASSERT_FALSE(opened->moved_aside) << opened->moved_aside->why;
      ASSERT_GE(opened->store->streams().value().at(0).last.seq, answered);
      ++images;
    }
  };
  auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  const auto commit = [&](int count) {
    add(*store, 1, chain, count);
    answered = chain.head().seq;
  };
  commit(1);
  for (int group = 0; group < 45; ++group) {
    // What was spilled into the log and rolled back stays behind the end.
    if (group == 7) {
      receipt_chain undone = chain;
      ASSERT_TRUE(store->begin());
      for (int i = 0; i < 9'000; ++i) ASSERT_TRUE(store->append(1, undone.next(), hlc_at(1)));
      store->rollback();
    }
    // So does what a failed sync took back.
    if (group % 15 == 3) {
      receipt_chain undone = chain;
      disk.fail(fault_vfs::kind::sync, 1, SQLITE_IOERR_FSYNC);
      ASSERT_TRUE(store->begin());
      for (int i = 0; i < 30; ++i) ASSERT_TRUE(store->append(1, undone.next(), hlc_at(1)));
      ASSERT_FALSE(store->commit());
      ASSERT_TRUE(store->reopen()) << store->last_error();
    }
    commit(1 + group % 13 * 20);
  }
  EXPECT_GT(images, 100);
}

}  // namespace damaged_log_test
}  // namespace hawser

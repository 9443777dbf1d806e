// FILE.id where it cannot be written, where it is of an earlier boot, and where it cannot know: it
// helps to notice a loss, and is never a reason to lose anything.
#include <hawser/core/crc32.hpp>

#include "support/edge_driver.hpp"
#include "support/file_content.hpp"
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/unwritable.hpp"
#include "support/words.hpp"

#include <functional>

namespace hawser {
namespace store_mark_test {

namespace fs = std::filesystem;
using test::copy_store;
using test::file_content;
using test::receipt_chain;
using test::set_file_content;
using test::set_quota;
using test::sql;
using test::unwritable;
using test::use;
using ::testing::HasSubstr;
using ::testing::Not;

class store_mark : public test::outbox_fixture {
 protected:
  store_mark() { killed.path = folder / "killed.db"; }

  /// As if the system had been started again since FILE.id was written.
  static void reboot(const std::string& store) {
    std::string content = file_content(store + ".id");
    const auto begin = content.find("receipts ", 512);
    const auto end = content.find('\n', begin);
    std::string count = content.substr(begin, end - begin) + "\nboot of-before\n";
    std::array<char, 16> sum{};
    std::snprintf(sum.data(), sum.size(), "%08x", crc32(std::as_bytes(std::span(count))));
    count += "sum " + std::string(sum.data()) + "\n";
    count.resize(511, ' ');
    content.replace(512, 512, count + "\n");
    set_file_content(store + ".id", content);
  }
  /// Whether the outbox of the process that was killed has all receipts.
  void expect_whole(std::uint64_t last) {
    const auto opened = take_words(open_outbox(killed), error);
    ASSERT_TRUE(opened) << error;
    ASSERT_FALSE(opened->moved_aside) << opened->moved_aside->why;
    EXPECT_EQ(opened->store->streams().value().at(0).last.seq, last);
  }

  outbox_options killed{.path = {}, .device = "gw-7"};
  const std::string id = options.path + ".id";
};

// --- it cannot be written -----------------------------------------------------------------------

TEST_F(store_mark, that_cannot_be_written_fails_no_group_and_is_told_once) {
  open_store();
  auto store = open_store();
  {
    const unwritable full(id);
    receipt_chain chain = new_stream(*store, "quota/a");
    EXPECT_THAT(store->notice(), HasSubstr("edge.db.id: cannot be written: No space left"));
    add(*store, 1, chain, 3);
    EXPECT_EQ(store->notice(), "") << "once";
    EXPECT_THAT(file_content(id), HasSubstr("log none\n"));
  }
  receipt_chain other = new_stream(*store, "quota/b");
  EXPECT_THAT(file_content(id), HasSubstr("log in use\n")) << "the next group tries again";
  EXPECT_THAT(file_content(id), HasSubstr("receipts 3\n"));
  EXPECT_EQ(store->notice(), "");
  store.reset();
  EXPECT_THAT(file_content(id), HasSubstr("log none\n"));
}

TEST_F(store_mark, that_cannot_be_written_is_no_end_of_an_edge) {
  const auto log = std::make_shared<test::line_log>();
  open_store();
  edge node({.device = "gw-7", .store = options.path, .log = log});
  ASSERT_TRUE(take_words(node.start(), error)) << error;
  {
    const unwritable full(id);
    EXPECT_TRUE(test::ask(node, set_quota("a")).ok);
    EXPECT_TRUE(test::ask(node, use("a")).ok);
  }
  EXPECT_TRUE(test::ask(node, use("a")).ok);
  EXPECT_EQ(log->count("edge.db.id: cannot be written"), 1U) << log->all();
}

TEST_F(store_mark, of_the_store_before_stays_until_that_of_the_new_one_can_be_made) {
  {
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    add(*store, 1, chain, 3);
  }
  const std::string proof = file_content(id).substr(0, 512);
  fs::remove(options.path);
  auto opened = open();
  ASSERT_TRUE(opened.lost);
  fs::create_directory(id + ".new");
  receipt_chain chain = new_stream(*opened.store, "device");
  EXPECT_THAT(opened.store->notice(), HasSubstr("edge.db.id.new: Is a directory"));
  add(*opened.store, 1, chain, 2);
  EXPECT_EQ(file_content(id).substr(0, 512), proof);
  EXPECT_THAT(file_content(id), HasSubstr("receipts 3\n")) << "what it counts is another store";
  fs::remove(id + ".new");
  add(*opened.store, 1, chain, 2);
  EXPECT_THAT(file_content(id), HasSubstr("epoch " + std::to_string(chain.key().epoch)));
  EXPECT_THAT(file_content(id), HasSubstr("log in use\n"));
}

TEST_F(store_mark, of_a_ledger_that_cannot_be_written_fails_no_group) {
  const auto append = [](ledger& l, receipt_chain& chain) {
    const stream_head before = chain.head();
    const auto rows = chain.next_batch(3);
    EXPECT_TRUE(l.begin());
    EXPECT_TRUE(l.append({chain.key(), before, rows}));
    EXPECT_TRUE(l.commit()) << l.last_error();
  };
  receipt_chain chain({"gw-7", "quota/a", 1});
  const auto l = take_words(open_ledger({.path = options.path}), error).value();
  {
    const unwritable full(id);
    append(*l, chain);
    EXPECT_THAT(l->notice(), HasSubstr("edge.db.id: cannot be written"));
    append(*l, chain);
    EXPECT_EQ(l->notice(), "");
  }
  append(*l, chain);
  EXPECT_THAT(file_content(id), HasSubstr("log in use\n"));
}

TEST_F(store_mark, that_cannot_be_cleared_keeps_the_log_that_it_names) {
  std::uint64_t last = 0;
  {
    auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    add(*store, 1, chain, 3);
    last = chain.head().seq;
    const unwritable full(id);
    store.reset();
  }
  EXPECT_THAT(file_content(id), HasSubstr("log in use\n"));
  EXPECT_GT(fs::file_size(options.path + "-wal"), 0U);
  reboot(options.path);
  auto opened = open();
  EXPECT_FALSE(opened.moved_aside);
  EXPECT_EQ(opened.store->alarm(), "");
  EXPECT_EQ(opened.store->streams().value().at(0).last.seq, last);
  opened.store.reset();
  EXPECT_THAT(file_content(id), HasSubstr("log none\n"));
  EXPECT_FALSE(fs::exists(options.path + "-wal"));
}

// --- two clouds on one ledger -------------------------------------------------------------------

TEST_F(store_mark, that_another_cloud_has_set_is_cleared_by_the_last_to_end) {
  auto first = take_words(open_ledger({.path = options.path}), error).value();
  auto last = take_words(open_ledger({.path = options.path}), error).value();
  receipt_chain chain({"gw-7", "quota/a", 1});
  const auto append = [&](ledger& to) {
    const stream_head before = chain.head();
    const auto rows = chain.next_batch(3);
    EXPECT_TRUE(to.begin());
    EXPECT_TRUE(to.append({chain.key(), before, rows}));
    EXPECT_TRUE(to.commit());
  };
  append(*first);
  first.reset();
  EXPECT_THAT(file_content(id), HasSubstr("log in use\n"));
  last.reset();
  EXPECT_FALSE(fs::exists(options.path + "-wal"));
  EXPECT_THAT(file_content(id), HasSubstr("log none\n"));
  reboot(options.path);
  const auto again = take_words(open_ledger({.path = options.path}), error);
  ASSERT_TRUE(again) << error;
  EXPECT_EQ((*again)->alarm(), "");
}

// --- a log that another program has tidied away, then a restart of the system -------------------

using tidying = std::function<void(const std::string& path)>;

TEST_F(store_mark, of_an_earlier_boot_is_no_proof_of_damage_where_all_that_it_counts_is_there) {
  const tidying ways[] = {
      [](const std::string& path) { sql(path, "SELECT * FROM stream"); },
      [](const std::string& path) { sql(path, "PRAGMA wal_checkpoint(TRUNCATE)"); },
  };
  for (const tidying& tidy : ways) {
    for (const char* suffix : {"", "-wal", "-shm", "-lock", ".id"}) {
      fs::remove(options.path + suffix);
      fs::remove(killed.path + suffix);
    }
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    add(*store, 1, chain, 7);
    copy_store(options.path, killed.path);
    tidy(killed.path);
    reboot(killed.path);
    auto opened = take_words(open_outbox(killed), error).value();
    ASSERT_FALSE(opened.moved_aside) << opened.moved_aside->why;
    EXPECT_EQ(opened.store->streams().value().at(0).last, chain.head());
    EXPECT_THAT(opened.store->alarm(), HasSubstr("the database has the 7 receipts that were "
                                                 "counted before the system was restarted"));
    opened.store.reset();
    EXPECT_EQ(take_words(open_outbox(killed), error).value().store->alarm(), "") << "once";
  }
}

TEST_F(store_mark, of_an_earlier_boot_is_proof_of_damage_where_receipts_are_missing) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 7);
  copy_store(options.path, killed.path);
  fs::remove(killed.path + "-wal");
  reboot(killed.path);
  EXPECT_TRUE(take_words(open_outbox(killed), error).value().moved_aside);
}

TEST_F(store_mark, is_cleared_where_the_log_was_seen_to_be_tidied_away) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 7);
  copy_store(options.path, killed.path);
  sql(killed.path, "SELECT * FROM stream");
  EXPECT_THAT(file_content(killed.path + ".id"), HasSubstr("log in use\n"));
  const auto opened = take_words(open_outbox(killed), error).value();
  EXPECT_EQ(opened.store->alarm(), "");
  EXPECT_THAT(file_content(killed.path + ".id"), HasSubstr("log none\n"));
}

TEST_F(store_mark, of_a_ledger_of_an_earlier_boot_is_no_proof_of_damage) {
  const auto l = take_words(open_ledger({.path = options.path}), error).value();
  receipt_chain chain({"gw-7", "quota/a", 1});
  const auto rows = receipt_chain(chain).next_batch(3);
  ASSERT_TRUE(l->begin());
  ASSERT_TRUE(l->append({chain.key(), chain.head(), rows}));
  ASSERT_TRUE(l->commit());
  copy_store(options.path, killed.path);
  sql(killed.path, "SELECT * FROM stream");
  reboot(killed.path);
  const auto again = take_words(open_ledger({.path = killed.path}), error);
  ASSERT_TRUE(again) << error;
  EXPECT_THAT((*again)->alarm(), HasSubstr("killed.db-wal) is gone or empty, and was in use"));
}

// --- a stream that is damaged -------------------------------------------------------------------

TEST_F(store_mark, counts_nothing_while_a_stream_is_damaged) {
  receipt_chain b({"gw-7", "quota/b", 0});
  {
    const auto store = open_store();
    receipt_chain a = new_stream(*store, "quota/a");
    b = new_stream(*store, "quota/b");
    add(*store, 1, a, 10);
    acknowledge(*store, 1, 10);
    add(*store, 2, b, 5);
  }
  for (const char* damage : {"UPDATE stream SET seq = 3 WHERE sid = 1",
                             "DELETE FROM outbox WHERE sid = 1 AND seq < 9"}) {
    sql(options.path, damage);
    auto opened = open();
    ASSERT_TRUE(opened.store->streams().value().at(0).closed);
    EXPECT_EQ(opened.store->alarm(), "") << "its own damage is told by itself";
    add(*opened.store, 2, b, 2);
    EXPECT_THAT(file_content(id), HasSubstr("receipts 15\n"));
  }
}

// What no frame of the log can show: its last transaction is gone.
TEST_F(store_mark,
       that_counted_more_than_there_is_is_told_by_an_archive_of_which_nothing_is_broken) {
  {
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    add(*store, 1, chain, 10);
  }
  fs::copy(options.path, folder / "copy");
  {
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/b");
    add(*store, 2, chain, 5);
  }
  const auto missing = [&] {
    const auto archive = take_words(open_outbox_archive(options.path), error).value();
    EXPECT_EQ(audit(*archive, *make_sha256(), {}).value().broken, 0U);
    return archive->missing().value();
  };
  EXPECT_EQ(missing(), "");
  fs::remove(options.path);
  fs::copy(folder / "copy", options.path);
  EXPECT_EQ(missing(), options.path +
                           ": has 10 receipts and had 15: it is an older copy, or the end of its "
                           "log was lost");
  fs::rename(id, folder / "id");
  EXPECT_EQ(missing(), "") << "nothing is known of it";
  fs::rename(folder / "id", id);
  open_store();  // tells it, and counts anew
  EXPECT_EQ(missing(), "");
}

// A log that is gone is one loss, not two.
TEST_F(store_mark, that_says_more_than_a_store_without_its_log_has_is_no_second_loss) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 3);
  copy_store(options.path, killed.path);
  fs::remove(killed.path + "-wal");
  const auto archive = take_words(open_outbox_archive(killed.path), error).value();
  const auto found = audit(*archive, *make_sha256(), {}).value();
  ASSERT_EQ(found.breaks.size(), 1U);
  EXPECT_THAT(found.breaks[0].what, HasSubstr("is gone or empty, and was in use"));
  EXPECT_EQ(archive->missing().value(), "");
}

}  // namespace store_mark_test
}  // namespace hawser

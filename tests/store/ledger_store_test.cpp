// The ledger in its file: what a batch may do to a stream, alone and beside another process.
#include <hawser/store/sqlite.hpp>

#include "support/fault_vfs.hpp"
#include "support/receipt_chain.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

namespace hawser {
namespace ledger_store_test {

using test::receipt_chain;
using test::sql;
using ::testing::HasSubstr;

class ledger_store : public ::testing::Test {
 protected:
  std::unique_ptr<ledger> open() {
    auto opened = take_words(open_ledger({.path = path}), error);
    if (!opened) throw std::runtime_error(error);
    return *std::move(opened);
  }

  static append_result append(ledger& l, const stream_key& key, const stream_head& previous,
                              std::span<const chained_receipt> rows) {
    EXPECT_TRUE(l.begin()) << l.last_error();
    const auto done = l.append({key, previous, rows});
    EXPECT_TRUE(done) << l.last_error();
    EXPECT_TRUE(l.commit()) << l.last_error();
    return done.value();
  }

  /// Appends the next `count` of the chain and expects that to be committed.
  static void grow(ledger& l, receipt_chain& chain, std::size_t count) {
    const stream_head previous = chain.head();
    const auto rows = chain.next_batch(count);
    const auto done = append(l, chain.key(), previous, rows);
    EXPECT_EQ(done.status, append_status::committed);
    EXPECT_EQ(done.head, chain.head());
  }

  test::temp_folder folder;
  std::string path = folder / "ledger.db";
  std::string error;
  receipt_chain chain{{"gw-7", "quota/a", UINT64_MAX - 1}};
  stream_head origin = chain.head();
};

TEST_F(ledger_store, keeps_what_was_committed) {
  std::vector<chained_receipt> rows;
  {
    const auto l = open();
    EXPECT_EQ(l->find(chain.key()).value(), std::nullopt);
    rows = chain.next_batch(5);
    EXPECT_EQ(append(*l, chain.key(), origin, rows).status, append_status::committed);
  }
  const auto l = open();
  const auto found = l->find(chain.key()).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key, chain.key());
  EXPECT_EQ(found->head, chain.head());
  EXPECT_FALSE(found->forked);
  const auto read = l->read(chain.key(), 2, 3).value();
  ASSERT_EQ(read.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read[i].seq, i + 2);
    EXPECT_EQ(read[i].hash, rows[i + 1].hash);
    EXPECT_EQ(read[i].body, rows[i + 1].body);
  }
}

TEST_F(ledger_store, reads_nothing_where_nothing_is) {
  const auto l = open();
  EXPECT_TRUE(l->read(chain.key(), 1, 10).value().empty());
  grow(*l, chain, 2);
  EXPECT_TRUE(l->read(chain.key(), 3, 10).value().empty());
  EXPECT_TRUE(l->read(chain.key(), UINT64_MAX, 10).value().empty());
  EXPECT_EQ(l->read(chain.key(), 0, 10).value().size(), 2U);
}

TEST_F(ledger_store, tells_streams_apart_by_device_governor_and_epoch) {
  const auto l = open();
  const stream_key keys[] = {{"gw-7", "quota/a", 1},
                             {"gw-8", "quota/a", 1},
                             {"gw-7", "quota/b", 1},
                             {"gw-7", "quota/a", 2}};
  std::size_t count = 0;
  for (const stream_key& key : keys) {
    receipt_chain c(key);
    grow(*l, c, ++count);
  }
  count = 0;
  for (const stream_key& key : keys) EXPECT_EQ(l->find(key).value()->head.seq, ++count);
}

TEST_F(ledger_store, says_when_a_batch_is_repeated) {
  const auto l = open();
  const auto rows = chain.next_batch(5);
  append(*l, chain.key(), origin, rows);
  const auto again = append(*l, chain.key(), origin, rows);
  EXPECT_EQ(again.status, append_status::repeated);
  EXPECT_EQ(again.head, chain.head());
  EXPECT_EQ(append(*l, chain.key(), chain.head(), {}).status, append_status::repeated);
  EXPECT_EQ(append(*l, chain.key(), {1, rows[0].hash}, std::span(rows).subspan(1, 2)).status,
            append_status::repeated);
  EXPECT_EQ(sql(path, "SELECT count(*) FROM receipt"), "5");
}

TEST_F(ledger_store, trims_what_it_has_from_a_batch) {
  const auto l = open();
  auto rows = chain.next_batch(8);
  append(*l, chain.key(), origin, std::span(rows).first(5));
  const auto done = append(*l, chain.key(), {2, rows[1].hash}, std::span(rows).subspan(2));
  EXPECT_EQ(done.status, append_status::committed);
  EXPECT_EQ(done.head, chain.head());
  EXPECT_EQ(sql(path, "SELECT count(*) FROM receipt"), "8");
}

TEST_F(ledger_store, reports_a_gap_and_what_it_expects) {
  const auto l = open();
  auto rows = chain.next_batch(8);
  const auto unseen = append(*l, chain.key(), {2, rows[1].hash}, std::span(rows).subspan(2));
  EXPECT_EQ(unseen.status, append_status::gap);
  EXPECT_EQ(unseen.head, origin);
  EXPECT_EQ(l->find(chain.key()).value(), std::nullopt) << "a gap leaves no trace";
  append(*l, chain.key(), origin, std::span(rows).first(3));
  const auto hole = append(*l, chain.key(), {4, rows[3].hash}, std::span(rows).subspan(4));
  EXPECT_EQ(hole.status, append_status::gap);
  EXPECT_EQ(hole.head, (stream_head{3, rows[2].hash}));
  const auto huge = append(*l, chain.key(), {UINT64_MAX, rows[3].hash}, {});
  EXPECT_EQ(huge.status, append_status::gap);
  EXPECT_FALSE(l->find(chain.key()).value()->forked);
}

TEST_F(ledger_store, refuses_a_batch_with_a_hole) {
  const auto l = open();
  auto rows = chain.next_batch(3);
  rows.erase(rows.begin() + 1);
  ASSERT_TRUE(l->begin());
  EXPECT_EQ(l->append({chain.key(), origin, rows}).error(), store_errc::gap);
  EXPECT_TRUE(l->commit());
  EXPECT_EQ(l->find(chain.key()).value(), std::nullopt);
}

// --- clocks that are far ahead ------------------------------------------------------------------

TEST_F(ledger_store, marks_what_came_from_a_clock_far_ahead) {
  {
    const auto l = open();
    auto rows = chain.next_batch(4);
    rows[1].clock_ahead = 61'000;
    rows[3].clock_ahead = 35'184'372'088'832;  // the year 3084
    EXPECT_EQ(append(*l, chain.key(), origin, rows).status, append_status::committed);
    EXPECT_EQ(append(*l, chain.key(), origin, rows).status, append_status::repeated);
    const auto read = l->read(chain.key(), 1, 10).value();
    ASSERT_EQ(read.size(), 4U);
    EXPECT_EQ(read[0].clock_ahead, 0);
    EXPECT_EQ(read[1].clock_ahead, 61'000);
    EXPECT_EQ(read[3].clock_ahead, 35'184'372'088'832);
  }
  const auto archive = take_words(open_ledger_archive(path), error);
  ASSERT_TRUE(archive) << error;
  std::vector<std::int64_t> shown;
  const auto h = make_sha256();
  const auto found = audit_rows(
      **archive, *h, [&](const stored_stream&, const receipt&, const chained_receipt& row) {
        shown.push_back(row.clock_ahead);
      });
  EXPECT_EQ(found.value().broken, 0U);
  EXPECT_EQ(shown, (std::vector<std::int64_t>{0, 61'000, 0, 35'184'372'088'832}));
}

TEST_F(ledger_store, of_version_1_is_read_as_it_is_and_upgraded_when_it_is_opened) {
  {
    const auto l = open();
    grow(*l, chain, 3);
  }
  sql(path, "ALTER TABLE stream DROP COLUMN sum; DROP TABLE clock; PRAGMA user_version = 1");
  const auto h = make_sha256();
  const auto verify = [&] {
    const auto archive = take_words(open_ledger_archive(path), error);
    EXPECT_TRUE(archive) << error;
    const auto found = audit(**archive, *h, {}).value();
    EXPECT_EQ(found.receipts, 3U);
    EXPECT_EQ(found.broken, 0U) << found.first_broken->what;
  };
  verify();
  EXPECT_EQ(sql(path, "PRAGMA user_version"), "1") << "only read";
  (void)open();
  EXPECT_EQ(sql(path, "PRAGMA user_version"), "2");
  verify();
}

class forked_ledger : public ledger_store {
 protected:
  void expect_quarantined(ledger& l, const append_result& done, stream_head head) {
    EXPECT_EQ(done.status, append_status::fork);
    EXPECT_EQ(done.head, head);
    EXPECT_TRUE(l.find(chain.key()).value()->forked);
    EXPECT_EQ(l.find(chain.key()).value()->head, head);
    // Even what would fit is refused from now on, also by the next process.
    const stream_head previous = chain.head();
    const auto rows = chain.next_batch(1);
    const auto l2 = open();
    EXPECT_EQ(append(*l2, chain.key(), previous, rows).status, append_status::fork);
    EXPECT_EQ(l2->find(chain.key()).value()->head, head);
  }
};

// It may be a batch of another stream under this one's number, or one behind a damaged resume.
TEST_F(ledger_store, refuses_what_does_not_follow_from_the_history_and_quarantines_nothing) {
  const auto l = open();
  const auto begins = receipt_chain(chain).next_batch(2);
  EXPECT_EQ(append(*l, chain.key(), {0, begins[0].hash}, begins).status, append_status::unrelated);
  EXPECT_EQ(l->find(chain.key()).value(), std::nullopt) << "another origin leaves no trace";
  grow(*l, chain, 5);
  receipt_chain other = chain;
  other.next_batch(1, "another");
  const auto rows = receipt_chain(chain).next_batch(2);
  for (const std::uint64_t seq : {5U, 4U, 1U}) {
    const stream_head wrong{seq, other.head().hash};
    auto moved = rows;
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i].seq = seq + 1 + i;
    const auto done = append(*l, chain.key(), wrong, moved);
    EXPECT_EQ(done.status, append_status::unrelated) << seq;
    EXPECT_EQ(done.head, chain.head());
  }
  EXPECT_FALSE(l->find(chain.key()).value()->forked);
  EXPECT_EQ(append(*l, chain.key(), chain.head(), rows).status, append_status::committed);
}

TEST_F(forked_ledger, has_another_hash_in_the_overlap) {
  const auto l = open();
  receipt_chain other = chain;
  grow(*l, chain, 5);
  const auto rows = other.next_batch(7, "another");
  expect_quarantined(*l, append(*l, chain.key(), origin, rows), chain.head());
}

TEST_F(forked_ledger, leaves_the_other_streams_alone) {
  const auto l = open();
  receipt_chain other = chain;
  grow(*l, chain, 5);
  append(*l, chain.key(), origin, other.next_batch(1, "another"));
  receipt_chain fine({"gw-8", "quota/a", 1});
  grow(*l, fine, 2);
}

TEST_F(ledger_store, undoes_all_of_a_group) {
  const auto l = open();
  grow(*l, chain, 2);
  const stream_head before = chain.head();
  const auto rows = chain.next_batch(2);
  receipt_chain fresh({"gw-8", "quota/a", 1});
  const stream_head fresh_origin = fresh.head();
  const auto fresh_rows = fresh.next_batch(2);
  ASSERT_TRUE(l->begin());
  ASSERT_TRUE(l->append({chain.key(), before, rows}));
  ASSERT_TRUE(l->append({fresh.key(), fresh_origin, fresh_rows}));
  l->rollback();
  EXPECT_EQ(l->find(chain.key()).value()->head, before);
  EXPECT_EQ(l->find(fresh.key()).value(), std::nullopt);
  EXPECT_EQ(append(*l, chain.key(), before, rows).status, append_status::committed);
}

TEST_F(ledger_store, refuses_writes_outside_of_a_group) {
  const auto l = open();
  const auto rows = chain.next_batch(1);
  EXPECT_EQ(l->append({chain.key(), origin, rows}).error(), store_errc::failed);
  EXPECT_THAT(l->last_error(), HasSubstr("outside of a group"));
  EXPECT_EQ(l->commit().error(), store_errc::failed);
  ASSERT_TRUE(l->begin());
  EXPECT_EQ(l->begin().error(), store_errc::failed);
  EXPECT_TRUE(l->append({chain.key(), origin, rows}));
  EXPECT_TRUE(l->commit());
}

TEST_F(ledger_store, is_shared_by_two_writers) {
  const auto a = open();
  const auto b = open();
  receipt_chain other = chain;
  grow(*a, chain, 3);
  EXPECT_EQ(b->find(chain.key()).value()->head, chain.head()) << "nothing is kept in memory";
  grow(*b, chain, 3);
  grow(*a, chain, 3);
  // A writer that lost the race sees its batch as repeated, not as a second effect.
  EXPECT_EQ(append(*b, chain.key(), origin, other.next_batch(9)).status, append_status::repeated);
  EXPECT_EQ(sql(path, "SELECT count(*) FROM receipt"), "9");
}

TEST_F(ledger_store, audits_whole_while_it_grows) {
  const auto l = open();
  grow(*l, chain, 3);
  const auto archive = take_words(open_ledger_archive(path), error);
  ASSERT_TRUE(archive) << error;
  grow(*l, chain, 3);
  const auto h = make_sha256();
  const auto grown = audit(**archive, *h, {}).value();
  EXPECT_EQ(grown.receipts, 6U) << "it shows what is there when it is asked";
  EXPECT_EQ(grown.broken, 0U);
}

TEST_F(ledger_store, reopens) {
  const auto l = open();
  grow(*l, chain, 3);
  ASSERT_TRUE(l->begin());
  ASSERT_TRUE(l->reopen());
  grow(*l, chain, 3);
}

// While one opens the file, another would take its log for damaged.
TEST_F(ledger_store, reopens_in_its_turn) {
  test::fault_vfs disk;
  auto l = take_words(ledger_in_sqlite(disk.name())({.path = path}), error).value();
  grow(*l, chain, 3);
  const int probe = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const auto somebody_opens_it = [probe] {  // The names of writers are shared locks.
    struct flock turn {};
    turn.l_type = F_RDLCK;
    turn.l_whence = SEEK_SET;
    turn.l_start = off_t{1} << 60;
    return ::fcntl(probe, F_OFD_GETLK, &turn) == 0 && turn.l_type != F_UNLCK;
  };
  int seen = 0;
  int in_turn = 0;
  disk.watch = [&](const test::fault_vfs::operation&) {
    ++seen;
    in_turn += somebody_opens_it() ? 1 : 0;
  };
  EXPECT_FALSE(somebody_opens_it());
  ASSERT_TRUE(l->reopen());
  EXPECT_GT(seen, 0);
  EXPECT_EQ(in_turn, seen);
  EXPECT_FALSE(somebody_opens_it());
  disk.fail(test::fault_vfs::kind::map, 1, SQLITE_IOERR, 1'000'000);
  EXPECT_FALSE(l->reopen());
  EXPECT_FALSE(somebody_opens_it()) << "nor when it could not";
  disk.heal();
  disk.watch = [](const test::fault_vfs::operation&) {};
  ASSERT_TRUE(l->reopen()) << l->last_error();
  grow(*l, chain, 3);
  l.reset();
  ::close(probe);  // Not before: with it go the locks of SQLite.
}

TEST_F(ledger_store, refuses_what_is_not_a_ledger) {
  const auto refused = [&](const std::string& file, error_code code, const char* why) {
    const auto opened = take_words(open_ledger({.path = file}), error);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), code);
    EXPECT_THAT(error, HasSubstr(why));
  };
  refused("", errc::invalid_option, "needs a path");
  refused(folder / "missing/ledger.db", store_errc::failed, "missing/ledger.db");
  ASSERT_TRUE(take_words(open_outbox({.path = folder / "edge.db", .device = "gw-7"}), error));
  refused(folder / "edge.db", store_errc::failed, "edge.db: is not a ledger of hawser");
  open();
  sql(path, "PRAGMA user_version = 9");
  refused(path, store_errc::failed, "is a ledger of hawser of version 9, this program knows");
  sql(path, "PRAGMA user_version = 1; DROP TABLE receipt");
  refused(path, store_errc::corrupt, "no such table: receipt");
}

}  // namespace ledger_store_test
}  // namespace hawser

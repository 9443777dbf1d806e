// Read-only views: that they change nothing, work without their owner, and show every change.
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

namespace hawser {
namespace archive_test {

namespace fs = std::filesystem;
using test::receipt_chain;
using test::sql;
using ::testing::HasSubstr;

class archive : public test::outbox_fixture {
 protected:
  archive() {
    options.limits.retention = 0;
    const auto store = open_store();
    receipt_chain a = new_stream(*store, "quota/a");
    receipt_chain b = new_stream(*store, "quota/b");
    add(*store, 1, a, 20);
    add(*store, 2, b, 20);
    acknowledge(*store, 2, 10, 1'000);  // its base moves: nothing before receipt 11 is kept
    fs::copy(options.path + "-wal", folder / "wal");

    const auto l = take_words(open_ledger({.path = ledger}), error).value();
    receipt_chain c({"gw-7", "quota/a", a.key().epoch});
    const stream_head origin = c.head();
    EXPECT_TRUE(l->begin());
    EXPECT_TRUE(l->append({c.key(), origin, c.next_batch(20)}));
    EXPECT_TRUE(l->commit());
  }

  std::map<std::string, std::string> files() {
    std::map<std::string, std::string> out;
    for (const auto& file : fs::directory_iterator(folder.path())) {
      std::ifstream in(file.path(), std::ios::binary);
      out[file.path().filename()] = {std::istreambuf_iterator<char>(in), {}};
    }
    return out;
  }

  static audit_result audited(const result<std::unique_ptr<receipt_archive>>& opened) {
    const auto h = make_sha256();
    return audit(*opened.value(), *h, {}).value();
  }
  audit_result audited_outbox() {
    return audited(take_words(open_outbox_archive(options.path), error));
  }
  audit_result audited_ledger() { return audited(take_words(open_ledger_archive(ledger), error)); }

  std::string ledger = folder / "ledger.db";
};

TEST_F(archive, shows_every_stream_with_its_base_and_head) {
  const auto opened = take_words(open_outbox_archive(options.path), error).value();
  const auto streams = opened->streams().value();
  ASSERT_EQ(streams.size(), 2U);
  EXPECT_EQ(streams[0].key.device, "gw-7");
  EXPECT_EQ(streams[0].key.governor, "quota/a");
  EXPECT_EQ(streams[0].base.seq, 0U);
  EXPECT_EQ(streams[0].last.seq, 20U);
  EXPECT_EQ(streams[1].base.seq, 10U);
  const auto slice = opened->read(streams[1].key, 17).value();
  EXPECT_EQ(slice.base.seq, 10U);
  EXPECT_EQ(slice.last.seq, 20U);
  ASSERT_EQ(slice.receipts.size(), 3U);
  EXPECT_EQ(slice.receipts[0].seq, 18U);
  EXPECT_EQ(opened->read(streams[1].key, 0).value().receipts[0].seq, 11U) << "from the base";
  EXPECT_TRUE(opened->read(streams[1].key, 20).value().receipts.empty());
  EXPECT_EQ(opened->read({"gw-7", "quota/x", 0}, 0).error(), store_errc::failed);
  EXPECT_EQ(audited_outbox().receipts, 30U);
  EXPECT_EQ(audited_outbox().broken, 0U);
  EXPECT_EQ(audited_ledger().receipts, 20U);
  EXPECT_EQ(audited_ledger().broken, 0U);
}

TEST_F(archive, changes_and_makes_no_file) {
  const auto before = files();
  ASSERT_FALSE(before.contains("edge.db-shm"));
  EXPECT_EQ(audited_outbox().receipts, 30U);
  EXPECT_EQ(audited_ledger().receipts, 20U);
  EXPECT_EQ(files(), before);
}

TEST_F(archive, works_in_a_folder_that_cannot_be_written) {
  fs::permissions(options.path, fs::perms::owner_read);
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(audited_outbox().receipts, 30U);
  fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST_F(archive, reads_a_log_that_has_lost_its_index) {
  {
    const auto store = open_store();
    receipt_chain c = new_stream(*store, "quota/c");
    add(*store, 3, c, 5);
    fs::copy(options.path, folder / "copy.db");
    fs::copy(options.path + "-wal", folder / "copy.db-wal");
  }
  const auto before = files();
  const auto seen = audited(take_words(open_outbox_archive(folder / "copy.db"), error));
  EXPECT_EQ(seen.receipts, 35U);
  EXPECT_EQ(seen.broken, 0U);
  EXPECT_EQ(files(), before);
}

TEST_F(archive, leaves_database_and_log_alone_while_the_owner_runs) {
  const auto store = open_store();
  receipt_chain c = new_stream(*store, "quota/c");
  add(*store, 3, c, 5);
  auto before = files();
  EXPECT_EQ(audited_outbox().receipts, 35U);
  auto after = files();
  before.erase("edge.db-shm");
  after.erase("edge.db-shm");
  EXPECT_EQ(after, before);
  add(*store, 3, c, 5);
}

TEST_F(archive, says_when_the_owner_arrived_meanwhile) {
  const auto opened = take_words(open_outbox_archive(options.path), error).value();
  ASSERT_TRUE(opened->streams());
  const auto store = open_store();
  EXPECT_EQ(opened->streams().error(), archive_in_use());
  EXPECT_EQ(opened->damage().error(), archive_in_use());
  EXPECT_EQ(audited_outbox().receipts, 30U) << "a new one reads beside the owner";
}

TEST_F(archive, does_not_keep_the_owner_out) {
  const auto opened = take_words(open_outbox_archive(options.path), error).value();
  ASSERT_TRUE(opened->streams());
  auto store = open_store();
  receipt_chain c = new_stream(*store, "quota/c");
  add(*store, 3, c, 5);
  store.reset();
  EXPECT_EQ(open_store()->pending().value(), 35U);
}

// The log of an owner grows without a bound while somebody reads: not while a reader pauses.
TEST_F(archive, holds_nothing_between_two_calls) {
  auto store = open_store();
  receipt_chain c = new_stream(*store, "quota/c");
  add(*store, 3, c, 600);
  const auto opened = take_words(open_outbox_archive(options.path), error).value();
  const auto emptied = [&] {
    return sql(options.path, "PRAGMA wal_checkpoint(TRUNCATE)") == "0" &&
           fs::file_size(options.path + "-wal") == 0;
  };
  ASSERT_FALSE(opened->damage().value());
  EXPECT_TRUE(emptied());
  add(*store, 3, c, 1);
  ASSERT_EQ(opened->streams().value().size(), 3U);
  EXPECT_TRUE(emptied());
  std::uint64_t after = 0;
  for (int slices = 0; after < 600; ++slices) {
    const auto slice = opened->read(c.key(), after).value();
    ASSERT_FALSE(slice.receipts.empty());
    ASSERT_LE(slice.receipts.size(), 256U);
    after = slice.receipts.back().seq;
    add(*store, 3, c, 1);
    EXPECT_TRUE(emptied()) << slices;
  }
}

TEST_F(archive, a_walk_goes_on_while_its_owner_appends_and_deletes) {
  auto store = open_store();
  receipt_chain c = new_stream(*store, "quota/c");
  add(*store, 3, c, 600);
  const auto opened = take_words(open_outbox_archive(options.path), error).value();
  const auto h = make_sha256();
  std::uint64_t shown = 0;
  const auto found = audit(*opened, *h, [&](const stored_stream& s, const receipt&) {
    if (s.key.governor != "quota/c" || ++shown != 10) return;
    add(*store, 3, c, 50);
    acknowledge(*store, 3, 400, 2'000);
  });
  EXPECT_EQ(found.value().broken, 0U) << found->first_broken->what;
  EXPECT_EQ(shown, 256U + 200U);
}

TEST_F(archive, refuses_what_it_cannot_read) {
  const auto refused = [&](const auto& opened, error_code code, const std::string& why) {
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), code);
    EXPECT_THAT(error, HasSubstr(why));
  };
  const auto before = files();
  const std::string missing = folder / "missing.db";
  refused(take_words(open_outbox_archive(missing), error), store_errc::failed,
          "missing.db: unable to open");
  refused(take_words(open_outbox_archive(ledger), error), store_errc::failed,
          "is not an outbox of hawser");
  refused(take_words(open_ledger_archive(options.path), error), store_errc::failed,
          "is not a ledger of hawser");
  EXPECT_EQ(files(), before);
  std::ofstream(folder / "text") << std::string(500, 'x');
  refused(take_words(open_outbox_archive(folder / "text"), error), store_errc::corrupt,
          "not a database");
  sql(options.path, "PRAGMA user_version = 7");
  refused(take_words(open_outbox_archive(options.path), error), store_errc::failed, "of version 7");
}

struct tampering {
  const char* name;
  const char* outbox;  ///< nullptr: the ledger has it only
  const char* ledger;
  std::uint64_t seq;

  friend void PrintTo(const tampering& t, std::ostream* out) { *out << t.name; }
};

class tampered : public archive, public ::testing::WithParamInterface<tampering> {};

TEST_P(tampered, stream_and_receipt_are_named) {
  const auto expect_named = [&](const audit_result& found) {
    EXPECT_EQ(found.broken, 1U);
    ASSERT_TRUE(found.first_broken);
    EXPECT_EQ(found.first_broken->stream, "gw-7/quota/a");
    EXPECT_EQ(found.first_broken->seq, GetParam().seq) << found.first_broken->what;
  };
  sql(options.path, GetParam().outbox);
  expect_named(audited_outbox());
  sql(ledger, GetParam().ledger);
  expect_named(audited_ledger());
}

INSTANTIATE_TEST_SUITE_P(
    changes, tampered,
    ::testing::Values(
        tampering{
            "body_of_another",
            "UPDATE outbox SET body = (SELECT body FROM outbox WHERE sid = 1 AND seq = 6) "
            "WHERE sid = 1 AND seq = 7",
            "UPDATE receipt SET body = (SELECT body FROM receipt WHERE seq = 6) WHERE seq = 7", 7},
        tampering{"body_byte",
                  "UPDATE outbox SET body = CAST(replace(CAST(body AS TEXT), 'usage_recorded', "
                  "'usage_rec0rded') AS BLOB) WHERE sid = 1 AND seq = 7",
                  "UPDATE receipt SET body = CAST(replace(CAST(body AS TEXT), 'usage_recorded', "
                  "'usage_rec0rded') AS BLOB) WHERE seq = 7",
                  7},
        tampering{"hash", "UPDATE outbox SET hash = zeroblob(32) WHERE sid = 1 AND seq = 7",
                  "UPDATE receipt SET hash = zeroblob(32) WHERE seq = 7", 7},
        tampering{"receipt_gone", "DELETE FROM outbox WHERE sid = 1 AND seq = 7",
                  "DELETE FROM receipt WHERE seq = 7", 7},
        tampering{"last_gone", "DELETE FROM outbox WHERE sid = 1 AND seq = 20",
                  "DELETE FROM receipt WHERE seq = 20", 20},
        tampering{"first_gone", "DELETE FROM outbox WHERE sid = 1 AND seq = 1",
                  "DELETE FROM receipt WHERE seq = 1", 1},
        tampering{"number", "UPDATE outbox SET seq = 21 WHERE sid = 1 AND seq = 20",
                  "UPDATE receipt SET seq = 21 WHERE seq = 20", 20},
        tampering{"two_swapped",
                  "UPDATE outbox SET seq = 99 WHERE sid = 1 AND seq = 7; UPDATE outbox SET seq = 7 "
                  "WHERE sid = 1 AND seq = 8; UPDATE outbox SET seq = 8 WHERE seq = 99",
                  "UPDATE receipt SET seq = 99 WHERE seq = 7; UPDATE receipt SET seq = 7 "
                  "WHERE seq = 8; UPDATE receipt SET seq = 8 WHERE seq = 99",
                  7},
        tampering{"head", "UPDATE stream SET head = zeroblob(32) WHERE sid = 1",
                  "UPDATE stream SET head = zeroblob(32)", 20},
        tampering{"head_lowered", "UPDATE stream SET seq = 19 WHERE sid = 1",
                  "UPDATE stream SET seq = 19", 20},
        tampering{"head_raised", "UPDATE stream SET seq = 21 WHERE sid = 1",
                  "UPDATE stream SET seq = 21", 21}),
    [](const auto& of) { return of.param.name; });

TEST_F(archive, notices_a_changed_base) {
  sql(options.path, "UPDATE stream SET base_head = zeroblob(32) WHERE sid = 2");
  const auto found = audited_outbox();
  ASSERT_TRUE(found.first_broken);
  EXPECT_EQ(found.first_broken->stream, "gw-7/quota/b");
  EXPECT_EQ(found.first_broken->seq, 11U);
}

TEST_F(archive, notices_a_stream_of_another_name) {
  sql(options.path, "UPDATE stream SET name = 'quota/x' WHERE sid = 2");
  EXPECT_THAT(audited_outbox().first_broken->what,
              HasSubstr("gw-7/quota/x has the origin of another one"));
  sql(options.path,
      "UPDATE stream SET name = 'quota/b' WHERE sid = 2; "
      "UPDATE stream SET epoch = epoch + 1 WHERE sid = 2");
  EXPECT_THAT(audited_outbox().first_broken->what, HasSubstr("has the origin of another one"));
}

TEST_F(archive, notices_receipts_without_a_stream) {
  sql(options.path, "DELETE FROM stream WHERE sid = 2");
  EXPECT_THAT(audited_outbox().first_broken->what, HasSubstr("receipt 11 belongs to no stream"));
  sql(ledger, "DELETE FROM stream");
  EXPECT_THAT(audited_ledger().first_broken->what, HasSubstr("receipt 1 belongs to no stream"));
}

}  // namespace archive_test
}  // namespace hawser

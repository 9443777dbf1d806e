// Streams of an outbox whose rows or receipts are damaged, and what the store makes of them.
#include <hawser/io/crypto.hpp>

#include "store/sqlite/database.hpp"
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace hawser {
namespace damaged_streams_test {

using test::receipt_chain;
using test::sql;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

audit_result audited(const std::string& path) {
  std::string error;
  const auto archive = take_words(open_outbox_archive(path), error);
  EXPECT_TRUE(archive) << error;
  const auto h = make_sha256();
  return audit(**archive, *h, {}).value();
}

class outbox_rows : public test::outbox_fixture {};

TEST_F(outbox_rows, verifies_the_last_thousand_links_of_a_long_stream) {
  {
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    add(*store, 1, chain, 1'200);
  }
  EXPECT_THAT(open_store()->damages(), IsEmpty());
  sql(options.path, "UPDATE outbox SET body = x'80' WHERE seq = 150");
  EXPECT_THAT(open_store()->damages(), IsEmpty()) << "the whole chain is for an audit";
  sql(options.path, "UPDATE outbox SET body = x'80' WHERE seq = 250");
  EXPECT_THAT(
      open_store()->damages(),
      ElementsAre(options.path + ": table outbox, sid 1 (quota/a): receipt 250 is changed"));
}

struct row_damage {
  const char* name;
  const char* statement;
  const char* why;
  bool closed;

  friend void PrintTo(const row_damage& d, std::ostream* out) { *out << d.name; }
};

class damaged_stream : public outbox_rows, public ::testing::WithParamInterface<row_damage> {};

INSTANTIATE_TEST_SUITE_P(
    causes, damaged_stream,
    ::testing::Values(
        row_damage{"body", "UPDATE outbox SET body = x'80' WHERE lsn = 3", "receipt 3 is changed",
                   false},
        row_damage{"hash", "UPDATE outbox SET hash = zeroblob(32) WHERE lsn = 3",
                   "receipt 3 is changed", false},
        row_damage{"hash_length", "UPDATE outbox SET hash = x'00' WHERE lsn = 3",
                   "it cannot be read", false},
        row_damage{"row_gone", "DELETE FROM outbox WHERE lsn = 3", "receipt 4 is out of place",
                   false},
        row_damage{"last_row_gone", "DELETE FROM outbox WHERE lsn = 10",
                   "its head is not that of its receipts", true},
        row_damage{"row_moved", "UPDATE outbox SET seq = 11 WHERE lsn = 3",
                   "receipt 4 is out of place", true},
        row_damage{"last_hash", "UPDATE outbox SET hash = zeroblob(32) WHERE lsn = 10",
                   "receipt 10 is changed", true},
        row_damage{"acknowledged_too_far", "UPDATE stream SET acked_seq = 11 WHERE sid = 1",
                   "its checksum does not match", true},
        row_damage{"acknowledged_before", "UPDATE stream SET acked_seq = 5 WHERE sid = 1",
                   "its checksum does not match", true},
        row_damage{"base", "UPDATE stream SET base_seq = 1 WHERE sid = 1",
                   "its checksum does not match", true},
        row_damage{"head", "UPDATE stream SET head = zeroblob(32) WHERE sid = 1",
                   "its checksum does not match", true},
        row_damage{"head_length", "UPDATE stream SET head = x'00' WHERE sid = 1",
                   "it cannot be read", true},
        row_damage{"checksum", "UPDATE stream SET sum = NULL WHERE sid = 1",
                   "its checksum does not match", true}),
    [](const auto& of) { return of.param.name; });

TEST_P(damaged_stream, is_marked_and_the_other_one_goes_on) {
  receipt_chain b({"gw-7", "quota/b", 0});
  {
    const auto store = open_store();
    receipt_chain a = new_stream(*store, "quota/a");
    b = new_stream(*store, "quota/b");
    add(*store, 1, a, 10);
    add(*store, 2, b, 10);
  }
  sql(options.path, GetParam().statement);
  EXPECT_EQ(audited(options.path).broken, 1U);
  const auto opened = open();
  EXPECT_FALSE(opened.moved_aside);
  const auto streams = opened.store->streams().value();
  EXPECT_EQ(streams.at(0).governor, "quota/a");
  EXPECT_THAT(streams.at(0).damage, HasSubstr(GetParam().why));
  EXPECT_EQ(streams.at(0).closed, GetParam().closed);
  EXPECT_THAT(streams.at(1).damage, IsEmpty());
  EXPECT_GE(opened.store->pending().value(), 19U) << "nothing of it passes for acknowledged";
  ASSERT_TRUE(opened.store->begin());
  const auto appended = opened.store->append(1, {11, {}, bytes{std::byte{0}}}, 1);
  EXPECT_EQ(appended.has_value(), !GetParam().closed);
  opened.store->rollback();
  add(*opened.store, 2, b, 1);
  acknowledge(*opened.store, 2, 11);
}

// How many receipts it had is not known any more, and its row stays as it was found.
TEST_F(outbox_rows, found_damaged_when_the_store_is_opened_again_fail_no_group) {
  const auto store = open_store();
  receipt_chain a = new_stream(*store, "quota/a");
  receipt_chain b = new_stream(*store, "quota/b");
  add(*store, 1, a, 10);
  add(*store, 2, b, 10);
  sql(options.path,
      "DELETE FROM outbox WHERE sid = 1 AND seq > 5; UPDATE stream SET hlc = 7 WHERE sid = 1");
  const auto row =
      "SELECT quote(seq) || quote(head) || acked_seq || base_seq || hlc || quote(sum) "
      "FROM stream WHERE sid = 1";
  const std::string found = sql(options.path, row);
  ASSERT_TRUE(store->reopen()) << store->last_error();
  ASSERT_TRUE(store->streams().value().at(0).closed);
  for (const std::uint64_t seq : {3U, 5U, 8U, 10U}) {
    acknowledge(*store, 1, seq);
    acknowledge(*store, 2, seq);
  }
  ASSERT_TRUE(store->begin());
  EXPECT_TRUE(store->remember(1, "k", "{}", std::nullopt));
  EXPECT_TRUE(store->commit());
  EXPECT_EQ(store->read(1, 1, 10, 10'000).error(), store_errc::corrupt);
  EXPECT_EQ(store->hash_at(1, 0).error(), store_errc::corrupt);
  EXPECT_EQ(sql(options.path, row), found);
  EXPECT_EQ(store->streams().value().at(1).acked, 10U);
  EXPECT_EQ(store->pending().value(), 5U);
}

// What remains would begin with a hash that nothing leads to.
TEST_F(outbox_rows, are_not_trimmed_behind_a_hash_that_is_damaged) {
  options.limits.retention = 0;
  const auto store = open_store();
  receipt_chain a = new_stream(*store, "quota/a");
  receipt_chain b = new_stream(*store, "quota/b");
  add(*store, 1, a, 10);
  add(*store, 2, b, 10);
  sql(options.path, "UPDATE outbox SET hash = zeroblob(32) WHERE sid = 1 AND seq = 5");
  acknowledge(*store, 1, 5, 1'000'000);
  acknowledge(*store, 2, 5, 1'000'000);
  EXPECT_EQ(kept(*store, 2), std::pair(std::uint64_t{6}, std::uint64_t{10}));
  EXPECT_EQ(store->streams().value().at(0).base.seq, 0U);
  EXPECT_THAT(store->damages(), ElementsAre(HasSubstr("receipt 6 does not follow from 5")));
  acknowledge(*store, 1, 7, 1'000'000);
  EXPECT_THAT(store->damages(), IsEmpty()) << "once";
}

TEST_F(outbox_rows, of_others_are_not_deleted_where_the_index_points_to_them) {
  options.limits.retention = 0;
  const auto store = open_store();
  receipt_chain a = new_stream(*store, "quota/a");
  receipt_chain b = new_stream(*store, "quota/b");
  add(*store, 1, a, 10);
  add(*store, 2, b, 10);
  test::graft_index(options.path, "outbox_seq", "sid, seq",
                    "INSERT INTO graft SELECT CASE lsn WHEN 2 THEN 12 WHEN 12 THEN 2 ELSE lsn "
                    "END, sid, seq FROM outbox");
  acknowledge(*store, 1, 5, 1'000'000);
  EXPECT_EQ(sql(options.path, "SELECT count(*) FROM outbox NOT INDEXED"), "20");
  EXPECT_THAT(store->damages(), ElementsAre(HasSubstr("the index of its receipts points to")));
}

// The index lost both keys while the outbox was in use, and the event of one came again.
TEST_F(outbox_rows, of_one_key_twice_are_named_and_keep_nobody_out) {
  {
    const auto store = open_store();
    receipt_chain a = new_stream(*store, "quota/a");
    add(*store, 1, a, 2);
    ASSERT_TRUE(store->begin());
    for (const char* key : {"once", "twice"}) {
      ASSERT_TRUE(store->remember(1, key, "{}", std::nullopt));
    }
    ASSERT_TRUE(store->commit());
  }
  test::graft_index(options.path, "applied_key", "sid, key", "SELECT 1");
  {
    const auto store = open_store();
    EXPECT_THAT(store->damages(), ElementsAre(HasSubstr("applied_key is not that of its table: it "
                                                        "was made anew")));
  }
  test::graft_index(options.path, "applied_key", "sid, key", "SELECT 1");
  sql(options.path,
      "INSERT INTO applied(sid, key, answer, event, sum) SELECT sid, key, answer, event, "
      "hawser_sum(sid, key, answer, event) FROM applied NOT INDEXED WHERE key = 'twice'");
  const auto store = open_store();
  EXPECT_THAT(store->damages(), Contains(HasSubstr("two rows have one key")));
  EXPECT_EQ(store->answer(1, "once").error(), store_errc::corrupt) << "it was applied";
  EXPECT_EQ(store->answer(1, "twice").value(), "{}");
  EXPECT_EQ(store->answer(1, "never").value(), std::nullopt);
}

TEST_F(outbox_rows, whose_number_of_failures_is_lost_can_be_sealed_all_the_same) {
  open_store();
  sql(options.path, "DELETE FROM meta WHERE key = 'failed_commits'");
  EXPECT_EQ(audited(options.path).first_broken.value().what, "table meta: has no failed_commits");
  EXPECT_TRUE(open_store()->reopen());
}

// Its row says another key than the index: SQLite deletes neither, and stops halfway.
TEST_F(outbox_rows, of_keys_that_cannot_be_deleted_keep_no_other_and_are_not_torn) {
  options.limits.keys = 5;
  const auto remember = [](outbox& store, int first, int last) {
    for (int i = first; i <= last; ++i) {
      ASSERT_TRUE(store.begin());
      ASSERT_TRUE(store.remember(1, "key" + std::to_string(i), "{}", std::nullopt));
      ASSERT_TRUE(store.commit()) << store.last_error();
    }
  };
  {
    const auto store = open_store();
    receipt_chain a = new_stream(*store, "quota/a");
    add(*store, 1, a, 5);
    remember(*store, 1, 5);
  }
  const auto page =
      std::stol(sql(options.path, "SELECT rootpage FROM sqlite_schema WHERE name = 'applied'"));
  {
    std::fstream file(options.path, std::ios::binary | std::ios::in | std::ios::out);
    std::string content(4096, '\0');
    file.seekg((page - 1) * 4096);
    file.read(content.data(), 4096);
    for (const std::string key : {"key1", "key3"}) {
      ASSERT_NE(content.find(key), std::string::npos);
      content[content.find(key)] = 'K';
    }
    file.seekp((page - 1) * 4096);
    file << content;
  }
  const auto store = open_store();
  (void)store->damages();
  remember(*store, 6, 9);
  EXPECT_THAT(store->damages(), ElementsAre(HasSubstr("table applied, sid 1 (quota/a): "),
                                            HasSubstr("table applied, sid 1 (quota/a): ")));
  EXPECT_THAT(store->streams().value().at(0).damage, IsEmpty()) << "its receipts are sound";
  acknowledge(*store, 1, 5);
  const std::string ids = "SELECT group_concat(id, ' ') FROM (SELECT id FROM applied ";
  EXPECT_EQ(sql(options.path, ids + "NOT INDEXED ORDER BY id)"), "1 3 7 8 9");
  for (const std::string index : {"applied_key", "applied_age"}) {
    EXPECT_EQ(sql(options.path, ids + "INDEXED BY " + index + " WHERE sid = 1 ORDER BY id)"),
              "1 3 7 8 9")
        << index;
  }
}

TEST_F(outbox_rows, that_are_not_written_are_noticed) {
  io::sqlite::database db(folder / "any.db", io::sqlite::database::access::read_write, "");
  db.execute(
      "CREATE TABLE t(a); CREATE TRIGGER eater BEFORE INSERT ON t BEGIN SELECT "
      "RAISE(IGNORE); END");
  io::sqlite::statement add(db, "INSERT INTO t VALUES(?)");
  EXPECT_THROW(add.execute_once(std::uint64_t{1}), io::sqlite::store_error);
  db.execute("DROP TRIGGER eater");
  add.execute_once(std::uint64_t{1});
}

// The edge was refused with every start, and its file was never moved aside.
TEST_F(outbox_rows, of_meta_are_found_although_their_index_is_another_one) {
  std::uint64_t epoch = 0;
  {
    const auto store = open_store();
    receipt_chain chain = new_stream(*store, "quota/a");
    epoch = chain.key().epoch;
    add(*store, 1, chain, 3);
    ASSERT_TRUE(store->begin());
    ASSERT_TRUE(store->note_wall(7));
    ASSERT_TRUE(store->commit());
  }
  test::graft_index(options.path, "sqlite_autoindex_meta_1", "key",
                    "INSERT INTO graft VALUES(900, 'wall'), (901, 'x')");
  {
    const auto opened = open();
    ASSERT_FALSE(opened.moved_aside) << opened.moved_aside->why;
    EXPECT_THAT(opened.store->damages(),
                ElementsAre(options.path +
                            ": the index of table meta is not that of its table: it was made "
                            "anew"));
    EXPECT_EQ(opened.store->noted_wall().value(), 7) << opened.store->last_error();
    EXPECT_EQ(opened.store->streams().value().at(0).epoch, epoch);
  }
  EXPECT_THAT(open_store()->damages(), IsEmpty());
  EXPECT_EQ(audited(options.path).broken, 0U);
}

// Nothing says that the number was never its own.
TEST_F(outbox_rows, whose_number_is_false_cost_the_new_stream_that_would_have_it) {
  {
    const auto store = open_store();
    for (const char* name : {"quota/a", "quota/b"}) {
      receipt_chain chain = new_stream(*store, name);
      add(*store, name == std::string("quota/a") ? 1 : 2, chain, 3);
    }
  }
  sql(options.path, "UPDATE stream SET sid = 4 WHERE sid = 2");
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/c");
  ASSERT_TRUE(store->begin());
  EXPECT_EQ(store->open_stream("quota/d").error(), store_errc::corrupt);
  EXPECT_THAT(store->last_error(), HasSubstr("table stream: a row that is damaged has the number "
                                             "4 or the name quota/d"));
  ASSERT_TRUE(store->append(3, chain.next(), hlc_at(1))) << "the group goes on";
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(store->streams().value().size(), 3U);
}

}  // namespace damaged_streams_test
}  // namespace hawser

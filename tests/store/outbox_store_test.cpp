// The outbox in its file: groups, retention, answers by key.
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace hawser {
namespace outbox_store_test {

using test::receipt_chain;
using test::sql;
using ::testing::HasSubstr;

class outbox_store : public test::outbox_fixture {};

TEST_F(outbox_store, keeps_what_was_committed) {
  const governor::snapshot state{
      "active", bytes{std::byte{0xa0}}, {{"window", 5'000, 0, false}, {"hold", 0, -7, true}}};
  stream_head last;
  std::uint64_t epoch = 0;
  {
    const auto store = open_store();
    ASSERT_TRUE(store->begin());
    const auto record = store->open_stream("quota/a").value();
    epoch = record.epoch;
    receipt_chain chain({"gw-7", "quota/a", epoch});
    ASSERT_TRUE(store->append(record.sid, chain.next(9), hlc_at(9)));
    ASSERT_TRUE(store->save(record.sid, state));
    ASSERT_TRUE(store->remember(record.sid, "k", "recorded"));
    ASSERT_TRUE(store->commit());
    last = chain.head();
  }
  const auto store = open_store();
  const auto streams = store->streams().value();
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_EQ(streams[0].governor, "quota/a");
  EXPECT_EQ(streams[0].epoch, epoch);
  EXPECT_EQ(streams[0].last, last);
  EXPECT_EQ(streams[0].acked, 0U);
  const auto governors = store->governors().value();
  ASSERT_EQ(governors.size(), 1U);
  EXPECT_EQ(governors[0].governor, "quota/a");
  EXPECT_EQ(governors[0].state.state, state.state);
  EXPECT_EQ(governors[0].state.data, state.data);
  EXPECT_EQ(governors[0].state.timers, state.timers);
  EXPECT_EQ(store->answer(1, "k").value(), "recorded");
  EXPECT_EQ(store->answer(1, "other").value(), std::nullopt);
  EXPECT_EQ(store->pending().value(), 1U);
  EXPECT_EQ(store->last_hlc().value(), hlc_at(9));
}

TEST_F(outbox_store, replaces_the_state_of_a_governor) {
  const auto store = open_store();
  new_stream(*store, "quota/a");
  for (const char* state : {"active", "paused"}) {
    ASSERT_TRUE(store->begin());
    ASSERT_TRUE(store->save(1, {state, {}, {}}));
    ASSERT_TRUE(store->commit());
  }
  EXPECT_EQ(store->governors().value().at(0).state.state, "paused");
}

TEST_F(outbox_store, mints_an_epoch_of_64_bits_with_every_file) {
  std::set<std::uint64_t> epochs;
  for (int i = 0; i < 24; ++i) {
    options.path = folder / std::to_string(i);
    const auto store = open_store();
    epochs.insert(new_stream(*store, "quota/a").key().epoch);
    EXPECT_EQ(take_words(open_outbox_archive(options.path), error)
                  .value()
                  ->streams()
                  .value()
                  .at(0)
                  .key.epoch,
              store->streams().value().at(0).epoch);
  }
  EXPECT_EQ(epochs.size(), 24U);
  EXPECT_GE(*epochs.rbegin(), std::uint64_t{1} << 63) << "the highest bit is used";
}

TEST_F(outbox_store, opens_a_stream_once) {
  const auto store = open_store();
  new_stream(*store, "quota/a");
  new_stream(*store, "quota/b");
  EXPECT_EQ(store->open_stream("quota/a").value().sid, 1U);
  EXPECT_EQ(store->open_stream("quota/b").value().sid, 2U);
  EXPECT_EQ(store->streams().value().size(), 2U);
}

TEST_F(outbox_store, refuses_a_receipt_that_is_not_the_next) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  const chained_receipt first = chain.next();
  const chained_receipt second = chain.next();
  ASSERT_TRUE(store->begin());
  EXPECT_EQ(store->append(1, second, 1).error(), store_errc::gap);
  EXPECT_THAT(store->last_error(), HasSubstr("receipt 2 where 1 is next"));
  EXPECT_TRUE(store->append(1, first, 1));
  EXPECT_EQ(store->append(1, first, 1).error(), store_errc::gap);
  EXPECT_TRUE(store->commit());
  EXPECT_EQ(store->pending().value(), 1U);
}

TEST_F(outbox_store, refuses_writes_outside_of_a_group) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  const chained_receipt r = chain.next();
  EXPECT_EQ(store->append(1, r, 1).error(), store_errc::failed);
  EXPECT_THAT(store->last_error(), HasSubstr("outside of a group"));
  EXPECT_EQ(store->save(1, {}).error(), store_errc::failed);
  EXPECT_EQ(store->remember(1, "k", "a").error(), store_errc::failed);
  EXPECT_EQ(store->acknowledge(1, 0, 0).error(), store_errc::failed);
  EXPECT_EQ(store->open_stream("new").error(), store_errc::failed);
  EXPECT_EQ(store->commit().error(), store_errc::failed);
  ASSERT_TRUE(store->begin());
  EXPECT_EQ(store->begin().error(), store_errc::failed);
  EXPECT_TRUE(store->append(1, r, 1));
  EXPECT_TRUE(store->commit());
}

TEST_F(outbox_store, refuses_a_stream_that_it_does_not_have) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  ASSERT_TRUE(store->begin());
  for (const std::uint32_t sid : {0U, 2U}) {
    EXPECT_EQ(store->append(sid, chain.next(), 1).error(), store_errc::failed);
    EXPECT_EQ(store->save(sid, {}).error(), store_errc::failed);
    EXPECT_EQ(store->remember(sid, "k", "a").error(), store_errc::failed);
    EXPECT_EQ(store->acknowledge(sid, 0, 0).error(), store_errc::failed);
    EXPECT_EQ(store->read(sid, 1, 1, 1).error(), store_errc::failed);
    EXPECT_EQ(store->hash_at(sid, 0).error(), store_errc::failed);
  }
  EXPECT_THAT(store->last_error(), HasSubstr("there is no stream 2"));
}

TEST_F(outbox_store, undoes_all_of_a_group) {
  options.limits.retention = 0;
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 10);
  const auto before = store->streams().value().at(0);

  ASSERT_TRUE(store->begin());
  receipt_chain lost({"gw-7", "quota/b", before.epoch});
  ASSERT_EQ(store->open_stream("quota/b").value().sid, 2U);
  ASSERT_TRUE(store->append(2, lost.next(), hlc_at(99)));
  receipt_chain same = chain;
  ASSERT_TRUE(store->append(1, same.next(99), hlc_at(99)));
  ASSERT_TRUE(store->acknowledge(1, 5, 1'000));
  ASSERT_TRUE(store->remember(1, "k", "a"));
  ASSERT_TRUE(store->save(1, {"active", {}, {}}));
  EXPECT_EQ(store->streams().value().at(0).base.seq, 5U);
  store->rollback();

  ASSERT_EQ(store->streams().value().size(), 1U);
  const auto after = store->streams().value().at(0);
  EXPECT_EQ(after.last, before.last);
  EXPECT_EQ(after.acked, 0U);
  EXPECT_EQ(after.base, before.base);
  EXPECT_EQ(store->pending().value(), 10U);
  EXPECT_EQ(store->last_hlc().value(), hlc_at(1));
  EXPECT_EQ(kept(*store, 1), std::pair(std::uint64_t{1}, std::uint64_t{10}));
  EXPECT_EQ(store->answer(1, "k").value(), std::nullopt);
  ASSERT_EQ(store->governors().value().size(), 1U);
  EXPECT_EQ(store->governors().value()[0].state.state, "new");

  // The names and numbers are free again, and the file agrees with the memory.
  new_stream(*store, "quota/c");
  EXPECT_EQ(store->open_stream("quota/c").value().sid, 2U);
  add(*store, 1, chain, 1);
  EXPECT_EQ(store->pending().value(), 11U);
}

TEST_F(outbox_store, reads_within_its_bounds) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 10);
  EXPECT_EQ(store->read(1, 4, 3, SIZE_MAX).value().size(), 3U);
  EXPECT_EQ(store->read(1, 4, 3, SIZE_MAX).value().front().seq, 4U);
  EXPECT_EQ(store->read(1, 1, 0, SIZE_MAX).value().size(), 0U);
  EXPECT_EQ(store->read(1, 1, 10, 1).value().size(), 1U);
  EXPECT_EQ(store->read(1, 10, 10, SIZE_MAX).value().size(), 1U);
  EXPECT_EQ(store->read(1, 11, 10, SIZE_MAX).value().size(), 0U);
  EXPECT_EQ(store->read(1, UINT64_MAX, 10, SIZE_MAX).value().size(), 0U);
  EXPECT_EQ(store->read(1, 0, 10, SIZE_MAX).error(), store_errc::gap);
}

TEST_F(outbox_store, knows_the_hash_of_every_receipt_it_keeps) {
  options.limits.retention = 0;
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  const digest origin = chain.head().hash;
  add(*store, 1, chain, 3);
  const digest third = chain.head().hash;
  add(*store, 1, chain, 3);
  const digest fifth = store->read(1, 5, 1, 1).value().at(0).hash;
  acknowledge(*store, 1, 3, 1'000);
  EXPECT_EQ(store->hash_at(1, 0).value(), origin);
  EXPECT_EQ(store->hash_at(1, 2).error(), store_errc::gap);
  EXPECT_EQ(store->hash_at(1, 3).value(), third);
  EXPECT_EQ(store->hash_at(1, 5).value(), fifth);
  EXPECT_EQ(store->hash_at(1, 6).value(), chain.head().hash);
  EXPECT_EQ(store->hash_at(1, 7).error(), store_errc::gap);
  EXPECT_EQ(store->read(1, 3, 1, 1).error(), store_errc::gap);
}

TEST_F(outbox_store, never_lowers_an_acknowledgment) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 10);
  acknowledge(*store, 1, 7);
  acknowledge(*store, 1, 3);
  EXPECT_EQ(store->streams().value().at(0).acked, 7U);
  EXPECT_EQ(store->pending().value(), 3U);
}

TEST_F(outbox_store, refuses_an_acknowledgment_of_what_was_never_written) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 2);
  ASSERT_TRUE(store->begin());
  EXPECT_EQ(store->acknowledge(1, 3, 1).error(), store_errc::gap);
  EXPECT_THAT(store->last_error(), HasSubstr("receipt 3 was acknowledged, the newest is 2"));
  EXPECT_TRUE(store->commit());
  EXPECT_EQ(store->pending().value(), 2U);
}

TEST_F(outbox_store, keeps_acknowledged_receipts_for_the_retention) {
  options.limits.retention = 1'000;
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 3, 5'000);
  add(*store, 1, chain, 3, 5'001);
  acknowledge(*store, 1, 6, 6'000);
  EXPECT_EQ(kept(*store, 1).first, 1U);
  acknowledge(*store, 1, 6, 6'001);
  EXPECT_EQ(kept(*store, 1).first, 4U);
  acknowledge(*store, 1, 6, 6'002);
  EXPECT_EQ(kept(*store, 1), std::pair(std::uint64_t{0}, std::uint64_t{0}));
  EXPECT_EQ(store->streams().value().at(0).base, chain.head());
  EXPECT_EQ(store->last_hlc().value(), hlc_at(5'001));
}

TEST_F(outbox_store, keeps_at_most_the_retention_rows) {
  options.limits.retention_rows = 4;
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 10);
  acknowledge(*store, 1, 9);
  EXPECT_EQ(kept(*store, 1), std::pair(std::uint64_t{6}, std::uint64_t{10}));
}

TEST_F(outbox_store, never_trims_what_is_not_acknowledged) {
  options.limits.retention = 0;
  options.limits.retention_rows = 0;
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 10);
  acknowledge(*store, 1, 0, 1'000'000);
  EXPECT_EQ(kept(*store, 1).first, 1U);
  acknowledge(*store, 1, 4, 1'000'000);
  EXPECT_EQ(kept(*store, 1).first, 5U);
}

TEST_F(outbox_store, trims_in_chunks) {
  options.limits.retention = 0;
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 2'500);
  acknowledge(*store, 1, 2'500, 1'000);
  EXPECT_EQ(kept(*store, 1).first, 1'001U);
  acknowledge(*store, 1, 2'500, 1'000);
  EXPECT_EQ(kept(*store, 1).first, 2'001U);
  acknowledge(*store, 1, 2'500, 1'000);
  EXPECT_EQ(kept(*store, 1).first, 0U);
}

TEST_F(outbox_store, trims_streams_that_have_fallen_silent) {
  options.limits.retention = 100;
  const auto store = open_store();
  for (std::uint32_t sid = 1; sid <= 20; ++sid) {
    receipt_chain chain = new_stream(*store, "quota/" + std::to_string(sid));
    add(*store, sid, chain, 2);
    acknowledge(*store, sid, 2);
  }
  // Each call looks at eight others.
  for (int i = 0; i < 3; ++i) acknowledge(*store, 1, 2, 1'000);
  for (std::uint32_t sid = 1; sid <= 20; ++sid) EXPECT_EQ(kept(*store, sid).second, 0U) << sid;
}

TEST_F(outbox_store, forgets_the_oldest_answers_of_a_governor) {
  options.limits.keys = 3;
  {
    const auto store = open_store();
    new_stream(*store, "quota/a");
    new_stream(*store, "quota/b");
    ASSERT_TRUE(store->begin());
    ASSERT_TRUE(store->remember(2, "k0", "other"));
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(store->remember(1, "k" + std::to_string(i), "a"));
    ASSERT_TRUE(store->commit());
    EXPECT_EQ(store->answer(1, "k1").value(), std::nullopt);
    EXPECT_EQ(store->answer(1, "k2").value(), "a");
    EXPECT_EQ(store->answer(2, "k0").value(), "other");
  }
  // The count is right again after a restart.
  const auto store = open_store();
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->remember(1, "k5", "a"));
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(store->answer(1, "k2").value(), std::nullopt);
  EXPECT_EQ(store->answer(1, "k3").value(), "a");
  EXPECT_EQ(sql(options.path, "SELECT count(*) FROM applied WHERE sid = 1"), "3");
}

TEST_F(outbox_store, forgets_answers_in_chunks_when_the_bound_was_lowered) {
  {
    const auto store = open_store();
    new_stream(*store, "quota/a");
    ASSERT_TRUE(store->begin());
    for (int i = 0; i < 2'500; ++i) ASSERT_TRUE(store->remember(1, std::to_string(i), "a"));
    ASSERT_TRUE(store->commit());
  }
  options.limits.keys = 10;
  const auto store = open_store();
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->remember(1, "x", "a"));
  EXPECT_EQ(store->answer(1, "999").value(), std::nullopt);
  EXPECT_EQ(store->answer(1, "1000").value(), "a");
  ASSERT_TRUE(store->remember(1, "y", "a"));
  ASSERT_TRUE(store->remember(1, "z", "a"));
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(sql(options.path, "SELECT count(*) FROM applied"), "10");
}

TEST_F(outbox_store, keeps_the_first_answer_of_a_key) {
  const auto store = open_store();
  new_stream(*store, "quota/a");
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->remember(1, "k", "first"));
  EXPECT_EQ(store->remember(1, "k", "second").error(), store_errc::failed);
  EXPECT_TRUE(store->commit());
  EXPECT_EQ(store->answer(1, "k").value(), "first");
}

TEST_F(outbox_store, is_read_while_its_owner_writes) {
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 5);
  const auto archive = take_words(open_outbox_archive(options.path), error);
  ASSERT_TRUE(archive) << error;
  EXPECT_EQ((*archive)->streams().value().at(0).last.seq, 5U);
  add(*store, 1, chain, 5);
  const auto h = make_sha256();
  const auto audited = audit(**archive, *h, {});
  ASSERT_TRUE(audited);
  EXPECT_EQ(audited->receipts, 10U) << "it shows what is there when it is asked";
  EXPECT_EQ(audited->broken, 0U);
}

}  // namespace outbox_store_test
}  // namespace hawser

// The bound of an outbox: what makes room, and what is refused.
#include "support/outbox_fixture.hpp"
#include "support/sql.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hawser {
namespace outbox_room_test {

using test::receipt_chain;
using ::testing::HasSubstr;

class outbox_room : public test::outbox_fixture {};

TEST_F(outbox_room, is_full_at_95_percent) {
  options.limits.rows = 100;
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  add(*store, 1, chain, 95);
  ASSERT_TRUE(store->begin());
  EXPECT_EQ(store->append(1, receipt_chain(chain).next(), 1).error(), store_errc::full);
  EXPECT_THAT(store->last_error(), HasSubstr("95 receipts wait for acknowledgment"));
  EXPECT_TRUE(store->commit()) << "a refusal does not end the group";
  EXPECT_EQ(kept(*store, 1), std::pair(std::uint64_t{1}, std::uint64_t{95}));
}

TEST_F(outbox_room, drops_retained_receipts_for_new_ones) {
  options.limits.rows = 100;
  const auto store = open_store();
  receipt_chain a = new_stream(*store, "quota/a");
  receipt_chain b = new_stream(*store, "quota/b");
  add(*store, 1, a, 50);
  add(*store, 2, b, 45);
  acknowledge(*store, 1, 30);
  EXPECT_EQ(kept(*store, 1).first, 1U) << "there is no need yet";
  add(*store, 2, b, 30);
  EXPECT_EQ(kept(*store, 1).first, 31U);
  ASSERT_TRUE(store->begin());
  EXPECT_EQ(store->append(2, receipt_chain(b).next(), 1).error(), store_errc::full);
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(store->pending().value(), 95U);
}

TEST_F(outbox_room, reaches_a_bound_that_was_lowered_while_it_appends) {
  receipt_chain chain = [&] {
    const auto store = open_store();
    receipt_chain c = new_stream(*store, "quota/a");
    add(*store, 1, c, 2'500);
    acknowledge(*store, 1, 2'500);
    return c;
  }();
  options.limits.rows = 100;
  const auto store = open_store();
  for (int i = 0; i < 4; ++i) add(*store, 1, chain, 1);
  const auto [first, last] = kept(*store, 1);
  EXPECT_LE(last - first + 1, 95U);
  EXPECT_EQ(store->pending().value(), 4U);
  add(*store, 1, chain, 91);
  ASSERT_TRUE(store->begin());
  EXPECT_EQ(store->append(1, receipt_chain(chain).next(), 1).error(), store_errc::full);
  EXPECT_THAT(store->last_error(), HasSubstr("95 receipts wait for acknowledgment"));
}

TEST_F(outbox_room, keeps_refusing_where_a_lowered_bound_is_full_of_what_waits) {
  receipt_chain chain = [&] {
    const auto store = open_store();
    receipt_chain c = new_stream(*store, "quota/a");
    add(*store, 1, c, 200);
    acknowledge(*store, 1, 50);
    return c;
  }();
  options.limits.rows = 100;
  const auto store = open_store();
  ASSERT_TRUE(store->begin());
  EXPECT_EQ(store->append(1, receipt_chain(chain).next(), 1).error(), store_errc::full);
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(store->pending().value(), 150U);
}

// Receipts of 2 KiB, until the file has its bytes.
std::uint64_t fill(outbox& store, receipt_chain& chain, std::uint32_t sid = 1) {
  for (std::uint64_t n = 0; n < 2000; ++n) {
    EXPECT_TRUE(store.begin());
    if (!store.has_room(sid, 1).value()) {
      EXPECT_EQ(store.append(sid, receipt_chain(chain).next(), 1).error(), store_errc::full);
      EXPECT_TRUE(store.commit()) << "a refusal does not end the group";
      return n;
    }
    EXPECT_TRUE(store.append(sid, chain.next(1, std::string(2048, 'x')), hlc_at(1)));
    EXPECT_TRUE(store.commit());
  }
  ADD_FAILURE() << "there is no bound";
  return 0;
}

TEST_F(outbox_room, is_full_at_95_percent_of_its_bytes) {
  options.limits.bytes = 1 << 20;
  const auto store = open_store();
  receipt_chain chain = new_stream(*store, "quota/a");
  const std::uint64_t held = fill(*store, chain);
  EXPECT_THAT(store->last_error(), HasSubstr("limits.bytes is 1048576"));
  EXPECT_GT(held, 200U);
  EXPECT_LT(held, 500U);
  EXPECT_EQ(kept(*store, 1), std::pair(std::uint64_t{1}, held)) << "nothing is evicted";
  // What is acknowledged gives way, as much as is needed.
  acknowledge(*store, 1, held / 2);
  ASSERT_TRUE(store->begin());
  EXPECT_TRUE(store->has_room(1, 1).value());
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(kept(*store, 1).first, held / 2 + 1);
  EXPECT_GT(fill(*store, chain), held / 4);
  EXPECT_EQ(kept(*store, 1).first, held / 2 + 1) << "nothing is evicted";
}

// Why nothing of a stream is sent.
enum class standing { damaged, parked };

class outbox_room_beside : public outbox_room, public ::testing::WithParamInterface<standing> {
 protected:
  /// Stream 1 has 50 receipts and stands at number 30.
  void stand(outbox& store, receipt_chain& chain) {
    add(store, 1, chain, 50);
    if (GetParam() == standing::damaged) {
      test::sql(options.path, "UPDATE outbox SET hash = zeroblob(32) WHERE sid = 1 AND seq = 30");
      acknowledge(store, 1, 30, 1'000'000);
      EXPECT_EQ(store.damages().size(), 1U);
    } else {
      acknowledge(store, 1, 30, 1'000'000);
      EXPECT_TRUE(store.begin());
      EXPECT_TRUE(store.park(1));
      EXPECT_TRUE(store.commit());
    }
  }
  /// Appends until it is refused, at most 200; returns how many.
  static int fill_rows(outbox& store, std::uint32_t sid, receipt_chain& chain) {
    for (int n = 0; n < 200; ++n) {
      EXPECT_TRUE(store.begin());
      const bool room = store.has_room(sid, 1).value();
      receipt_chain next = chain;
      const auto done = store.append(sid, next.next(1), hlc_at(1));
      EXPECT_EQ(room, static_cast<bool>(done)) << "both say the same";
      EXPECT_TRUE(store.commit());
      if (!done) return n;
      chain = next;
    }
    return 200;
  }
};

INSTANTIATE_TEST_SUITE_P(streams, outbox_room_beside,
                         ::testing::Values(standing::damaged, standing::parked),
                         [](const auto& of) {
                           return of.param == standing::damaged ? "damaged" : "parked";
                         });

// It filled the bound, and every governor was refused for ever.
TEST_P(outbox_room_beside, a_stream_that_stands_is_all_of_it_for_the_others) {
  options.limits.rows = 100;
  options.limits.retention = 0;  // so that damage is found at once
  const auto store = open_store();
  receipt_chain a = new_stream(*store, "quota/a");
  receipt_chain b = new_stream(*store, "quota/b");
  stand(*store, a);
  EXPECT_GT(fill_rows(*store, 1, a), 40);
  EXPECT_EQ(fill_rows(*store, 2, b), 95) << "the others go on";
  ASSERT_TRUE(store->begin());
  EXPECT_EQ(store->append(1, receipt_chain(a).next(), 1).error(), store_errc::full);
  EXPECT_THAT(store->last_error(), HasSubstr("receipts are kept, and this stream is parked or"));
  EXPECT_EQ(store->append(2, receipt_chain(b).next(), 1).error(), store_errc::full);
  EXPECT_THAT(store->last_error(), HasSubstr("95 receipts wait for acknowledgment"));
  EXPECT_FALSE(store->has_room(0, 1).value()) << "nor a new stream";
  EXPECT_TRUE(store->commit());
  acknowledge(*store, 2, 20);
  EXPECT_EQ(fill_rows(*store, 2, b), 20) << "what can give way does";
}

TEST_P(outbox_room_beside, a_stream_that_stands_is_half_of_the_bytes) {
  options.limits.bytes = 1 << 20;
  options.limits.retention = 0;
  const auto store = open_store();
  receipt_chain a = new_stream(*store, "quota/a");
  receipt_chain b = new_stream(*store, "quota/b");
  stand(*store, a);
  const std::uint64_t own = fill(*store, a, 1);
  EXPECT_THAT(store->last_error(), HasSubstr("which is parked or damaged, leaves half of them"));
  EXPECT_GT(fill(*store, b, 2), own / 2) << "the others have the rest";
}

TEST_F(outbox_room, counts_a_stream_again_that_moves_again) {
  options.limits.rows = 100;
  const auto store = open_store();
  receipt_chain a = new_stream(*store, "quota/a");
  add(*store, 1, a, 50);
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->park(1));
  ASSERT_TRUE(store->commit());
  add(*store, 1, a, 45);
  acknowledge(*store, 1, 49);
  ASSERT_TRUE(store->begin());
  EXPECT_TRUE(store->has_room(2, 90).value()) << "it has not sent what it had";
  ASSERT_TRUE(store->commit());
  acknowledge(*store, 1, 50);
  ASSERT_TRUE(store->begin());
  EXPECT_FALSE(store->has_room(2, 90).value());
  EXPECT_TRUE(store->has_room(2, 50).value());
}

TEST_F(outbox_room, forgets_that_a_stream_was_parked_in_a_group_that_failed) {
  options.limits.rows = 100;
  const auto store = open_store();
  receipt_chain a = new_stream(*store, "quota/a");
  add(*store, 1, a, 50);
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->park(1));
  EXPECT_TRUE(store->has_room(2, 90).value());
  store->rollback();
  ASSERT_TRUE(store->begin());
  EXPECT_FALSE(store->has_room(2, 90).value());
}

TEST_F(outbox_room, is_full_of_bytes_beside_a_damaged_stream) {
  options.limits.bytes = 1 << 20;
  options.limits.retention = 0;
  const auto store = open_store();
  receipt_chain a = new_stream(*store, "quota/a");
  const std::uint64_t held = fill(*store, a);
  test::sql(options.path, "UPDATE outbox SET hash = zeroblob(32) WHERE seq = 30");
  acknowledge(*store, 1, 30, 1'000'000);
  ASSERT_EQ(store->damages().size(), 1U);
  EXPECT_EQ(fill(*store, a), 0U) << "nothing of it gives way";
  acknowledge(*store, 1, held, 1'000'000);
  EXPECT_EQ(fill(*store, a), 0U);
}

TEST_F(outbox_room, has_a_least_bound_in_bytes) {
  options.limits.bytes = (1 << 20) - 1;
  EXPECT_EQ(take_words(open_outbox(options), error).error(), errc::invalid_option);
  EXPECT_THAT(error, HasSubstr("limits.bytes is below 1 MiB"));
}

}  // namespace outbox_room_test
}  // namespace hawser

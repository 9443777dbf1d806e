// Receipts that the store cannot read: what is before them goes on.
#include "support/window_fixture.hpp"

namespace hawser::test {
namespace outbox_window_damage_test {

using ::testing::IsEmpty;

struct window_damage : window_fixture {};

TEST_F(window_damage, what_is_before_a_damaged_receipt_is_still_acknowledged) {
  add(stream(1, 4));
  opened();
  ASSERT_THAT(resumed(1, 0), ElementsAre("fetch 1 #1 from 1 rows 2"));
  ASSERT_THAT(rows(1, 1, 1, 2), ElementsAre("send 1 1-2", "fetch 1 #2 from 3 rows 2"));
  window_effects out;
  w.damaged(1, 2, head(1, 2).hash, "receipt 3 cannot be read", out);
  EXPECT_THAT(lines(out), ElementsAre("alarm 1 receipt 3 cannot be read"));
  EXPECT_THAT(ack(1, 2), ElementsAre("acknowledge 1 2"));
  EXPECT_THAT(committed(1, 5), IsEmpty());
  opened();
  EXPECT_FALSE(w.parked(1)) << "the next link asks again";
  EXPECT_THAT(resumed(1, 2), ElementsAre("fetch 1 #3 from 3 rows 2"));
}

TEST_F(window_damage, what_is_before_a_damaged_receipt_is_sent_again_where_the_ledger_asks_for_it) {
  const auto reach_the_damage = [&](std::uint64_t g) {
    resumed(1, 0);
    rows(1, g, 1, 2);
    rows(1, g + 1, 3, 4);
    EXPECT_THAT(damaged(1, g + 2, 5), ElementsAre("alarm 1 receipt 5 is damaged"));
    EXPECT_TRUE(w.parked(1));
  };
  add(stream(1, 8));
  opened();
  reach_the_damage(1);
  EXPECT_THAT(nack(1, 2, nack_code::gap),
              ElementsAre("acknowledge 1 2", "fetch 1 #4 from 3 rows 2"));
  EXPECT_THAT(rows(1, 4, 3, 4), ElementsAre("send 1 3-4")) << "and nothing behind them";
  EXPECT_THAT(nack(1, 4, nack_code::corrupt), ElementsAre("fetch 1 #5 from 4 rows 1"));
  EXPECT_THAT(rows(1, 5, 4, 4), ElementsAre("send 1 4-4"));
  EXPECT_THAT(ack(1, 4), ElementsAre("acknowledge 1 4"));
  EXPECT_THAT(committed(1, 9), IsEmpty());

  opened();
  reach_the_damage(6);
  EXPECT_THAT(nack(1, 1, nack_code::busy, 100), IsEmpty());
  EXPECT_THAT(woke(start + std::chrono::seconds(1)), ElementsAre("fetch 1 #9 from 1 rows 2"));
  rows(1, 9, 1, 2);
  EXPECT_THAT(rows(1, 10, 3, 4), ElementsAre("send 1 3-4"));
}

// Found when it was read again: what the ledger has of it needs no sending.
TEST_F(window_damage,
       a_receipt_that_is_damaged_after_it_was_sent_is_of_no_concern_once_it_is_committed) {
  add(stream(1, 8));
  opened();
  resumed(1, 0);
  rows(1, 1, 1, 2);
  rows(1, 2, 3, 4);
  nack(1, 3, nack_code::busy, 100);
  EXPECT_THAT(woke(start + std::chrono::seconds(1)), ElementsAre("fetch 1 #4 from 3 rows 2"));
  EXPECT_THAT(damaged(1, 4, 3), ElementsAre("alarm 1 receipt 3 is damaged"));
  EXPECT_THAT(ack(1, 4), ElementsAre("acknowledge 1 4", "fetch 1 #5 from 5 rows 2"));
  EXPECT_FALSE(w.parked(1));
}

// The acknowledgment of 3 was lost with the last link; what follows it cannot be read.
TEST_F(window_damage, a_ledger_that_ends_before_a_damaged_receipt_is_compared_and_believed) {
  add(stream(1, 4, 1));
  opened();
  ASSERT_THAT(resumed(1, 3), ElementsAre("fetch 1 #1 from 4 rows 1"));
  EXPECT_THAT(damaged(1, 1, 4), ElementsAre("acknowledge 1 3", "alarm 1 receipt 4 is damaged"));
  opened();
  ASSERT_THAT(resumed_as({1, {3, digest{}}, resume_status::ok}),
              ElementsAre("fetch 1 #2 from 4 rows 1"));
  EXPECT_THAT(damaged(1, 2, 4), ElementsAre("alarm 1 fork: the ledger's hash at 3 is not ours"));
  opened();
  ASSERT_THAT(resumed(1, 3), ElementsAre("fetch 1 #3 from 4 rows 1"));
  window_effects out;
  w.damaged(1, 3, std::nullopt, "receipt 3 cannot be read either", out);
  EXPECT_THAT(lines(out), ElementsAre("alarm 1 receipt 3 cannot be read either"));
  EXPECT_THAT(ack(1, 3), ElementsAre("error")) << "nothing was sent on this link";
}

TEST_F(window_damage, a_stream_whose_receipts_are_damaged_is_parked_with_what_is_wrong) {
  add(stream(1, 6));
  add(stream(2, 2));
  opened();
  ASSERT_THAT(resumed(1, 0), ElementsAre("fetch 1 #1 from 1 rows 2"));
  window_effects out;
  w.damaged(1, 7, head(1, 0).hash, "not what was asked", out);
  w.damaged(1, 1, head(1, 0).hash, "receipt 1 cannot be read", out);
  w.damaged(1, 1, head(1, 0).hash, "again", out);
  EXPECT_THAT(lines(out), ElementsAre("alarm 1 receipt 1 cannot be read"));
  EXPECT_TRUE(w.parked(1));
  EXPECT_THAT(committed(1, 7), IsEmpty());
  EXPECT_THAT(resumed(2, 0), ElementsAre("fetch 2 #2 from 1 rows 2")) << "what it held is free";
}

}  // namespace outbox_window_damage_test
}  // namespace hawser::test

// Receipts that come with the notice of their commit: sent as they are, not read back.
#include "support/window_fixture.hpp"

namespace hawser {
namespace outbox_window_notice_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using wire::resume_status;

using window_notice = test::window_fixture;

TEST_F(window_notice, sends_what_comes_with_the_notice_and_reads_nothing_back) {
  add(stream(1, 1));
  opened();
  resumed(1, 0);
  rows(1, 1, 1, 1);
  EXPECT_THAT(committed_with_rows(1, 2, 3), ElementsAre("send 1 2-3"));
  wire::decode_error e;
  const auto m = std::get<wire::receipts>(*wire::decode(sent.at(0), e));
  EXPECT_EQ(m.first_seq, 2u);
  EXPECT_EQ(m.prev_head, head(1, 1).hash);
  EXPECT_EQ(m.head, head(1, 3).hash);
  EXPECT_EQ(w.in_flight_rows(), 3u);
  EXPECT_THAT(ack(1, 3), ElementsAre("acknowledge 1 3"));
  EXPECT_EQ(w.in_flight_bytes(), 0u);
}

TEST_F(window_notice, sends_of_what_comes_with_the_notice_as_much_as_has_room) {
  add(stream(1, 1));
  opened();
  resumed(1, 1);
  EXPECT_THAT(committed_with_rows(1, 2, 9), ElementsAre("send 1 2-3", "send 1 4-5", "send 1 6-7"));
  EXPECT_THAT(committed_with_rows(1, 10, 10), IsEmpty());
  EXPECT_THAT(ack(1, 3), ElementsAre("acknowledge 1 3", "fetch 1 #1 from 8 rows 2"));
  EXPECT_THAT(committed_with_rows(1, 11, 11), IsEmpty()) << "a fetch is under way";
  EXPECT_THAT(rows(1, 1, 8, 9), ElementsAre("send 1 8-9"));
}

TEST_F(window_notice, reads_back_what_it_is_behind_of) {
  add(stream(1, 1));
  opened();
  resumed(1, 1);
  EXPECT_THAT(committed_with_rows(1, 4, 5), ElementsAre("fetch 1 #1 from 2 rows 2"));
  EXPECT_THAT(rows(1, 1, 2, 3), ElementsAre("send 1 2-3", "fetch 1 #2 from 4 rows 2"));
  EXPECT_THAT(rows(1, 2, 4, 5), ElementsAre("send 1 4-5"));
  EXPECT_THAT(committed_with_rows(1, 6, 6), ElementsAre("send 1 6-6"));
}

TEST_F(window_notice, sends_nothing_of_a_notice_without_a_link_or_of_a_stream_that_is_parked) {
  add(stream(1, 1));
  EXPECT_THAT(committed_with_rows(1, 2, 3), IsEmpty());
  opened();
  EXPECT_THAT(committed_with_rows(1, 4, 4), IsEmpty()) << "not resumed yet";
  resumed(1, 4, resume_status::fork);
  EXPECT_THAT(committed_with_rows(1, 5, 5), IsEmpty());
}

// Who waits for room was there before.
TEST_F(window_notice, overtakes_no_stream_that_waits_for_room) {
  add(stream(1, 1));
  add(stream(2, 1));
  opened();
  resumed(1, 1);
  resumed(2, 1);
  EXPECT_THAT(committed_with_rows(1, 2, 7), ElementsAre("send 1 2-3", "send 1 4-5", "send 1 6-7"));
  EXPECT_THAT(committed_with_rows(2, 2, 2), IsEmpty());
  EXPECT_THAT(committed_with_rows(1, 8, 8), IsEmpty());
  EXPECT_THAT(ack(1, 3), ElementsAre("acknowledge 1 3", "fetch 2 #1 from 2 rows 1",
                                     "fetch 1 #2 from 8 rows 1"));
}

}  // namespace outbox_window_notice_test
}  // namespace hawser

#include <hawser/core/ws/call_table.hpp>

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace call_table_test {

using namespace std::chrono_literals;
using hawser::call_table;
using hawser::errc;
using hawser::time_point;

const time_point start{1000s};

TEST(call_table, what_moves_to_another_link_is_lost_with_that) {
  call_table t;
  const auto on_two = t.add(start, false).value();
  const auto queued = t.add(start, false).value();
  t.sent(on_two, 2, 0);
  t.moved(2, 1);
  EXPECT_FALSE(t.take_lost(2));
  EXPECT_EQ(t.sent_on(1), 1u);
  EXPECT_EQ(t.next_queued(), queued);
  EXPECT_EQ(t.take_lost(1)->id, on_two);
}

TEST(call_table, ids_count_up_and_are_never_used_again) {
  call_table t;
  EXPECT_EQ(t.add(start, false).value(), 1u);
  EXPECT_TRUE(t.take(1));
  EXPECT_FALSE(t.take(1));
  EXPECT_EQ(t.add(start, false).value(), 2u);
  EXPECT_EQ(t.find(1), nullptr);
}

TEST(call_table, refuses_one_call_too_many) {
  call_table t(2);
  EXPECT_TRUE(t.add(start, false));
  EXPECT_TRUE(t.add(start, false));
  EXPECT_EQ(t.add(start, false).error(), errc::too_many_calls);
  EXPECT_TRUE(t.take(1));
  EXPECT_TRUE(t.add(start, false));
}

TEST(call_table, the_earliest_deadline_is_the_first_to_be_due) {
  call_table t;
  EXPECT_EQ(t.next_deadline(), hawser::never);
  (void)t.add(start + 3s, false);
  (void)t.add(start + 1s, false);
  (void)t.add(start + 2s, false);
  EXPECT_EQ(t.next_deadline(), start + 1s);
  EXPECT_FALSE(t.take_due(start + 1s - 1ns));
  EXPECT_EQ(t.take_due(start + 2s)->id, 2u);
  EXPECT_EQ(t.take_due(start + 2s)->id, 3u);
  EXPECT_FALSE(t.take_due(start + 2s));
  EXPECT_EQ(t.next_deadline(), start + 3s);
}

TEST(call_table, a_message_that_never_went_out_takes_its_calls_along) {
  call_table t;
  for (int i = 0; i < 4; ++i) (void)t.add(start, false);
  t.sent(1, 7, 20);
  t.sent(2, 7, 22);
  t.sent(3, 7, 22);
  EXPECT_EQ(t.take_sent_in(20)->id, 1u);
  EXPECT_FALSE(t.take_sent_in(20));
  t.unsent(22);
  EXPECT_FALSE(t.take_sent_in(22));
  EXPECT_FALSE(t.take_lost(7));
  EXPECT_EQ(t.next_queued(), 2u);
  EXPECT_EQ(t.next_queued(2), 3u);
  EXPECT_FALSE(t.take_sent_in(0));  // What waits is in no message.
}

TEST(call_table, a_drop_ends_what_must_not_be_sent_again) {
  call_table t;
  for (int i = 0; i < 4; ++i) (void)t.add(start, i % 2 == 1);
  t.sent(1, 7, 0);
  t.sent(2, 7, 0);
  t.sent(3, 8, 0);
  EXPECT_EQ(t.sent_on(7), 2u);
  EXPECT_EQ(t.next_queued(), 4u);
  const auto lost = t.take_lost(7);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->id, 1u);
  EXPECT_TRUE(lost->sent());
  EXPECT_FALSE(t.take_lost(7));
  EXPECT_EQ(t.next_queued(), 2u);  // idempotent: waits again
  EXPECT_EQ(t.next_queued(2), 4u);
  EXPECT_FALSE(t.next_queued(4));
  EXPECT_EQ(t.sent_on(7), 0u);
  EXPECT_EQ(t.sent_on(8), 1u);
  EXPECT_FALSE(t.take_lost(0));  // What waits was sent on no link.
}

// Whatever happens, each call is taken or erased once, and nothing of it is left.
TEST(call_table, every_call_ends_once) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    call_table t(20);
    std::vector<int> ended(1, 0);
    time_point now = start;
    const auto end = [&](const auto& c) {
      if (c) ++ended[static_cast<std::size_t>(c->id)];
      return c.has_value();
    };
    for (int step = 0; step < 500; ++step) {
      const std::uint64_t id = random() % ended.size();
      switch (random() % 6) {
        case 0:
        case 1:
          if (t.add(now + std::chrono::seconds(random() % 100), random() % 2 == 0)) {
            ended.push_back(0);
          }
          break;
        case 2:
          if (const auto q = t.next_queued()) t.sent(*q, 1 + random() % 3, 0);
          break;
        case 3:
          if (t.take(id)) ++ended[id];
          break;
        case 4:
          now += 1s;
          while (end(t.take_due(now))) {
          }
          ASSERT_GT(t.next_deadline(), now);
          break;
        default: {
          const std::uint64_t link = 1 + random() % 3;
          while (end(t.take_lost(link))) {
          }
          ASSERT_EQ(t.sent_on(link), 0u);
        }
      }
      ASSERT_LE(t.size(), 20u);
    }
    while (end(t.take_any())) {
    }
    for (std::size_t i = 1; i < ended.size(); ++i) ASSERT_EQ(ended[i], 1) << seed << ' ' << i;
    EXPECT_EQ(t.size(), 0u);
    EXPECT_EQ(t.next_deadline(), hawser::never);
    EXPECT_FALSE(t.next_queued());
  }
}

}  // namespace call_table_test

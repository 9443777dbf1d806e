#include <hawser/core/ws/offline_queue.hpp>

#include <gtest/gtest.h>

#include <string>

namespace offline_queue_test {

using namespace std::chrono_literals;
using namespace hawser;

constexpr time_point start{1000s};

offline_queue::message text(std::uint64_t id, std::string_view what, lane l = lane::bulk) {
  return {id, opcode::text, l, buffer(as_bytes(what))};
}

std::string drain(offline_queue& q, lane l = lane::bulk) {
  std::string all;
  while (q.front(l) != nullptr) all += std::string(as_text(q.pop(l).payload.view())) + ' ';
  return all;
}

TEST(offline_queue, is_off_by_default) {
  offline_queue q({});
  EXPECT_FALSE(q.enabled());
  EXPECT_EQ(q.push(text(1, "x"), start).error(), errc::offline_full);
}

TEST(offline_queue, keeps_each_lane_in_its_order) {
  offline_queue q({.messages = 10});
  EXPECT_TRUE(q.enabled());
  for (const auto& [id, l] : {std::pair(1, lane::bulk), {3, lane::control}, {5, lane::bulk}}) {
    EXPECT_TRUE(q.push(text(static_cast<std::uint64_t>(id), std::to_string(id), l), start));
  }
  EXPECT_EQ(q.size(), 3u);
  EXPECT_EQ(q.bytes(), 3u);
  EXPECT_EQ(drain(q), "1 5 ");
  EXPECT_EQ(q.front(lane::governor), nullptr);
  EXPECT_EQ(drain(q, lane::control), "3 ");
  EXPECT_TRUE(q.empty());
  EXPECT_EQ(q.bytes(), 0u);
}

// It was taken before they were, and came to the queue behind them.
TEST(offline_queue, an_older_message_stands_before_younger_ones) {
  offline_queue q({.messages = 10, .age = 10s});
  EXPECT_TRUE(q.push(text(5, "c"), start));
  EXPECT_TRUE(q.push(text(7, "d"), start));
  EXPECT_TRUE(q.push(text(1, "a"), start + 1s));
  EXPECT_TRUE(q.push(text(3, "b"), start + 1s));
  EXPECT_EQ(q.next_expiry(), start + 10s) << "it holds up the age of nobody";
  EXPECT_EQ(drain(q), "a b c d ");
}

TEST(offline_queue, holds_its_bounds) {
  offline_queue q({.messages = 2, .bytes = 5});
  EXPECT_EQ(q.push(text(1, "123456"), start).error(), errc::offline_full);
  EXPECT_TRUE(q.push(text(1, "12345"), start));
  EXPECT_EQ(q.push(text(3, "1"), start).error(), errc::offline_full);
  EXPECT_TRUE(q.push(text(3, ""), start));
  EXPECT_EQ(q.push(text(5, ""), start).error(), errc::offline_full);
  (void)q.pop(lane::bulk);
  EXPECT_TRUE(q.push(text(5, "1"), start));
}

TEST(offline_queue, what_has_waited_too_long_is_taken) {
  offline_queue q({.messages = 10, .age = 10s});
  EXPECT_EQ(q.next_expiry(), never);
  EXPECT_TRUE(q.push(text(1, "a"), start));
  EXPECT_TRUE(q.push(text(3, "b", lane::control), start + 1s));
  EXPECT_EQ(q.next_expiry(), start + 10s);
  EXPECT_FALSE(q.take_expired(start + 10s - 1ns));
  EXPECT_EQ(q.take_expired(start + 10s)->id, 1u);
  EXPECT_FALSE(q.take_expired(start + 10s));
  EXPECT_EQ(q.next_expiry(), start + 11s);
  EXPECT_EQ(q.take_any()->id, 3u);
  EXPECT_FALSE(q.take_any());
  EXPECT_TRUE(q.empty());
}

}  // namespace offline_queue_test

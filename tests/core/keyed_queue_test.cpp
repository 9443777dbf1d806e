#include <hawser/core/keyed_queue.hpp>

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace keyed_queue_test {

using hawser::errc;
using hawser::keyed_queue;

TEST(keyed_queue, one_job_of_a_key_at_a_time_in_order) {
  keyed_queue<int> q(10);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(q.push("a", int{i}));
  EXPECT_EQ(q.take()->second, 0);
  EXPECT_FALSE(q.ready());
  EXPECT_FALSE(q.take());
  q.done("a");
  EXPECT_EQ(q.take()->second, 1);
  q.done("a");
  EXPECT_EQ(q.take()->second, 2);
  q.done("a");
  EXPECT_FALSE(q.ready());
  EXPECT_EQ(q.running(), 0u);
}

TEST(keyed_queue, keys_take_turns) {
  keyed_queue<int> q(10);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(q.push("a", int{i}));
  EXPECT_TRUE(q.push("b", 10));
  EXPECT_EQ(q.take()->second, 0);
  EXPECT_EQ(q.take()->second, 10);  // beside the other
  q.done("a");
  q.done("b");
  EXPECT_TRUE(q.push("b", 11));
  EXPECT_EQ(q.take()->second, 1);
  EXPECT_EQ(q.take()->second, 11);
}

TEST(keyed_queue, refuses_one_too_many) {
  keyed_queue<int> q(2);
  EXPECT_TRUE(q.push("a", 1));
  EXPECT_TRUE(q.push("b", 2));
  EXPECT_EQ(q.push("c", 3).error(), errc::offload_full);
  (void)q.take();  // What runs does not wait.
  EXPECT_TRUE(q.push("c", 3));
}

TEST(keyed_queue, clear_leaves_what_runs) {
  keyed_queue<int> q(10);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(q.push("a", int{i}));
  EXPECT_TRUE(q.push("b", 10));
  (void)q.take();
  EXPECT_EQ(q.clear().size(), 3u);
  EXPECT_EQ(q.waiting(), 0u);
  EXPECT_EQ(q.running(), 1u);
  q.done("a");
  EXPECT_TRUE(q.push("b", 11));
  EXPECT_EQ(q.take()->second, 11);
}

TEST(keyed_queue, nothing_is_lost_or_reordered) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    keyed_queue<std::pair<std::string, int>> q(20);
    std::map<std::string, int> pushed;
    std::map<std::string, int> taken;
    std::vector<std::string> running;
    for (int step = 0; step < 2000; ++step) {
      const std::string key(1, static_cast<char>('a' + random() % 5));
      if (step < 1000 && random() % 2 == 0) {
        if (q.push(key, {key, pushed[key]})) ++pushed[key];
      } else if (random() % 2 == 0) {
        if (const auto got = q.take()) {
          ASSERT_EQ(got->second.second, taken[got->first]++);
          for (const auto& r : running) ASSERT_NE(r, got->first);
          running.push_back(got->first);
        }
      } else if (!running.empty()) {
        q.done(running.back());
        running.pop_back();
      }
    }
    for (const auto& [key, n] : pushed) EXPECT_EQ(taken[key], n) << seed;
  }
}

}  // namespace keyed_queue_test

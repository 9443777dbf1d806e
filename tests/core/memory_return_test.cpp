#include <hawser/core/memory_return.hpp>

#include <gtest/gtest.h>

namespace hawser {
namespace memory_return_test {

using namespace std::chrono_literals;

TEST(memory_return, is_due_once_for_all_that_is_owed) {
  memory_return m;
  const time_point t{1h};
  EXPECT_FALSE(m.due(t)) << "nothing is owed";
  m.owe();
  EXPECT_TRUE(m.due(t));
  EXPECT_FALSE(m.due(t + 1h)) << "nothing is owed any more";
}

TEST(memory_return, is_not_done_for_each_of_a_fleet_that_leaves) {
  memory_return m;
  const time_point t{1h};
  int done = 0;
  for (int i = 0; i < 1000; ++i) {
    m.owe();
    if (m.due(t + i * 10ms)) ++done;
  }
  EXPECT_EQ(done, 1);
  EXPECT_FALSE(m.due(t + memory_return::pause - 1ns));
  EXPECT_TRUE(m.due(t + memory_return::pause)) << "the others are not forgotten";
}

}  // namespace memory_return_test
}  // namespace hawser

// What two threads of `hawser connect` know of each other.
#include "cli/conversation.hpp"

#include "support/line_log.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace hawser::cli {
namespace conversation_test {

using namespace std::chrono_literals;
using entry = conversation::entry;

TEST(conversation, a_message_is_lost_once_whoever_notices_first) {
  conversation c(1h);
  c.ready();
  const auto first = c.sending(3);
  c.dropped();
  EXPECT_EQ(c.lost(), 1u);
  c.not_taken(3, first);
  EXPECT_EQ(c.lost(), 0u) << "it was not taken, so the link did not lose it";
  c.ready();
  const auto second = c.sending(3);
  c.not_taken(3, second);
  (void)c.sending(3);
  c.end();
  EXPECT_EQ(c.lost(), 1u);
}

class conversation_output : public ::testing::Test {
 protected:
  void fill(conversation& c) {
    for (std::size_t i = 0; i < conversation::most_messages; ++i) {
      ASSERT_EQ(c.enter_output(1, out), entry::taken);
    }
  }

  printer out{-1, 1, [] {}};  // It is given nothing.
};

TEST_F(conversation_output, a_reader_that_takes_nothing_holds_the_link_up_for_so_long_only) {
  conversation c(20ms);
  fill(c);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(c.enter_output(1, out), entry::stalled);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 20ms);
  EXPECT_EQ(c.enter_output(1, out), entry::skipped) << "told once";
  EXPECT_EQ(c.skipped(), 2u);
  c.leave_output(1);
  EXPECT_EQ(c.enter_output(1, out), entry::taken);
}

TEST_F(conversation_output, a_reader_that_is_slow_is_waited_for) {
  conversation c(1h);
  fill(c);
  std::thread reader([&] { c.leave_output(1); });
  EXPECT_EQ(c.enter_output(1, out), entry::taken);
  reader.join();
}

TEST_F(conversation_output, what_is_not_written_is_no_silence) {
  conversation c(1h);
  c.ready();
  ASSERT_EQ(c.enter_output(1, out), entry::taken);
  std::atomic<bool> silent = false;
  std::thread waiting([&] {
    c.wait_for_silence(0ms);
    silent = true;
  });
  const auto begun = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() < begun + 50ms) std::this_thread::yield();
  EXPECT_FALSE(silent);
  c.leave_output(1);
  waiting.join();
}

}  // namespace conversation_test
}  // namespace hawser::cli

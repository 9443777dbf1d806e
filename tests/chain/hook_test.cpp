#include <hawser/hook.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <type_traits>

namespace hook_test {

using hawser::auth_ticket;
using hawser::duration;
using hawser::errc;
using hawser::reaction;

// Two of one ticket could answer twice.
TEST(auth_ticket, can_be_moved_and_not_copied) {
  EXPECT_FALSE(std::is_copy_constructible_v<auth_ticket>);
  EXPECT_FALSE(std::is_copy_assignable_v<auth_ticket>);
  EXPECT_TRUE(std::is_nothrow_move_constructible_v<auth_ticket>);
  EXPECT_TRUE(std::is_nothrow_move_assignable_v<auth_ticket>);
}

TEST(auth_ticket, answers_once_whoever_holds_it) {
  int answers = 0;
  hawser::error_code last;
  auth_ticket t([&](hawser::error_code ec, std::vector<hawser::header>) {
    ++answers;
    last = ec;
  });
  auth_ticket moved(std::move(t));
  t.grant({});
  EXPECT_EQ(answers, 0);
  moved.refuse(errc::unauthorized);
  moved.grant({});
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(last, errc::unauthorized);
}

// Now plus the longest duration is in the past: the client would dial in a loop.
TEST(reaction, a_delay_is_never_negative_and_ends_some_day) {
  using namespace std::chrono_literals;
  EXPECT_EQ(reaction::retry_after(3s).after(), 3s);
  EXPECT_EQ(reaction::retry_after(0s).after(), 0s);
  EXPECT_EQ(reaction::retry_after(-1s).after(), 0s);
  EXPECT_EQ(reaction::retry_after(duration::min()).after(), 0s);
  const hawser::time_point late{std::chrono::hours(24 * 365 * 100)};
  EXPECT_GT(late + reaction::retry_after(duration::max()).after(), late + 24h * 365);
  EXPECT_EQ(reaction::retry_after(duration::max()).what(), reaction::kind::retry);
}

}  // namespace hook_test

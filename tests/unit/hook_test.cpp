#include <hawser/hook.hpp>

#include <gtest/gtest.h>

#include <type_traits>

namespace {

using hawser::auth_ticket;
using hawser::errc;

// Two of one ticket could answer twice.
TEST(AuthTicket, CanBeMovedAndNotCopied) {
  EXPECT_FALSE(std::is_copy_constructible_v<auth_ticket>);
  EXPECT_FALSE(std::is_copy_assignable_v<auth_ticket>);
  EXPECT_TRUE(std::is_nothrow_move_constructible_v<auth_ticket>);
  EXPECT_TRUE(std::is_nothrow_move_assignable_v<auth_ticket>);
}

TEST(AuthTicket, AnswersOnceWhoeverHoldsIt) {
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

}  // namespace

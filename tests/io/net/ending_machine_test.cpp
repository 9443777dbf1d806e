// The machine of a link's end, without a socket.
#include "io/net/ending.hpp"

#include <gtest/gtest.h>

namespace ending_machine_test {

using hawser::close_code;
using hawser::drop_info;
using hawser::errc;
using hawser::never;
using hawser::time_point;
using hawser::io::close_request;
using hawser::io::ending;
using namespace std::chrono_literals;
using action = ending::action;
using state = ending::state;

constexpr time_point start{100s};
const close_request by_itself{close_code::normal, "recycled"};
close_request asked(close_code c) { return {c, "asked", true}; }

TEST(ending_machine, our_close_begins_once_and_has_its_time) {
  ending e(5s);
  EXPECT_EQ(e.deadline(false, never), never);
  EXPECT_EQ(e.want(by_itself, false, false, start), action::close);
  EXPECT_EQ(e.current(), state::began);
  EXPECT_EQ(e.want(by_itself, true, false, start + 1s), action::none);
  EXPECT_EQ(e.deadline(true, never), start + 5s);
  EXPECT_EQ(e.deadline(true, start + 2s), start + 2s) << "stop() has less time";
  drop_info d;
  EXPECT_TRUE(e.end(start + 4s));
  EXPECT_FALSE(e.end(start + 4s)) << "it ends once";
  EXPECT_TRUE(e.lingering());
  EXPECT_EQ(e.deadline(true, never), start + 5s) << "lingering does not lengthen it";
  e.tell(d, false);
  EXPECT_FALSE(d.own_close) << "nobody asked for it";
  EXPECT_FALSE(d.clean);
  EXPECT_EQ(d.code, close_code::abnormal);
  e.release();
  EXPECT_TRUE(e.over() && e.released());
  EXPECT_EQ(e.deadline(true, start), never);
}

TEST(ending_machine, who_wants_the_end_of_the_client_gets_it_behind_any_other_close) {
  for (const auto& [first, second, told] :
       {std::tuple{close_code::going_away, close_code::normal, close_code::normal},
        std::tuple{close_code::normal, close_code::going_away, close_code::normal}}) {
    ending e(5s);
    EXPECT_EQ(e.want(asked(first), false, false, start), action::close);
    EXPECT_EQ(e.want(asked(second), true, false, start), action::none);
    EXPECT_TRUE(e.end(start));
    drop_info d;
    e.tell(d, false);
    EXPECT_EQ(d.own_close, told);
  }
}

TEST(ending_machine, behind_a_close_of_the_peers_and_after_the_end_there_is_nothing_to_close) {
  ending e(5s);
  EXPECT_EQ(e.want(asked(close_code::normal), true, false, start), action::moot);
  EXPECT_EQ(e.current(), state::none);
  EXPECT_TRUE(e.end(start));
  EXPECT_EQ(e.want(asked(close_code::normal), false, false, start), action::moot);
}

TEST(ending_machine, a_close_waits_for_the_turn_of_the_link) {
  ending e(5s);
  EXPECT_EQ(e.want(asked(close_code::going_away), false, true, start), action::postpone);
  EXPECT_EQ(e.want(by_itself, false, true, start), action::postpone) << "the first one stands";
  EXPECT_EQ(e.current(), state::postponed);
  EXPECT_EQ(e.deadline(false, never), never) << "its time does not run yet";
  EXPECT_EQ(e.want(asked(close_code::normal), false, true, start), action::postpone);
  const auto r = e.resume();
  ASSERT_TRUE(r);
  EXPECT_EQ(r->code, close_code::normal) << "but the end of the client is the end";
  EXPECT_EQ(e.current(), state::none);
  EXPECT_FALSE(e.resume());
  EXPECT_EQ(e.want(*r, false, false, start + 9s), action::close);
  EXPECT_EQ(e.deadline(true, never), start + 14s);
}

TEST(ending_machine, what_waited_is_told_if_the_link_ends_before) {
  ending e(5s);
  (void)e.want(asked(close_code::going_away), false, true, start);
  EXPECT_TRUE(e.end(start));
  drop_info d;
  e.tell(d, false);
  EXPECT_EQ(d.own_close, close_code::going_away);
  EXPECT_FALSE(e.resume());
}

TEST(ending_machine, the_peers_close_says_what_comes_next) {
  const auto after = [](close_code code, bool ours) {
    ending e(5s);
    if (ours) (void)e.want(asked(close_code::normal), false, false, start);
    e.got_close(code, "why");
    return e.outcome();
  };
  EXPECT_EQ(after(close_code::policy_violation, false), errc::unauthorized);
  EXPECT_EQ(after(close_code::service_restart, false), errc::unavailable);
  EXPECT_EQ(after(close_code::try_again_later, false), errc::unavailable);
  EXPECT_EQ(after(close_code::going_away, false), errc::closed);
  EXPECT_EQ(after(close_code::policy_violation, true), errc::closed) << "it answers ours";
}

TEST(ending_machine, describes_the_peers_close) {
  ending e(5s);
  e.got_close(close_code::going_away, "bye");
  EXPECT_EQ(e.describe(), "the peer's Close frame: 1001 bye");
  EXPECT_TRUE(e.end(start));
  drop_info d;
  e.tell(d, true);
  EXPECT_TRUE(d.clean);
  EXPECT_EQ(d.code, close_code::going_away);
  EXPECT_EQ(d.reason, "bye");
  ending ours(5s);
  (void)ours.want(by_itself, false, false, start);
  ours.got_close(close_code::no_status, {});
  EXPECT_EQ(ours.describe(), "our Close frame was answered: empty (1005)");
}

}  // namespace ending_machine_test

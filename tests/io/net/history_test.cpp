// What a client has seen, without a client.
#include "io/net/history.hpp"

#include <gtest/gtest.h>

namespace history_test {

using namespace std::chrono_literals;
using hawser::description;
using hawser::errc;
using hawser::never;
using hawser::phase;
using hawser::time_point;
using hawser::io::history;

constexpr time_point start{100s};

TEST(history, counts_attempts_and_links) {
  history h;
  h.dials();
  h.dials();
  EXPECT_EQ(h.number_link(true), 1u);
  EXPECT_EQ(h.number_link(false), 2u);
  EXPECT_EQ(h.snapshot().attempts, 2u);
  EXPECT_EQ(h.snapshot().links, 2u);
  EXPECT_EQ(h.snapshot().link, 1u) << "a successor is not the client's yet";
  h.moved(2, start);
  EXPECT_EQ(h.link(), 2u);
  h.recycled(3s);
  h.recycled(1s);
  EXPECT_EQ(h.snapshot().recycled, 2u);
  EXPECT_EQ(h.snapshot().longest_hold, 3s);
}

TEST(history, remembers_the_last_failure_in_words) {
  history h;
  h.remember(errc::closed, "the peer's Close frame: 1000");
  h.remember(errc::dropped, "reset");
  EXPECT_EQ(h.snapshot().last_error, errc::dropped);
  EXPECT_EQ(h.detail(), "reset");
  h.refused(errc::invalid_option, start);
  ASSERT_TRUE(h.explain(start).last);
  EXPECT_EQ(h.explain(start).last->error, errc::invalid_option);
  EXPECT_EQ(h.explain(start).last->detail, "reset");
}

TEST(history, the_plug_ins_are_asked_once_they_have_decided) {
  history h;
  EXPECT_FALSE(h.settled(phase::resolving, start + 1s, start));
  EXPECT_EQ(h.snapshot().at, phase::resolving);
  EXPECT_TRUE(h.settled(phase::waiting, start + 5s, start));
  EXPECT_FALSE(h.settled(phase::waiting, start + 5s, start)) << "they said so";
  EXPECT_TRUE(h.settled(phase::waiting, start + 9s, start)) << "for longer";
  h.failed({.at = phase::resolving, .error = errc::resolve_timeout}, false, start);
  EXPECT_TRUE(h.settled(phase::waiting, start + 9s, start)) << "after another failure";
  EXPECT_TRUE(h.settled(phase::stopped, never, start));
}

TEST(history, what_plug_ins_said_is_kept_until_a_link_is_open) {
  history h;
  ASSERT_TRUE(h.settled(phase::waiting, start + 5s, start));
  description told("one");
  told.add("why", "because");
  h.describe({told, description("silent")});
  ASSERT_EQ(h.explain(start).plugins.size(), 1u) << "one that says nothing is not there";
  EXPECT_FALSE(h.settled(phase::open, never, start));
  EXPECT_TRUE(h.explain(start).plugins.empty());
}

TEST(history, a_link_is_ready_at_once_unless_there_is_a_login) {
  history plain;
  plain.opened(plain.number_link(true), start);
  plain.ready(1, start);  // Within on_open.
  plain.announced();
  plain.entered(phase::open, never, start);
  EXPECT_TRUE(plain.explain(start).ready);
  history login;
  login.opened(login.number_link(true), start);
  login.announced();
  login.entered(phase::open, never, start);
  EXPECT_FALSE(login.explain(start).ready);
  login.ready(1, start + 1s);
  EXPECT_TRUE(login.explain(start + 1s).ready);
}

TEST(history, a_failure_of_a_successor_is_none_of_the_link) {
  history h;
  h.opened(h.number_link(true), start);
  h.ready(1, start);
  h.announced();
  h.failed({.at = phase::connecting, .error = errc::connect_timeout}, true, start);
  ASSERT_TRUE(h.explain(start).successor);
  EXPECT_EQ(h.explain(start).successor->at, phase::connecting);
  EXPECT_FALSE(h.explain(start).last);
  h.recycled(0s);
  EXPECT_FALSE(h.explain(start).successor);
}

}  // namespace history_test

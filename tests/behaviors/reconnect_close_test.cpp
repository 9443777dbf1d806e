// Which Close reconnect dials again after.
#include <hawser/behaviors/reconnect.hpp>

#include "support/reconnect_link.hpp"

#include <gtest/gtest.h>

namespace reconnect_close_test {

using namespace std::chrono_literals;
using hawser::close_code;
using hawser::errc;
using hawser::failure;
using hawser::reaction;
using hawser::reconnect;
using fixture = hawser::test::reconnect_link;

TEST(reconnect, a_normal_close_is_left_to_others_if_asked_so) {
  fixture again;
  EXPECT_EQ(again.fail(errc::closed, close_code::normal).what(), reaction::kind::retry);
  fixture left({.after_normal_close = false, .seed = 1});
  EXPECT_EQ(left.fail(errc::closed, close_code::normal).what(), reaction::kind::pass);
  EXPECT_EQ(left.fail(errc::closed, close_code::going_away).what(), reaction::kind::retry);
}

TEST(reconnect, an_empty_close_counts_as1000) {
  fixture again;
  EXPECT_EQ(again.fail(errc::closed, close_code::no_status).what(), reaction::kind::retry);
  fixture left({.after_normal_close = false, .seed = 1});
  EXPECT_EQ(left.fail(errc::closed, close_code::no_status).what(), reaction::kind::pass);
  EXPECT_EQ(left.fail(errc::dropped, close_code::abnormal).what(), reaction::kind::retry);
}

TEST(reconnect, an_orderly_close_of_our_own_is_left_to_others_unless_asked_otherwise) {
  for (const bool follows : {false, true}) {
    for (const bool follows_peers : {false, true}) {
      fixture f({.after_normal_close = follows_peers, .after_own_close = follows, .seed = 1});
      for (const close_code own : {close_code::normal, close_code::no_status}) {
        for (const errc e : {errc::closed, errc::close_timeout, errc::dropped}) {
          failure end;
          end.error = e;
          end.code = e == errc::closed ? close_code::normal : close_code::abnormal;
          end.own_close = own;
          EXPECT_EQ(f.fail(end).what(), follows ? reaction::kind::retry : reaction::kind::pass);
        }
      }
      failure other;
      other.error = errc::closed;
      other.code = close_code::going_away;
      other.own_close = close_code::going_away;
      EXPECT_EQ(f.fail(other).what(), reaction::kind::retry);
    }
  }
}

}  // namespace reconnect_close_test

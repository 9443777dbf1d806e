// The stages of a client's end, without a client.
#include "io/net/shutdown.hpp"

#include <gtest/gtest.h>

namespace shutdown_test {

using hawser::errc;
using hawser::error_code;
using hawser::io::shutdown;

TEST(shutdown, each_stage_is_reached_once) {
  shutdown c;
  error_code told = errc::stopped;
  EXPECT_TRUE(c.start([&](error_code ec) { told = ec; }));
  EXPECT_TRUE(c.started());
  EXPECT_FALSE(c.ends());
  EXPECT_TRUE(c.finish());
  EXPECT_TRUE(c.ends());
  EXPECT_FALSE(c.awaits_rest()) << "somebody is still to be told";
  EXPECT_FALSE(c.finish()) << "a second stop()";
  c.finished();
  EXPECT_TRUE(c.awaits_rest());
  c.complete();
  EXPECT_FALSE(c.finish());
  c.finished();
  EXPECT_TRUE(c.completed() && c.ends() && !c.awaits_rest());
  c.tell(errc::closed);
  EXPECT_EQ(told, errc::closed);
  c.tell(errc::dropped);
  EXPECT_EQ(told, errc::closed) << "once";
}

TEST(shutdown, an_end_before_the_start_is_told_by_the_start) {
  shutdown c;
  (void)c.finish();
  c.finished();
  c.complete();
  error_code told;
  EXPECT_FALSE(c.start([&](error_code ec) { told = ec; }));
  c.tell(errc::stopped);
  EXPECT_EQ(told, errc::stopped);
}

TEST(shutdown, of_a_client_that_is_gone_nobody_is_told) {
  shutdown c;
  bool told = false;
  (void)c.start([&](error_code) { told = true; });
  c.abandon();
  EXPECT_TRUE(c.abandoned() && c.started() && !c.completed());
  c.tell({});
  EXPECT_FALSE(told);
}

}  // namespace shutdown_test

// A client without a link.
#include <hawser/caller.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

struct silent : adapter<silent, on::message>, caller<silent, std::string, std::string> {
  verdict on_message(context&, const inbound&) { return handled; }
  result<send_id> on_call(context& c, call_id, const std::string& q) { return c.send(q); }
};
using kit = testkit::harness<silent>;

TEST(NoLink, StopBeforeTheStartEndsTheCallsThatWait) {
  kit h;
  auto p = h.client().call("never");
  h.stop();
  EXPECT_FALSE(h.connect());
  ASSERT_TRUE(h.end());
  EXPECT_EQ(p.get(0s).value.error(), errc::stopped);
}

TEST(NoLink, WhatATaskFailsWithIsLogged) {
  kit h;
  h.run([](silent&, context& c) { c.fail(errc::hook_threw, "a task that failed"); });
  EXPECT_THAT(h.log(), Contains(HasSubstr("a task that failed")));
}

}  // namespace

// A client without a link.
#include <hawser/caller.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace no_link_test {

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

TEST(NoLink, ATaskThatThrowsIsNamed) {
  kit h;
  h.run([](silent&, context&) { throw std::runtime_error("a task that threw"); });
  EXPECT_THAT(h.log(), Contains(HasSubstr("silent::submit: its task: a task that threw")));
  EXPECT_TRUE(h.connect());
  h.run([](silent&, context&) { throw std::runtime_error("on a link"); });
  EXPECT_EQ(h.end(), make_error_code(errc::hook_threw));
}

}  // namespace no_link_test

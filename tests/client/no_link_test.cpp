// A client without a link.
#include <hawser/caller.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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

TEST(no_link, stop_before_the_start_ends_the_calls_that_wait) {
  kit h;
  auto p = h.client().call("never");
  h.stop();
  EXPECT_FALSE(h.connect());
  ASSERT_TRUE(h.end());
  EXPECT_EQ(p.get(0s).value.error(), errc::stopped);
}

TEST(no_link, what_a_task_fails_with_is_logged) {
  kit h;
  h.run([](silent&, context& c) { c.fail(errc::hook_threw, "a task that failed"); });
  EXPECT_THAT(h.log(), Contains(HasSubstr("a task that failed")));
}

TEST(no_link, a_task_that_throws_is_named) {
  kit h;
  h.run([](silent&, context&) { throw std::runtime_error("a task that threw"); });
  EXPECT_THAT(h.log(), Contains(HasSubstr("silent::submit: its task: a task that threw")));
  EXPECT_TRUE(h.connect());
  h.run([](silent&, context&) { throw std::runtime_error("on a link"); });
  EXPECT_EQ(h.end(), make_error_code(errc::hook_threw));
}

// Without its link nothing can be done, and whoever asked is told so.
TEST(no_link, what_a_hook_asks_of_no_link_is_told) {
  struct restless : adapter<restless, on::connecting, on::drop, on::wake> {
    admission on_connecting(context& c, handshake&) {
      c.wake_at(c.now() + 1s);
      c.set_ready();
      return admission::go();
    }
    void on_wake(context& c, const wake_info&) { c.recycle(); }
    void on_drop(context& c, const drop_info&) { c.defer_retry(1s); }
  };
  testkit::harness<restless> h;
  h.stall_next(phase::resolving);
  EXPECT_FALSE(h.connect(2s));
  const auto told = [&](const std::string& who) {
    return std::ranges::count_if(h.log(), [&](const std::string& line) {
      return line.find(who + " without an open link: it has no effect") != std::string::npos;
    });
  };
  EXPECT_EQ(told("restless::on_connecting asked for set_ready"), 1);
  EXPECT_EQ(told("restless::on_wake asked for recycle"), 1);
  h.run([](restless&, context& c) { c.reauthenticate(); });
  EXPECT_EQ(told("a task asked for reauthenticate"), 1);
  testkit::harness<restless> dropped;
  ASSERT_TRUE(dropped.connect());
  dropped.drop();
  EXPECT_THAT(dropped.log(),
              Contains(HasSubstr("restless::on_drop asked for defer_retry without an open link")));
}

TEST(no_link, what_is_thrown_at_a_link_that_is_over_is_told) {
  struct clumsy : adapter<clumsy, on::drop> {
    void on_drop(context&, const drop_info&) { throw std::runtime_error("dropped it"); }
  };
  testkit::harness<clumsy> h;
  ASSERT_TRUE(h.connect());
  h.drop();
  EXPECT_THAT(h.log(), Contains(HasSubstr("clumsy::on_drop: dropped it")));
}

}  // namespace no_link_test

// The predecessor falls while its successor becomes ready.
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace fail_over_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

// Its successors log in, and end with the first message that they may send.
struct unlucky
    : adapter<unlucky, on::open, on::ready, on::message, on::drop, on::sending, on::error> {
  std::vector<std::string> told = {};
  std::function<void()> welcomed = [] {};

  void on_open(context& c, const open_info& o) {
    if (o.successor) c.begin_login();
  }
  void on_ready(context& c, const ready_info& r) {
    if (r.successor) (void)c.send("first");
  }
  verdict on_message(context& c, const inbound&) {
    c.set_ready();
    welcomed();
    return handled;
  }
  permit on_sending(context& c, const outbound&) {
    c.fail(errc::unavailable, "no");
    return permit::refuse({});
  }
  void on_drop(context&, const drop_info& d) { told.push_back("drop " + std::to_string(d.link)); }
  reaction on_error(context&, const failure&) { return reaction::retry_after(1h); }
};
using kit = testkit::harness<unlucky>;

TEST(fail_over, a_successor_that_falls_as_it_takes_over_leaves_no_open_link) {
  kit h;
  h.connect();
  h.run([](unlucky&, context& c) { c.recycle(); });
  // It runs before the successor's turn comes.
  h.adapter().welcomed = [&] {
    EXPECT_TRUE(h.client().submit(
        [](unlucky&, context& c) { c.fail(errc::unavailable, "the predecessor"); }));
  };
  EXPECT_TRUE(h.peer_sends("welcome", 2));
  EXPECT_THAT(h.adapter().told, ElementsAre("drop 1", "drop 2"));
  EXPECT_FALSE(h.open());
  const auto sent = h.send("anybody?");
  EXPECT_EQ(sent ? error_code() : sent.error(), errc::not_connected);
}

}  // namespace fail_over_test

// What becomes of a call whose request never left.
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/caller.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace call_delivery_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct asker : adapter<asker, on::message, on::sending>, caller<asker, std::string, std::string> {
  verdict on_message(context& c, const inbound& m) {
    if (m.text() == "close") c.close();
    return handled;
  }
  permit on_sending(context& c, const outbound& m) {
    if (m.text() == "waits" && c.link().number == 1) return permit::hold_until(c.now() + 1h);
    return m.text() == "forbidden" ? permit::refuse(errc::rate_exceeded) : permit::pass();
  }
  result<send_id> on_call(context& c, call_id, const std::string& q) { return c.send(q); }
};
using kit = testkit::harness<asker, reconnect>;

TEST(call_delivery, a_refused_request_ends_its_call_at_once) {
  kit h;
  h.connect();
  auto p = h.client().call("forbidden", {.idempotent = true});
  h.settle();
  ASSERT_TRUE(p.ready());
  const auto r = p.get(0s);
  EXPECT_EQ(r.value.error(), errc::rate_exceeded);
  EXPECT_EQ(r.delivery, delivery::never_sent);
}

TEST(call_delivery, a_request_that_finds_no_room_ends_its_call) {
  options o = kit::defaults();
  o.limits.lanes[static_cast<std::size_t>(lane::bulk)].frames = 1;
  kit h(o, asker{});
  h.connect();
  h.block_writes();
  auto first = h.client().call("first");
  auto second = h.client().call("second");
  auto third = h.client().call("third");
  h.settle();
  ASSERT_TRUE(third.ready());
  const auto r = third.get(0s);
  EXPECT_EQ(r.value.error(), errc::queue_full);
  EXPECT_EQ(r.delivery, delivery::never_sent);
  EXPECT_FALSE(first.ready());
}

// Sent for the first time: it need not be idempotent.
TEST(call_delivery, a_request_that_its_link_never_took_goes_out_on_the_next) {
  kit h;
  h.connect();
  auto taken = h.client().call("taken");
  auto left = h.client().call("waits");
  h.settle();
  EXPECT_THAT(h.sent(), ElementsAre("taken"));
  h.drop();
  ASSERT_TRUE(h.connect(2min));
  EXPECT_THAT(h.sent(), ElementsAre("waits"));
  EXPECT_FALSE(left.ready());
  EXPECT_EQ(taken.get(0s).delivery, delivery::maybe_sent);
}

TEST(call_delivery, a_call_on_a_link_that_closes_waits_for_the_next) {
  kit h;
  h.connect();
  h.peer_sleeps();
  h.run([](asker&, context& c) { c.fail(errc::unavailable, "again"); });
  auto p = h.client().call("later");
  h.settle();
  EXPECT_THAT(h.sent(), IsEmpty());
  ASSERT_TRUE(h.connect(2min));
  EXPECT_THAT(h.sent(), ElementsAre("later"));
  EXPECT_FALSE(p.ready());
}

}  // namespace call_delivery_test

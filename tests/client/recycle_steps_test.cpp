// Two events meet while a client recycles.
#include <hawser/caller.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace recycle_steps_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Does what the peer says, and writes down what it is told.
struct rider : adapter<rider, on::open, on::drop, on::message, on::sending, on::settled, on::error>,
               caller<rider, std::string, std::string> {
  std::vector<std::string> told = {};
  std::vector<std::string> asked = {};   // on_sending, about what
  std::vector<error_code> refused = {};  // at the call
  std::vector<error_code> unsent = {};   // told later
  std::vector<send_id> ended = {};
  call_id last = 0;
  reaction answer = reaction::pass();

  result<send_id> on_call(context& c, call_id id, const std::string& q) {
    last = id;
    return c.send(q);
  }
  void on_open(context&, const open_info& o) { told.push_back("open " + std::to_string(o.link)); }
  void on_drop(context&, const drop_info& d) { told.push_back("drop " + std::to_string(d.link)); }
  verdict on_message(context& c, const inbound& m) {
    if (m.text() == "close") c.close();
    if (m.text() == "reply") reply(c, last, "done");
    if (m.text() == "answer me") {
      if (const auto r = c.send("answer"); !r) refused.push_back(r.error());
    }
    if (m.text() == "urgent") (void)c.send("urgent", lane::control);
    return handled;
  }
  permit on_sending(context&, const outbound& m) {
    asked.emplace_back(m.text());
    return permit::pass();
  }
  void on_settled(context&, const settled_info& s) {
    ended.push_back(s.id);
    if (s.delivery == delivery::never_sent) unsent.push_back(s.error);
  }
  reaction on_error(context&, const failure& f) {
    told.push_back("error " + f.error.message());
    return answer;
  }
};
using kit = testkit::harness<rider>;

void recycle(kit& h) {
  h.run([](rider&, context& c) { c.recycle(); });
}

// The predecessor owes a reply, so that the successor waits for its turn.
pending<std::string> hold(kit& h) {
  h.connect();
  auto owed = h.client().call("owed");
  h.settle();
  recycle(h);
  return owed;
}

TEST(recycle_steps, on_sending_sees_what_waited_for_the_turn) {
  kit h;
  auto owed = hold(h);
  EXPECT_TRUE(h.send("held"));
  EXPECT_THAT(h.sent(), ElementsAre("owed"));
  h.peer_sends("reply", 1);
  EXPECT_THAT(h.sent(), ElementsAre("held"));
  EXPECT_THAT(h.adapter().asked, ElementsAre("owed", "held"));
}

// The close of the client has begun, but the predecessor's handshake takes until the bound.
TEST(recycle_steps, a_link_whose_close_is_late_is_gone_before_the_next_is_dialed) {
  kit h;
  h.adapter().answer = reaction::retry_after(0s);
  h.connect();
  h.peer_sleeps(true, 1);
  recycle(h);
  h.peer_sleeps(true, 2);
  h.advance(1s);
  h.peer_sends("close", 1);
  h.advance(8s);
  EXPECT_THAT(h.adapter().told,
              ElementsAre("open 1", "open 2", "drop 1", "drop 2",
                          "error " + make_error_code(errc::close_timeout).message(), "open 3"));
  EXPECT_FALSE(h.peer_sends("anybody?", 2));
}

TEST(recycle_steps, a_close_is_not_forgotten_when_the_successor_dies) {
  kit h;
  auto owed = hold(h);
  EXPECT_TRUE(h.client().submit([](rider&, context& c) { c.close(close_code::normal, "bye"); }));
  h.drop(errc::dropped, 2);  // Both happen now.
  ASSERT_FALSE(h.received().empty());
  EXPECT_EQ(h.received().back().link, 1u);
  EXPECT_EQ(h.received().back().data, "1000 bye");
  ASSERT_TRUE(h.end());
  EXPECT_FALSE(*h.end());
}

TEST(recycle_steps, a_call_that_moves_to_the_predecessor_is_not_lost) {
  kit h;
  auto owed = hold(h);
  auto moved = h.client().call("moved");
  auto again = h.client().call("again", {.idempotent = true});
  h.settle();
  EXPECT_THAT(h.sent(), ElementsAre("owed"));
  h.drop(errc::dropped, 2);
  EXPECT_THAT(h.sent(), ElementsAre("moved", "again"));
  EXPECT_FALSE(moved.ready());
  EXPECT_FALSE(again.ready());
  h.drop(errc::dropped, 1);
  EXPECT_EQ(moved.get(0s).value.error(), errc::call_lost);
}

TEST(recycle_steps, a_refusal_is_told_at_once) {
  options o = kit::defaults();
  o.limits.lanes[static_cast<std::size_t>(lane::bulk)].frames = 1;
  kit h(o, rider{});
  auto owed = hold(h);
  h.peer_sends("answer me", 1);
  EXPECT_THAT(h.adapter().refused, IsEmpty());
  h.peer_sends("answer me", 1);  // The lane has room for one, wherever it waits.
  EXPECT_THAT(h.adapter().refused, ElementsAre(make_error_code(errc::queue_full)));
  EXPECT_THAT(h.adapter().unsent, IsEmpty());
  ASSERT_TRUE(h.send("a client's"));
  EXPECT_THAT(h.adapter().unsent, ElementsAre(make_error_code(errc::queue_full)));
}

// The peer may say anything.
TEST(recycle_steps, what_was_acknowledged_too_early_ends_once) {
  kit h;
  auto owed = hold(h);
  const auto id = h.send("held");
  ASSERT_TRUE(id);
  h.run([&](rider&, context& c) { c.acked(*id); });
  h.drop(errc::dropped, 2);
  EXPECT_THAT(h.sent(), ElementsAre("owed", "held"));
  EXPECT_EQ(std::count(h.adapter().ended.begin(), h.adapter().ended.end(), *id), 1);
}

TEST(recycle_steps, the_control_lane_does_not_wait_for_the_predecessors_end) {
  kit h;
  h.connect();
  h.peer_sleeps(true, 1);  // It does not answer the Close.
  recycle(h);
  h.peer_sends("urgent", 1);
  EXPECT_THAT(h.sent(), ElementsAre("urgent"));
}

// stop() twice and a close in one hook: the Close of the client is under way when it is told to
// end.
TEST(recycle_steps, the_end_of_the_client_is_the_end_of_the_recycling) {
  kit h;
  h.adapter().answer = reaction::retry_after(0s);
  auto owed = hold(h);
  h.run([](rider&, context& c) {
    c.stop();
    c.stop();
    c.close();
  });
  ASSERT_TRUE(h.end());
  h.advance(1min);
  EXPECT_THAT(h.adapter().told, ElementsAre("open 1", "open 2", "drop 2", "drop 1"));
}

// What a slow peer has not taken yet is owed, too: the Close would have to wait behind it, for no
// longer than a closing handshake may last.
TEST(recycle_steps, what_the_predecessor_has_to_write_is_waited_for) {
  options o = kit::defaults();
  o.deadlines.handover = 20s;
  kit h(o, rider{});
  h.connect();
  h.block_writes(true, 1);
  EXPECT_TRUE(h.send("late"));
  recycle(h);
  EXPECT_TRUE(h.send("behind"));
  h.advance(15s);
  EXPECT_THAT(h.sent(), IsEmpty());
  h.block_writes(false, 1);
  EXPECT_THAT(h.sent(), ElementsAre("late", "behind"));
  EXPECT_THAT(h.adapter().unsent, IsEmpty());
}

}  // namespace recycle_steps_test

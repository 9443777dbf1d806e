// Make before break in the kit's world.
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace recycle_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct moving : adapter<moving, on::open, on::ready, on::drop, on::error> {
  std::vector<std::string> told = {};

  void on_open(context&, const open_info& o) {
    told.push_back("open " + std::to_string(o.link) + (o.successor ? " successor" : ""));
  }
  void on_ready(context&, const ready_info& r) {
    told.push_back("ready " + std::to_string(r.link));
  }
  void on_drop(context&, const drop_info& d) {
    told.push_back("drop " + std::to_string(d.link) + (d.replaced ? " replaced" : ""));
  }
  reaction on_error(context&, const failure& f) {
    told.push_back(std::string("error") + (f.successor ? " successor" : ""));
    return reaction::pass();
  }
};
using kit = testkit::harness<moving>;

void recycle(kit& h) {
  h.run([](moving&, context& c) { c.recycle(); });
}

TEST(harness_recycle, a_successor_takes_over) {
  kit h;
  h.connect();
  h.send("before");
  recycle(h);
  EXPECT_TRUE(h.open());
  h.send("after");
  EXPECT_THAT(h.sent(), ElementsAre("before", "after"));
  EXPECT_THAT(h.adapter().told,
              ElementsAre("open 1", "ready 1", "open 2 successor", "ready 2", "drop 1 replaced"));
  EXPECT_EQ(h.received().back().link, 2u);
}

TEST(harness_recycle, a_failed_successor_leaves_the_link) {
  kit h;
  h.connect();
  h.refuse(503);
  recycle(h);
  EXPECT_TRUE(h.open());
  EXPECT_THAT(h.adapter().told, ElementsAre("open 1", "ready 1", "error successor"));
  h.send("still");
  EXPECT_EQ(h.received().back().link, 1u);
}

TEST(harness_recycle, a_failed_successor_is_explained_until_one_takes_over) {
  kit h;
  h.connect();
  h.refuse(503, {{"Retry-After", "7"}});
  recycle(h);
  const explanation e = h.client().explain();
  EXPECT_TRUE(e.ready);
  EXPECT_EQ(e.link, 1u);
  EXPECT_FALSE(e.last) << "the link of the client did not fail";
  ASSERT_TRUE(e.successor);
  EXPECT_EQ(e.successor->status, 503);
  EXPECT_EQ(e.successor->retry_after, 7s);
  EXPECT_EQ(e.step(attempt_step::upgrade).what, step_record::state::done) << "its own";
  recycle(h);
  EXPECT_EQ(h.client().explain().link, 2u);
  EXPECT_FALSE(h.client().explain().successor);
}

// Words that are kept with the other attempt are told of the wrong failure, or of none.
TEST(harness_recycle, what_a_hook_threw_is_told_of_its_own_attempt) {
  struct thrower : adapter<thrower, on::connecting, on::error, on::wake> {
    std::vector<std::string> details = {};
    admission on_connecting(context& c, handshake& h) {
      if (h.successor) throw std::runtime_error("no successor today");
      c.wake_at(c.now() + 1s);
      return admission::go();
    }
    void on_wake(context&, const wake_info&) { throw std::runtime_error("woken"); }
    reaction on_error(context&, const failure& f) {
      details.emplace_back(f.detail);
      return reaction::pass();
    }
  };
  testkit::harness<thrower> h;
  h.connect();
  h.run([](thrower&, context& c) { c.recycle(); });
  ASSERT_EQ(h.adapter().details.size(), 1u);
  EXPECT_THAT(h.adapter().details[0], ::testing::HasSubstr("no successor today"));
  EXPECT_TRUE(h.open()) << "the link goes on";
  testkit::harness<thrower> late;
  late.stall_next(phase::resolving);
  EXPECT_FALSE(late.connect(1min));
  ASSERT_EQ(late.adapter().details.size(), 1u);
  EXPECT_EQ(late.adapter().details[0], make_error_code(errc::resolve_timeout).message())
      << "a wake-up is of no attempt";
}

TEST(harness_recycle, a_successor_that_cannot_be_reached_is_explained) {
  kit h;
  h.connect();
  h.fail_next(phase::connecting, {ECONNREFUSED, boost::system::system_category()});
  recycle(h);
  ASSERT_TRUE(h.client().explain().successor);
  EXPECT_EQ(h.client().explain().successor->at, phase::connecting);
  EXPECT_TRUE(h.client().explain().ready);
}

TEST(harness_recycle, both_links_can_be_reached_by_their_numbers) {
  kit h;
  h.connect();
  h.peer_sleeps(true, 1);  // It does not answer the Close of the predecessor.
  recycle(h);
  EXPECT_TRUE(h.peer_sends("to the predecessor", 1));
  EXPECT_TRUE(h.peer_sends("to the successor", 2));
  EXPECT_FALSE(h.peer_sends("to nobody", 3));
}

}  // namespace recycle_test

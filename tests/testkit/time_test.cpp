// The clocks of worlds: each its own, and none behind what its process has lived through.
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/testkit.hpp>

#include <gtest/gtest.h>

namespace time_test {

using namespace hawser;
using namespace std::chrono_literals;

struct silent : adapter<silent, on::open> {
  void on_open(context&, const open_info&) {}
};

// The budget of retries is the process's: it would make a client of an earlier time wait for the
// later one.
TEST(harness_time, a_world_is_not_held_up_by_the_ones_before_it) {
  using kit = testkit::harness<silent, reconnect>;
  for (const duration lived : {duration(1h), duration(0)}) {
    kit h(silent{}, reconnect({.seed = 1}));
    h.connect();
    h.advance(lived);
    h.drop();
    EXPECT_TRUE(h.connect(2s));
  }
}

TEST(harness_time, each_phase_may_take_its_time) {
  const options secure{.url = "wss://peer.test/"};
  for (const phase at : {phase::resolving, phase::connecting, phase::securing, phase::upgrading}) {
    testkit::harness<silent> late(secure, silent{});
    late.delay_next(at, 3s);
    EXPECT_FALSE(late.connect(3s - 1ns));
    EXPECT_EQ(late.phase(), at);
    EXPECT_TRUE(late.connect(1ns)) << to_string(at);
    testkit::harness<silent> over(secure, silent{});
    over.delay_next(at, 61s);
    over.connect();
    over.advance(1h);
    EXPECT_EQ(over.phase(), phase::stopped) << to_string(at);
    EXPECT_EQ(over.client().snapshot().links, 0u);
    EXPECT_TRUE(over.received().empty());
  }
}

TEST(harness_time, an_upgrade_that_comes_too_late_makes_no_link) {
  testkit::harness<silent, reconnect> h(silent{}, reconnect({.seed = 1}));
  h.delay_next(phase::upgrading, 30s);
  EXPECT_TRUE(h.connect(1min));
  h.advance(1min);
  h.drop();
  EXPECT_TRUE(h.connect(1min));
  EXPECT_TRUE(h.peer_sends("numbered as the client numbers it", 2));
}

struct ticking : adapter<ticking, on::open, on::wake> {
  int ticks = 0;
  void on_open(context& c, const open_info&) { c.wake_at(c.now() + 1ms); }
  void on_wake(context& c, const wake_info&) {
    ++ticks;
    c.wake_at(c.now() + 1ms);
  }
};

TEST(harness_time, any_time_may_pass) {
  testkit::harness<ticking> h;
  h.connect();
  h.advance(250s);
  EXPECT_EQ(h.adapter().ticks, 250'000);
}

}  // namespace time_test

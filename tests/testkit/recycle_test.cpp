// Make before break in the kit's world.
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

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

TEST(HarnessRecycle, ASuccessorTakesOver) {
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

TEST(HarnessRecycle, AFailedSuccessorLeavesTheLink) {
  kit h;
  h.connect();
  h.refuse(503);
  recycle(h);
  EXPECT_TRUE(h.open());
  EXPECT_THAT(h.adapter().told, ElementsAre("open 1", "ready 1", "error successor"));
  h.send("still");
  EXPECT_EQ(h.received().back().link, 1u);
}

TEST(HarnessRecycle, BothLinksCanBeReachedByTheirNumbers) {
  kit h;
  h.connect();
  h.peer_sleeps(true, 1);  // It does not answer the Close of the old link.
  recycle(h);
  EXPECT_TRUE(h.peer_sends("to the old one", 1));
  EXPECT_TRUE(h.peer_sends("to the new one", 2));
  EXPECT_FALSE(h.peer_sends("to nobody", 3));
}

}  // namespace

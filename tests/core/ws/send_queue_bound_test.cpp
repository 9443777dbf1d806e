// What counts against the bound of a lane although it does not lie in it yet.
#include <hawser/core/ws/send_queue.hpp>

#include "support/frames.hpp"

#include <gtest/gtest.h>

namespace send_queue_bound_test {

using hawser::errc;
using hawser::lane;
using hawser::opcode;
using hawser::send_queue;

struct fixture {
  explicit fixture(hawser::lane_limits each)
      : queue(hawser::role::client, masks, {each, each, each, each}) {}
  hawser::result<void> push(lane l, std::string_view text) {
    return queue.push(l, opcode::text, hawser::as_bytes(text));
  }
  // Until this is written, everything else waits in its lane.
  void block() { ASSERT_TRUE(push(lane::bulk, std::string(send_queue::cork_size, 'B'))); }

  hawser::test::scripted_entropy entropy;
  hawser::mask_source masks{entropy};
  send_queue queue;
};

// The bound is the lane's, whatever holds the message back.
TEST(send_queue_bound, what_waits_elsewhere_counts_against_the_lane) {
  fixture f({.frames = 3, .bytes = std::size_t{1} << 20});
  f.block();
  ASSERT_TRUE(f.push(lane::bulk, "in the lane"));
  ASSERT_TRUE(f.queue.reserve(lane::bulk, 5));
  ASSERT_TRUE(f.queue.reserve(lane::bulk, 7));
  EXPECT_EQ(f.queue.load(lane::bulk).messages, 3u);
  EXPECT_EQ(f.queue.load(lane::bulk).bytes, 11u + 5 + 7);
  EXPECT_EQ(f.queue.waiting(lane::bulk), 1u);
  EXPECT_EQ(f.queue.reserve(lane::bulk, 1).error(), errc::queue_full);
  EXPECT_EQ(f.push(lane::bulk, "").error(), errc::queue_full);
  EXPECT_FALSE(f.queue.fits(lane::bulk, 1, 0));
  EXPECT_TRUE(f.queue.fits(lane::control, 1, 0)) << "each lane has its own";
  f.queue.unreserve(lane::bulk, 7);
  EXPECT_TRUE(f.push(lane::bulk, "it waits here now"));
  EXPECT_EQ(f.queue.reserve(lane::bulk, 1).error(), errc::queue_full);
}

TEST(send_queue_bound, what_waits_elsewhere_counts_its_bytes) {
  fixture f({.frames = 100, .bytes = 10});
  EXPECT_EQ(f.queue.reserve(lane::bulk, 11).error(), errc::queue_full);
  ASSERT_TRUE(f.queue.reserve(lane::bulk, 8));
  EXPECT_EQ(f.queue.reserve(lane::bulk, 3).error(), errc::queue_full);
  EXPECT_TRUE(f.queue.reserve(lane::bulk, 2));
}

}  // namespace send_queue_bound_test

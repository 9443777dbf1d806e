// Heartbeats for a peer that counts what it hears, on real frames.
#include <hawser/behaviors/heartbeat.hpp>
#include <hawser/testkit.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace heartbeat_mode_test {

using namespace hawser;
using namespace std::chrono_literals;

// As an MQTT client: whatever WebSocket does below, the broker counts its messages.
struct device : adapter<device, on::message, on::heartbeat> {
  verdict on_message(context&, const inbound&) { return handled; }
  verdict on_heartbeat(context& c, const heartbeat_info&) {
    (void)c.send("beat", lane::control);
    return handled;
  }
};
using kit = testkit::harness<device, heartbeat>;

// How long the peer heard no message at most, while it sends one each second and pings as often.
duration longest_silence(kit& h, duration span) {
  duration longest = 0s;
  time_point heard = h.now();
  for (const time_point end = h.now() + span; h.now() < end;) {
    h.advance(1s);
    h.peer_sends("news");
    h.peer_pings();
    if (!h.sent().empty()) heard = h.now();
    longest = std::max(longest, h.now() - heard);
  }
  return longest;
}

TEST(heartbeat_mode_kit, a_peer_that_only_sends_hears_us_in_time) {
  kit in(device{}, heartbeat({.kind = heartbeat::kind::application}));
  in.connect();
  EXPECT_EQ(longest_silence(in, 200s), 200s) << "who looks for dead links says nothing here";
  for (const auto m :
       {heartbeat::mode::outbound, heartbeat::mode::either, heartbeat::mode::fixed}) {
    kit h(device{}, heartbeat({.kind = heartbeat::kind::application, .mode = m}));
    h.connect();
    EXPECT_LE(longest_silence(h, 200s), 30s) << static_cast<int>(m);
    EXPECT_TRUE(h.open());
  }
}

TEST(heartbeat_mode_kit, also_over_a_recycling) {
  kit h(device{},
        heartbeat({.kind = heartbeat::kind::application, .mode = heartbeat::mode::outbound}));
  h.connect();
  EXPECT_LE(longest_silence(h, 45s), 30s);
  EXPECT_TRUE(h.client().recycle());
  EXPECT_LE(longest_silence(h, 100s), 30s);
  EXPECT_EQ(h.client().snapshot().recycled, 1u);
}

}  // namespace heartbeat_mode_test

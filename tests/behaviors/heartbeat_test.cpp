#include "support/frames.hpp"
#include "support/heartbeat_link.hpp"
#include "support/words.hpp"

#include <gtest/gtest.h>

#include <set>

namespace heartbeat_test {

using namespace std::chrono_literals;
using hawser::effects;
using hawser::errc;
using hawser::heartbeat;
using hawser::time_point;

static_assert(hawser::plugin<heartbeat>);

using fixture = hawser::test::heartbeat_link;

TEST(heartbeat, pings_a_link_that_is_idle_for_so_long) {
  fixture f;
  const time_point opened = f.now;
  f.open();
  EXPECT_TRUE(f.done.empty());
  EXPECT_EQ(f.plugins.next_wake(), opened + 30s);
  EXPECT_EQ(f.ping().size(), 8u);
  EXPECT_EQ(f.now, opened + 30s);
}

TEST(heartbeat, a_busy_link_is_never_pinged) {
  fixture f;
  f.open();
  for (int i = 0; i < 100; ++i) {
    f.now = f.plugins.next_wake();
    f.link.last_inbound = f.now - 1s;
    ASSERT_TRUE(f.rests());
    ASSERT_EQ(f.plugins.next_wake(), f.link.last_inbound + 30s);
  }
}

TEST(heartbeat, a_link_is_dead_exactly_idle_and_pong_after_its_last_byte) {
  fixture f;
  f.open();
  f.now += 7s;
  f.link.last_inbound = f.now;
  const time_point last = f.now;
  EXPECT_TRUE(f.rests());
  f.ping();
  EXPECT_EQ(f.now, last + 30s);
  EXPECT_EQ(f.plugins.next_wake(), last + 40s);
  ASSERT_TRUE(f.dies());
  EXPECT_EQ(f.recorded<effects::fail>().error, errc::pong_timeout);
  EXPECT_EQ(f.failed_with(), "nothing arrived after a ping");
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
}

TEST(heartbeat, any_byte_answers_a_ping) {
  fixture f;
  f.open();
  f.ping();
  f.now += 9999ms;
  f.link.last_inbound = f.now;  // not even a whole frame
  const time_point last = f.now;
  EXPECT_TRUE(f.rests());
  EXPECT_EQ(f.plugins.next_wake(), last + 30s);
  f.ping();
  EXPECT_EQ(f.now, last + 30s);
}

TEST(heartbeat, pongs_that_may_take_longer_than_idle_change_nothing) {
  fixture f({.idle = 5s, .pong = 30s});
  f.open();
  f.ping();
  f.now += 1s;
  f.link.last_inbound = f.now;
  const time_point last = f.now;
  do {
    ASSERT_TRUE(f.wake());
  } while (f.done.empty());
  EXPECT_EQ(f.kinds(), std::vector{effects::ping::name});
  EXPECT_EQ(f.now, last + 5s);
  do {
    ASSERT_TRUE(f.wake());
  } while (f.done.empty());
  EXPECT_EQ(f.kinds(), std::vector{effects::fail::name});
  EXPECT_EQ(f.now, last + 35s);
}

TEST(heartbeat, each_ping_has_a_payload_of_its_own_over_links_too) {
  fixture f;
  std::set<hawser::bytes> seen;
  for (int link = 0; link < 3; ++link) {
    f.open();
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(seen.insert(f.ping()).second);
      f.link.last_inbound = f.now;
      ASSERT_TRUE(f.wake());
    }
    f.drop();
  }
}

TEST(heartbeat, measures_the_round_trip_by_the_right_pong_only) {
  fixture f;
  const auto round_trip = [&] { return f.plugins.get<heartbeat>().round_trip(); };
  f.receive(hawser::opcode::pong, {});
  f.open();
  const hawser::bytes first = f.ping();
  EXPECT_EQ(round_trip(), std::nullopt);
  f.now += 5ms;
  f.receive(hawser::opcode::pong, hawser::as_bytes("another"));
  f.receive(hawser::opcode::ping, first);
  f.at([&](hawser::context& c) {
    f.plugins.frame(c, {.outbound = true, .op = hawser::opcode::pong, .payload = first});
  });
  EXPECT_EQ(round_trip(), std::nullopt);
  f.receive(hawser::opcode::pong, first);
  EXPECT_EQ(round_trip(), 5ms);
  ASSERT_TRUE(f.wake());
  f.ping();
  f.now += 7ms;
  f.receive(hawser::opcode::pong, first);  // late: it answers the ping before
  EXPECT_EQ(round_trip(), 5ms);
}

TEST(heartbeat, a_drop_cancels_its_wake_and_a_new_link_begins_afresh) {
  fixture f;
  f.open();
  f.ping();
  f.drop();
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
  f.now += 1h;
  f.open();
  EXPECT_EQ(f.plugins.next_wake(), f.now + 30s);
  f.ping();
}

// A link on a line that takes so many bytes a second, and a peer that says nothing.
struct slow_line : fixture {
  slow_line() { link.queue = &queue; }

  void upload(std::size_t bytes) {
    ASSERT_TRUE(queue.push(hawser::lane::bulk, hawser::opcode::binary, hawser::buffer(bytes)));
  }
  // The line takes at most `bytes`, then whoever is due wakes.
  void second(std::size_t bytes) {
    now += 1s;
    for (std::size_t left = bytes; left != 0 && !queue.gather().empty();) {
      const auto span = queue.gather().front();
      const std::size_t n = std::min(left, span.size());
      queue.consume(n);
      left -= n;
      link.last_outbound = now;
    }
    while (plugins.next_wake() <= now && !dead) {
      wake();
      for (const auto& e : done.list()) {
        dead = dead || std::holds_alternative<effects::fail>(e);
        const auto* p = std::get_if<effects::ping>(&e);
        if (p == nullptr) continue;
        ++pings;
        queue.control(hawser::opcode::ping, done.bytes(p->payload));
      }
    }
  }

  hawser::test::scripted_entropy entropy;
  hawser::mask_source masks{entropy};
  hawser::send_queue queue{hawser::role::client, masks, {}};
  int pings = 0;
  bool dead = false;
};

TEST(heartbeat, a_long_upload_over_a_slow_line_is_no_dead_link) {
  slow_line f;
  f.open();
  f.upload(16 << 20);
  for (int i = 0; i < 160; ++i) {
    f.second(100'000);
    ASSERT_FALSE(f.dead) << i;
  }
  EXPECT_TRUE(f.queue.ping_unsent());
  EXPECT_EQ(f.pings, 1);
  while (!f.queue.empty()) f.second(100'000);
  EXPECT_FALSE(f.dead) << "the ping has left just now";
  const time_point left = f.now;
  for (int i = 0; i < 100 && !f.dead; ++i) f.second(100'000);
  EXPECT_TRUE(f.dead) << "and was never answered";
  EXPECT_EQ(f.now - left, 10s);
}

TEST(heartbeat, an_upload_that_the_line_does_not_take_is_no_life) {
  slow_line f;
  f.open();
  f.upload(16 << 20);
  int seconds = 0;
  for (; !f.dead && seconds < 100; ++seconds) f.second(0);
  EXPECT_EQ(seconds, 40);
}

// A peer that is gone takes bytes for as long as buffers on the way have room.
TEST(heartbeat, what_is_written_behind_a_ping_is_no_life) {
  slow_line f;
  f.open();
  int seconds = 0;
  for (; !f.dead && seconds < 100; ++seconds) {
    f.upload(10'000);
    f.second(1 << 20);
  }
  EXPECT_LE(seconds, 42);
  EXPECT_EQ(f.pings, 1);
}

TEST(heartbeat, options_out_of_range_are_refused) {
  for (const hawser::duration wrong : {hawser::duration(0), hawser::duration(-1s),
                                       hawser::duration(24h) + 1ns, hawser::duration::max()}) {
    for (const auto& o : {heartbeat::options{.idle = wrong}, heartbeat::options{.pong = wrong}}) {
      EXPECT_EQ(words_of(heartbeat(o).validate()),
                "heartbeat: idle and pong must be above 0 and at most 24 h");
    }
  }
  using o = heartbeat::options;
  for (const auto& wrong :
       {o{.idle_min = 31s}, o{.idle_min = -1s}, o{.idle_max = 29s}, o{.idle_max = 25h}}) {
    EXPECT_EQ(words_of(heartbeat(wrong).validate()),
              "heartbeat: idle must be from idle_min to idle_max, and that at most 24 h");
  }
  for (const auto& wrong : {o{.ping = -1s}, o{.ping = 25h}, o{.grow_after = 0}}) {
    EXPECT_EQ(words_of(heartbeat(wrong).validate()),
              "heartbeat: ping must be from 0 to 24 h, grow_after at least 1");
  }
  EXPECT_TRUE(heartbeat().validate());
  EXPECT_TRUE(heartbeat({.idle = 24h, .pong = 1ns}).validate());
}

}  // namespace heartbeat_test

// Heartbeats over several links, and what they learn from them.
#include <hawser/core/recovery/jitter.hpp>

#include "support/heartbeat_link.hpp"

namespace heartbeat_links_test {

using namespace std::chrono_literals;
using hawser::effects;
using hawser::errc;
using hawser::heartbeat;
using hawser::time_point;
using fixture = hawser::test::heartbeat_link;

// A successor opened.
hawser::link_state successor_of(fixture& f) {
  const std::vector<hawser::header> none;
  hawser::link_state successor = f.link;
  successor.number = f.link.number + 1;
  successor.last_inbound = f.now;
  const hawser::link_state predecessor = std::exchange(f.link, successor);
  f.at([&](hawser::context& c) {
    f.plugins.open(
        c, {.link = successor.number, .subprotocol = {}, .headers = none, .successor = true});
  });
  f.link = predecessor;
  return successor;
}
void lose(fixture& f, std::uint64_t link, hawser::link_end by = hawser::link_end::peers,
          bool clean = false) {
  f.at([&](hawser::context& c) {
    f.plugins.drop(c, {.link = link, .error = errc::dropped, .by = by, .clean = clean});
  });
}

TEST(heartbeat, while_a_successor_opens_the_link_that_lives_is_watched) {
  fixture f;
  f.open();
  const time_point last = f.now;
  f.now += 20s;
  const auto successor = successor_of(f);
  EXPECT_EQ(f.plugins.next_wake(), last + 30s);
  lose(f, successor.number);
  EXPECT_EQ(f.plugins.next_wake(), last + 30s) << "a successor that fell changes nothing";
  f.ping();
  EXPECT_EQ(f.now, last + 30s);
  EXPECT_TRUE(f.dies());
}

TEST(heartbeat, the_successor_is_watched_once_it_has_taken_over) {
  fixture f;
  f.open();
  f.now += 29s;
  const auto successor = successor_of(f);
  f.ping();  // of the predecessor
  lose(f, f.link.number, hawser::link_end::ours, true);
  f.link = successor;
  EXPECT_TRUE(f.rests()) << "the ping of the predecessor is none of the successor's";
  EXPECT_EQ(f.plugins.next_wake(), successor.last_inbound + 30s);
  f.ping();
  EXPECT_TRUE(f.dies());
  EXPECT_EQ(f.now, successor.last_inbound + 40s);
  lose(f, successor.number);
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
}

TEST(heartbeat, a_successor_that_is_not_read_yet_is_not_judged) {
  for (const auto pong : {1s, 20s}) {
    fixture f({.idle = 1s, .pong = pong});
    f.open();
    const std::uint64_t predecessor = f.link.number;
    f.link = successor_of(f);
    f.link.successor = true;
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(f.rests());
    }
    lose(f, predecessor);
    f.link.successor = false;
    const time_point taken = f.now;
    ASSERT_TRUE(f.wake());
    EXPECT_EQ(f.kinds(), std::vector{effects::ping::name});
    for (int i = 0; i < 50 && !f.dies(); ++i) EXPECT_TRUE(f.done.empty());
    EXPECT_EQ(f.kinds(), std::vector{effects::fail::name});
    EXPECT_LE(f.now, taken + 1s + pong);
  }
}

TEST(heartbeat, the_end_of_one_that_was_not_read_yet_teaches_nothing) {
  fixture f({.idle = 60s, .pong = 10s, .idle_min = 10s});
  f.open();
  f.link = successor_of(f);
  f.link.successor = true;
  f.now += 50s;
  ASSERT_TRUE(f.wake());
  lose(f, f.link.number);
  EXPECT_EQ(f.idle(), 60s);
}

TEST(heartbeat, a_drop_of_the_predecessor_that_comes_late_is_none_of_the_successor) {
  fixture f;
  f.open();
  const std::uint64_t predecessor = f.link.number;
  f.link = successor_of(f);
  ASSERT_TRUE(f.wake());
  const time_point due = f.plugins.next_wake();
  lose(f, predecessor);
  EXPECT_EQ(f.plugins.next_wake(), due);
  f.receive(hawser::opcode::pong, {});
}

TEST(heartbeat, an_application_heartbeat_is_the_adapters) {
  for (const auto kind : {heartbeat::kind::application, heartbeat::kind::both}) {
    fixture f({.idle = 30s, .pong = 10s, .kind = kind});
    f.link.hooks = bit(hawser::hook::heartbeat);
    f.open();
    const time_point last = f.now;
    ASSERT_TRUE(f.wake());
    const auto beat = effects::heartbeat::name;
    EXPECT_EQ(f.kinds(), kind == heartbeat::kind::both ? (std::vector{effects::ping::name, beat})
                                                       : std::vector{beat});
    f.now += 5s;
    f.link.last_inbound = f.now;  // any byte is life
    EXPECT_TRUE(f.rests());
    ASSERT_TRUE(f.wake());
    EXPECT_TRUE(f.dies());
    EXPECT_EQ(f.now, last + 35s + 40s);
  }
}

TEST(heartbeat, without_an_adapter_that_sends_it_a_ping_is_sent) {
  fixture f({.kind = heartbeat::kind::application});
  hawser::test::line_sink lines(hawser::log_level::warn);
  f.sink = &lines;
  f.open();
  EXPECT_EQ(lines.lines, std::vector<std::string>{
                             "heartbeat: no plug-in lists on::heartbeat; sending pings instead"});
  f.ping();
}

TEST(heartbeat, pings_keep_their_distance) {
  fixture f({.idle = 5s, .pong = 10s, .ping = 20s});
  f.open();
  f.ping();
  const time_point first = f.now;
  f.now += 1s;
  f.link.last_inbound = f.now;
  EXPECT_TRUE(f.rests());
  f.ping();
  EXPECT_EQ(f.now, first + 20s);
}

constexpr heartbeat::options adaptive{
    .idle = 60s, .pong = 10s, .idle_min = 10s, .idle_max = 120s, .grow_after = 4};

// One ping that is answered.
void good_round(fixture& f) {
  f.ping();
  f.now += 100ms;
  f.link.last_inbound = f.now;
  ASSERT_TRUE(f.wake());
}

TEST(heartbeat, the_interval_grows_slowly_while_links_live) {
  fixture f(adaptive);
  f.open();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(f.idle(), 60s);
    good_round(f);
  }
  EXPECT_EQ(f.idle(), 67'500ms);
  const time_point last = f.link.last_inbound;
  f.ping();
  EXPECT_EQ(f.now, last + 67'500ms);
  f.link.last_inbound = f.now;
  ASSERT_TRUE(f.wake());
  for (int i = 0; i < 100; ++i) good_round(f);
  EXPECT_EQ(f.idle(), 120s);
}

TEST(heartbeat, the_interval_halves_when_a_link_died_silent) {
  fixture f(adaptive);
  f.open();
  f.ping();
  ASSERT_TRUE(f.dies());
  EXPECT_EQ(f.idle(), 30s);
  lose(f, f.link.number, hawser::link_end::ours);
  EXPECT_EQ(f.idle(), 30s) << "one death counts once";
  f.open();
  EXPECT_EQ(f.plugins.next_wake(), f.now + 30s) << "it lasts over links";
  f.now += 20s;  // a proxy ends it after 20 s of silence
  f.drop();
  EXPECT_EQ(f.idle(), 10s);
  f.open();
  f.now += 10s;
  f.drop();
  EXPECT_EQ(f.idle(), 10s) << "no less than idle_min";
}

TEST(heartbeat, other_ends_do_not_touch_the_interval) {
  fixture f(adaptive);
  f.open();
  f.now += 20s;  // too soon to be the silence's fault
  f.drop();
  f.open();
  f.now += 50s;
  lose(f, f.link.number, hawser::link_end::peers, true);
  f.open();
  f.now += 50s;
  lose(f, f.link.number, hawser::link_end::ours);
  EXPECT_EQ(f.idle(), 60s);
}

TEST(heartbeat, tells_how_it_is) {
  fixture f;
  const auto told = [&] { return f.told<heartbeat>(); };
  EXPECT_EQ(told(), "") << "it is no reason why there is no link";
  f.open();
  EXPECT_EQ(told(), "idle 30 s");
  const hawser::bytes payload = f.ping();
  f.now += 2s;
  EXPECT_EQ(told(), "idle 30 s, pinged 2.0 s ago");
  f.receive(hawser::opcode::pong, payload);
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(told(), "idle 30 s, round trip 2.0 s");
  f.ping();
  f.drop();
  EXPECT_EQ(told(), "round trip 2.0 s");
}

TEST(heartbeat, a_fixed_interval_stays_fixed) {
  fixture f;
  for (int i = 0; i < 3; ++i) {
    f.open();
    for (int n = 0; n < 100; ++n) good_round(f);
    f.ping();
    ASSERT_TRUE(f.wake());
    f.drop();
  }
  EXPECT_EQ(f.idle(), 30s);
}

// The bar: whatever came before, silence is noticed within idle + pong of the last byte.
TEST(heartbeat, a_half_open_link_is_noticed_within_idle_and_pong_whatever_came_before) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    hawser::jitter random(seed);
    heartbeat::options o{.idle = 1s + random.up_to(60s), .pong = 1ms + random.up_to(60s)};
    if (seed % 2 == 0) {
      o.idle_min = o.idle / 4;
      o.idle_max = o.idle * 4;
      o.grow_after = 1;
    }
    o.kind = static_cast<heartbeat::kind>(seed % 3);
    fixture f(o);
    f.link.hooks = bit(hawser::hook::heartbeat);
    f.open();
    const auto bytes = random.draw() % 50;
    for (std::uint64_t i = 0; i < bytes; ++i) {
      // Life, before it is too late: at once, after the ping, or anywhere between.
      const time_point next = f.now + random.up_to(o.idle + o.pong) / (1 + random.draw() % 8);
      bool dead = false;
      while (!dead && f.plugins.next_wake() <= next) {
        f.wake();
        for (const auto& e : f.done.list()) dead = dead || std::holds_alternative<effects::fail>(e);
      }
      if (dead) {
        lose(f, f.link.number, hawser::link_end::ours);
        f.now = next;
        f.open();
      }
      f.now = std::max(f.now, next);
      f.link.last_inbound = f.now;
    }
    const hawser::duration idle = f.idle();
    const hawser::duration most = std::max(idle, o.grow_after == 1 ? idle * 9 / 8 : idle);
    const time_point last = f.link.last_inbound;
    while (f.kinds() != std::vector{effects::fail::name}) {
      ASSERT_TRUE(f.wake()) << seed;
      ASSERT_LE(f.now, last + std::min(most, std::max(o.idle, o.idle_max)) + o.pong) << seed;
    }
    ASSERT_GE(f.now, last + o.pong) << seed;
  }
}

}  // namespace heartbeat_links_test

// For whom a heartbeat is: who hears nothing, who is not heard, both, or whoever counts.
#include "support/frames.hpp"
#include "support/heartbeat_link.hpp"
#include "support/words.hpp"

#include <vector>

namespace heartbeat_mode_test {

using namespace std::chrono_literals;
using hawser::duration;
using hawser::effects;
using hawser::errc;
using hawser::heartbeat;
using hawser::opcode;
using hawser::time_point;
using mode = heartbeat::mode;
using kind = heartbeat::kind;

// A link in virtual time: who says something every so often, and what the heartbeat does.
struct life : hawser::test::heartbeat_link {
  explicit life(heartbeat::options o) : heartbeat_link(o) {
    link.hooks = bit(hawser::hook::heartbeat);
    open();
    began = now;
    link.last_outbound = now;
  }

  // Every `d` from now on; zero: never.
  duration peer_talks = 0s;
  duration we_talk = 0s;
  duration we_pong = 0s;
  bool answers = true;

  void run(duration d) {
    for (const time_point end = now + d; now < end && !dead;) {
      now += 1s;
      if (due(peer_talks)) link.last_inbound = now;
      if (due(we_talk)) say(opcode::text);
      if (due(we_pong)) say(opcode::pong);
      while (!dead && plugins.next_wake() <= now) tick();
    }
  }
  // When it beat, in seconds since the link opened.
  std::vector<int> beats;
  bool dead = false;
  time_point began;

 private:
  bool due(duration every) const { return every != 0s && (now - began) % every == 0s; }
  void say(opcode op) {
    link.last_outbound = now;
    at([&](hawser::context& c) { plugins.frame(c, {.outbound = true, .op = op}); });
  }
  void tick() {
    wake();
    bool beat = false;
    bool pinged = false;
    bool asked = false;
    for (const auto& e : done.list()) {
      dead = dead || std::holds_alternative<effects::fail>(e);
      pinged = pinged || std::holds_alternative<effects::ping>(e);
      asked = asked || std::holds_alternative<effects::heartbeat>(e);
      beat = pinged || asked;
    }
    if (!beat) return;
    beats.push_back(static_cast<int>((now - began) / 1s));
    if (pinged) say(opcode::ping);
    if (asked) say(opcode::text);
    if (answers) link.last_inbound = now;
  }
};

TEST(heartbeat_mode, a_peer_that_only_sends) {
  for (const auto& [m, expected] :
       std::vector<std::pair<mode, std::vector<int>>>{{mode::inbound, {}},
                                                      {mode::outbound, {30, 60, 90}},
                                                      {mode::either, {30, 60, 90}},
                                                      {mode::fixed, {30, 60, 90}}}) {
    life l({.mode = m});
    l.peer_talks = 1s;
    l.run(100s);
    EXPECT_EQ(l.beats, expected) << static_cast<int>(m);
    EXPECT_FALSE(l.dead);
  }
}

TEST(heartbeat_mode, a_client_that_only_sends) {
  for (const auto& [m, expected] :
       std::vector<std::pair<mode, std::vector<int>>>{{mode::inbound, {30, 60, 90}},
                                                      {mode::outbound, {}},
                                                      {mode::either, {30, 60, 90}},
                                                      {mode::fixed, {30, 60, 90}}}) {
    life l({.mode = m});
    l.we_talk = 1s;
    l.run(100s);
    EXPECT_EQ(l.beats, expected) << static_cast<int>(m);
    EXPECT_FALSE(l.dead);
  }
}

TEST(heartbeat_mode, a_link_where_nobody_speaks_and_one_where_both_do) {
  for (const mode m : {mode::inbound, mode::outbound, mode::either, mode::fixed}) {
    life quiet({.mode = m});
    quiet.run(100s);
    EXPECT_EQ(quiet.beats, (std::vector{30, 60, 90})) << static_cast<int>(m);
    life busy({.mode = m});
    busy.peer_talks = busy.we_talk = 7s;
    busy.run(100s);
    EXPECT_EQ(busy.beats, m == mode::fixed ? (std::vector{30, 60, 90}) : std::vector<int>{});
  }
}

TEST(heartbeat_mode, counts_from_what_went_out_last) {
  life l({.mode = mode::outbound});
  l.peer_talks = 1s;
  l.we_talk = 40s;  // 40, 80, 120: each postpones the next beat
  l.run(130s);
  EXPECT_EQ(l.beats, (std::vector{30, 70, 110}));
}

// MQTT and its like: the server sees messages, not what WebSocket does below them.
TEST(heartbeat_mode, of_the_application_counts_messages_alone) {
  for (const kind k : {kind::application, kind::both}) {
    life l({.kind = k, .mode = mode::outbound});
    l.peer_talks = 1s;
    l.we_pong = 5s;
    l.run(100s);
    EXPECT_EQ(l.beats, (std::vector{30, 60, 90}));
    life heard({.kind = k, .mode = mode::outbound});
    heard.we_talk = 5s;
    heard.run(100s);
    EXPECT_EQ(heard.beats, std::vector<int>{});
  }
  life frames({.kind = kind::ping, .mode = mode::outbound});
  frames.we_pong = 5s;
  frames.run(100s);
  EXPECT_EQ(frames.beats, std::vector<int>{}) << "whoever counts bytes has heard them";
}

TEST(heartbeat_mode, without_an_adapter_that_beats_every_byte_counts) {
  life l({.kind = kind::application, .mode = mode::outbound});
  l.link.hooks = 0;
  l.we_pong = 5s;
  l.run(100s);
  EXPECT_EQ(l.beats, std::vector<int>{});
  l.we_pong = 0s;
  l.run(60s);
  EXPECT_EQ(l.beats.size(), 2u);
}

TEST(heartbeat_mode, goes_on_beating_while_the_answer_takes_its_time) {
  for (const mode m : {mode::outbound, mode::either, mode::fixed}) {
    life l({.idle = 5s, .pong = 20s, .mode = m});
    l.answers = false;
    l.run(24s);
    EXPECT_EQ(l.beats, (std::vector{5, 10, 15, 20})) << static_cast<int>(m);
    EXPECT_FALSE(l.dead);
    l.run(100s);
    EXPECT_TRUE(l.dead);
    EXPECT_EQ(l.now, l.began + 25s) << "pong counts from the first that nothing answered";
  }
}

TEST(heartbeat_mode, a_half_open_link_is_noticed_while_we_speak_unless_we_count_ourselves_alone) {
  for (const mode m : {mode::inbound, mode::either, mode::fixed}) {
    life l({.mode = m});
    l.we_talk = 1s;
    l.answers = false;
    l.run(100s);
    EXPECT_TRUE(l.dead);
    EXPECT_EQ(l.now, l.began + 40s) << static_cast<int>(m);
  }
  life l({.mode = mode::outbound});
  l.we_talk = 1s;
  l.answers = false;
  l.run(100s);
  EXPECT_FALSE(l.dead) << "as the documentation says";
}

TEST(heartbeat_mode, the_least_between_two_pings_holds_in_each_mode) {
  for (const mode m : {mode::outbound, mode::either, mode::fixed}) {
    life l({.idle = 10s, .ping = 10s, .mode = m});
    l.run(35s);
    EXPECT_EQ(l.beats, (std::vector{10, 20, 30}));
  }
  life l({.idle = 10s, .ping = 25s});
  l.run(80s);
  EXPECT_EQ(l.beats, (std::vector{10, 35, 60}));
}

TEST(heartbeat_mode, a_new_link_begins_afresh) {
  for (const mode m : {mode::inbound, mode::outbound, mode::either, mode::fixed}) {
    life l({.mode = m});
    l.run(50s);
    l.drop();
    l.now += 1h;
    l.open();
    l.began = l.link.last_outbound = l.now;
    l.beats.clear();
    l.run(70s);
    EXPECT_EQ(l.beats, (std::vector{30, 60})) << static_cast<int>(m);
  }
}

// A successor that logged in and then waited for its turn is late already when that comes.
void succeed(life& l, bool predecessor_ends_first) {
  const std::vector<hawser::header> none;
  const hawser::link_state predecessor = l.link;
  l.link.number = predecessor.number + 1;
  const time_point said = l.now;
  l.at([&](hawser::context& c) {
    l.plugins.open(
        c, {.link = c.link().number, .subprotocol = {}, .headers = none, .successor = true});
    l.plugins.frame(c, {.outbound = true, .op = opcode::text});
  });
  const hawser::link_state successor = std::exchange(l.link, predecessor);
  l.now += 15s;
  if (predecessor_ends_first) {
    l.at([&](hawser::context& c) {
      l.plugins.drop(c, {.link = predecessor.number,
                         .error = errc::closed,
                         .by = hawser::link_end::ours,
                         .clean = true,
                         .replaced = true});
    });
  }
  l.link = successor;
  l.link.last_outbound = said;
  l.link.last_inbound = l.now;
}

TEST(heartbeat_mode, a_successor_counts_from_its_own_last_word) {
  for (const kind k : {kind::ping, kind::application}) {
    for (const bool predecessor_ends_first : {true, false}) {
      life l({.kind = k, .mode = mode::outbound});
      l.run(10s);
      succeed(l, predecessor_ends_first);
      l.run(20s);
      EXPECT_EQ(l.beats, std::vector{10 + 30});
    }
  }
}

// The interval that adapts learns from silence; a link that talks says nothing about it.
TEST(heartbeat_mode, only_an_answer_after_silence_lets_the_interval_grow) {
  const heartbeat::options adaptive{
      .idle = 30s, .idle_max = 300s, .grow_after = 2, .mode = mode::fixed};
  life talks(adaptive);
  talks.peer_talks = 1s;
  talks.run(1000s);
  EXPECT_EQ(talks.idle(), 30s);
  life silent(adaptive);
  silent.run(1000s);
  EXPECT_GT(silent.idle(), 30s);
}

// A ping that waits behind an upload is not joined by more.
TEST(heartbeat_mode, a_ping_that_waits_for_the_line_is_not_repeated) {
  for (const mode m : {mode::outbound, mode::either, mode::fixed}) {
    hawser::test::scripted_entropy entropy;
    hawser::mask_source masks{entropy};
    hawser::send_queue queue{hawser::role::client, masks, {}};
    life l({.idle = 5s, .pong = 60s, .mode = m});
    l.link.queue = &queue;
    ASSERT_TRUE(queue.push(hawser::lane::bulk, opcode::binary, hawser::buffer(1 << 20)));
    (void)queue.gather();
    l.answers = false;
    for (int i = 0; i < 8; ++i) {
      l.run(5s);
      if (i == 0) queue.control(opcode::ping, {});
    }
    EXPECT_EQ(l.beats.size(), 1u) << static_cast<int>(m);
  }
}

TEST(heartbeat_mode, options_that_contradict_themselves_are_refused) {
  for (const mode m : {mode::outbound, mode::either, mode::fixed}) {
    EXPECT_EQ(words_of(heartbeat({.ping = 31s, .mode = m}).validate()),
              "heartbeat: ping must be at most idle and idle_min, or the peer hears too little");
    EXPECT_FALSE(heartbeat({.ping = 20s, .idle_min = 10s, .mode = m}).validate());
    EXPECT_TRUE(heartbeat({.ping = 30s, .mode = m}).validate());
  }
  EXPECT_TRUE(heartbeat({.ping = 31s}).validate());
  EXPECT_EQ(words_of(heartbeat({.mode = static_cast<mode>(4)}).validate()),
            "heartbeat: kind and mode must be one of theirs");
  EXPECT_FALSE(heartbeat({.kind = static_cast<kind>(3)}).validate());
}

}  // namespace heartbeat_mode_test

#include <hawser/core/ws/delivery_tracker.hpp>
#include <hawser/core/ws/session.hpp>

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace delivery_tracker_test {

using hawser::delivery;
using hawser::delivery_tracker;
using hawser::errc;
using hawser::lane;

struct told {
  std::uint64_t id;
  delivery f;
  bool operator==(const told&) const = default;
};
std::vector<told> all(delivery_tracker& t) {
  std::vector<told> v;
  while (const auto s = t.next()) v.push_back({s->id, s->delivery});
  return v;
}

TEST(delivery_tracker, a_message_ends_when_its_last_byte_is_written) {
  delivery_tracker t(10);
  t.taken(2, lane::bulk);
  t.taken(1, lane::control);
  t.framed(2, 100);
  t.framed(1, 150);
  t.written(99);
  EXPECT_FALSE(t.waiting());
  t.written(100);
  EXPECT_EQ(all(t), (std::vector<told>{{2, delivery::maybe_sent}}));
  t.written(1000);
  const auto s = t.next();
  ASSERT_TRUE(s);
  EXPECT_EQ(s->id, 1u);
  EXPECT_EQ(s->lane, lane::control);
  EXPECT_FALSE(s->error);
  EXPECT_EQ(t.alive(), 0u);
}

TEST(delivery_tracker, an_awaited_message_ends_with_its_acknowledgment) {
  delivery_tracker t(10);
  t.taken(1, lane::bulk);
  EXPECT_TRUE(t.await_ack(1));
  EXPECT_TRUE(t.await_ack(1));  // twice is once
  EXPECT_EQ(t.unacknowledged(), 1u);
  t.framed(1, 10);
  t.written(10);
  EXPECT_FALSE(t.waiting());
  t.acked(1);
  t.acked(1);
  EXPECT_EQ(all(t), (std::vector<told>{{1, delivery::acked}}));
  EXPECT_EQ(t.unacknowledged(), 0u);
}

TEST(delivery_tracker, an_acknowledgment_may_overtake_the_write) {
  delivery_tracker t(10);
  t.taken(1, lane::bulk);
  t.framed(1, 10);
  t.acked(1);
  t.written(10);
  t.drop(errc::dropped);
  EXPECT_EQ(all(t), (std::vector<told>{{1, delivery::acked}}));
}

TEST(delivery_tracker, a_drop_tells_what_was_framed_from_what_was_not) {
  delivery_tracker t(10);
  for (std::uint64_t id = 1; id <= 5; ++id) t.taken(id, lane::bulk);
  EXPECT_TRUE(t.await_ack(5));
  t.framed(5, 10);
  t.framed(4, 20);
  t.written(15);
  t.refused(3, errc::queue_full);
  t.forget(2);
  t.drop(errc::dropped);
  EXPECT_EQ(all(t), (std::vector<told>{{3, delivery::never_sent},
                                       {1, delivery::never_sent},
                                       {4, delivery::maybe_sent},
                                       {5, delivery::maybe_sent}}));
  t.written(100);
  EXPECT_FALSE(t.waiting());
}

TEST(delivery_tracker, what_has_ended_is_not_awaited) {
  delivery_tracker t(10);
  t.taken(1, lane::bulk);
  t.framed(1, 10);
  t.written(10);
  EXPECT_TRUE(t.await_ack(1));
  EXPECT_TRUE(t.await_ack(0));
  t.acked(0);
  t.drop(errc::dropped);
  EXPECT_EQ(all(t).size(), 1u);
}

TEST(delivery_tracker, one_too_many_awaited_is_refused) {
  delivery_tracker t(2);
  for (std::uint64_t id = 1; id <= 3; ++id) t.taken(id, lane::bulk);
  EXPECT_TRUE(t.await_ack(1));
  EXPECT_TRUE(t.await_ack(2));
  EXPECT_FALSE(t.await_ack(3));
  t.acked(1);
  EXPECT_TRUE(t.await_ack(3));
}

struct constant_entropy : hawser::entropy {
  void fill(std::span<std::byte> out) override {
    for (auto& b : out) b = std::byte{0x5A};
  }
};

// A session under random sends, writes, acknowledgments and ends.
struct random_session {
  explicit random_session(unsigned seed) : random(seed) { s.track(&t); }

  void send() {
    t.taken(++last, lane::bulk);
    ends[last] = 0;
    const auto l = static_cast<lane>(random() % hawser::lane_count);
    hawser::buffer b(hawser::bytes(random() % 3 == 0 ? 20000 : random() % 200));
    const bool copied = random() % 2 == 0;
    const auto r = copied ? s.send(l, hawser::opcode::binary, b.view(), last)
                          : s.send(l, hawser::opcode::binary, std::move(b), last);
    if (!r) t.refused(last, r.error());
  }
  void write() {
    std::size_t n = 0;
    for (const auto& span : s.output()) n += span.size();
    if (n != 0) s.consume(1 + random() % n);
  }
  void step() {
    const std::uint64_t id = last == 0 ? 0 : 1 + random() % last;
    const auto dice = random() % 80;
    if (dice < 40) return send();
    if (dice < 60) return write();
    if (dice < 70) return (void)t.await_ack(id);
    if (dice < 71) s.close(hawser::close_code::normal, {});
    if (dice == 71 && random() % 3 == 0) s.fail(hawser::close_code::normal, {});
    t.acked(id);
  }
  std::size_t read() {
    std::size_t never = 0;
    while (const auto e = t.next()) {
      ++ends[e->id];
      never += e->delivery == delivery::never_sent;
    }
    return never;
  }

  std::mt19937 random;
  constant_entropy source;
  hawser::session s{hawser::role::client, {}, source};
  delivery_tracker t{1000};
  std::map<std::uint64_t, int> ends;
  std::uint64_t last = 0;
};

TEST(delivery_tracker, every_message_of_a_session_ends_exactly_once) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    random_session r(seed);
    for (auto steps = r.random() % 200; steps != 0; --steps) {
      r.step();
      if (r.random() % 2 == 0) r.read();
    }
    r.read();
    r.t.drop(errc::dropped);
    // Some of those that were not sent may have been acknowledged out of the blue.
    EXPECT_LE(r.read(), r.s.queue().unsent());
    for (const auto& [id, n] : r.ends) ASSERT_EQ(n, 1) << "seed " << seed << " id " << id;
    EXPECT_EQ(r.t.alive(), 0u);
    EXPECT_EQ(r.t.unacknowledged(), 0u);
  }
}

}  // namespace delivery_tracker_test

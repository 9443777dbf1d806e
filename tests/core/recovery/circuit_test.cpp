#include <hawser/core/recovery/circuit.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace circuit_test {

using namespace std::chrono_literals;
using hawser::circuit;
using hawser::duration;
using hawser::jitter;
using hawser::never;
using hawser::time_point;
using kind = hawser::circuit::kind;

constexpr time_point start{1000s};

// Clients of one circuit, each asked and told what became of its attempts.
struct fixture {
  explicit fixture(unsigned clients, std::uint64_t seed = 1) : seats(clients), random(seed) {}

  circuit::answer ask(std::size_t i) { return c.ask(seats[i], now, settings, random); }
  bool fail(std::size_t i) { return c.failed(seats[i], now, settings, random); }
  bool reach(std::size_t i) { return c.reached(seats[i], now); }
  // One after the other dials and fails.
  void miss(unsigned times) {
    for (unsigned n = 0; n < times; ++n) {
      const std::size_t i = n % seats.size();
      EXPECT_TRUE(ask(i).go) << n;
      fail(i);
    }
  }
  // It is open, since `now`.
  void opened() {
    miss(10);
    EXPECT_EQ(c.state(), kind::open);
  }
  // The first client's probe is out.
  void probing() {
    opened();
    now = c.until();
    EXPECT_TRUE(ask(0).probe);
  }

  circuit c;
  circuit::settings settings;
  std::vector<circuit::seat> seats;
  jitter random;
  time_point now = start;
};

TEST(circuit, ten_failures_of_several_clients_open_it) {
  fixture f(2);
  for (unsigned n = 1; n <= 10; ++n) {
    EXPECT_EQ(f.c.state(), kind::closed) << n;
    EXPECT_EQ(f.c.until(), never);
    EXPECT_TRUE(f.ask(n % 2).go);
    EXPECT_EQ(f.fail(n % 2), n == 10) << "told once";
    EXPECT_EQ(f.c.failures(), n);
  }
  EXPECT_EQ(f.c.state(), kind::open);
  EXPECT_EQ(f.c.waiting(), 2u);
  EXPECT_GE(f.c.until(), f.now + 500ms);
  EXPECT_LE(f.c.until(), f.now + 1s);
}

TEST(circuit, one_client_alone_never_opens_it) {
  fixture f(1);
  f.miss(1000);
  EXPECT_EQ(f.c.state(), kind::closed);
  EXPECT_EQ(f.c.down_since(), start);
}

TEST(circuit, failures_above_ten_seconds_apart_do_not_count_together) {
  fixture f(2);
  for (std::size_t i = 0; i < 100; ++i, f.now += 1200ms) {
    EXPECT_TRUE(f.ask(i % 2).go);
    f.fail(i % 2);
  }
  EXPECT_EQ(f.c.state(), kind::closed);
  EXPECT_EQ(f.c.failures(), 9u);
  f.now += 24h;
  f.miss(9);
  EXPECT_EQ(f.c.failures(), 9u);
}

TEST(circuit, less_than_half_of_the_attempts_do_not_open_it) {
  for (const unsigned good : {10U, 11U}) {
    fixture f(4);
    for (unsigned i = 0; i < good; ++i) {
      EXPECT_TRUE(f.ask(3).go);
      EXPECT_FALSE(f.reach(3));
    }
    f.miss(10);
    EXPECT_EQ(f.c.state(), good == 10 ? kind::open : kind::closed);
    EXPECT_EQ(f.c.attempts(), good + 10);
  }
}

// A fleet that had just connected when its server went away.
TEST(circuit, a_link_that_is_gone_again_is_no_success) {
  fixture f(100);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_TRUE(f.ask(i).go);
    EXPECT_FALSE(f.reach(i));
    f.c.leaves(f.seats[i]);
  }
  f.now += 5s;
  for (std::size_t i = 0; i < 80; ++i) f.c.wants(f.seats[i]);
  f.miss(10);
  EXPECT_EQ(f.c.state(), kind::closed) << "ten of thirty";
  f.miss(10);
  EXPECT_EQ(f.c.state(), kind::open);
  EXPECT_EQ(f.c.attempts(), 40u);
}

TEST(circuit, a_link_that_came_up_before_the_last_outage_or_long_ago_takes_no_others_success) {
  fixture f(20);
  EXPECT_TRUE(f.ask(19).go);
  f.reach(19);
  f.c.leaves(f.seats[19]);
  f.opened();
  f.now = f.c.until();
  EXPECT_TRUE(f.ask(0).probe);
  EXPECT_TRUE(f.reach(0));
  f.now = start + 10s;  // The same bucket.
  for (std::size_t i = 10; i < 15; ++i) {
    EXPECT_TRUE(f.ask(i).go);
    f.reach(i);
  }
  EXPECT_EQ(f.c.attempts(), 5u);
  f.c.wants(f.seats[19]);
  EXPECT_TRUE(f.ask(15).go);
  f.reach(15);
  EXPECT_EQ(f.c.attempts(), 6u);
  f.c.leaves(f.seats[15]);
  f.now += 20s;
  f.c.wants(f.seats[15]);
  EXPECT_TRUE(f.ask(16).go);
  f.reach(16);
  EXPECT_EQ(f.c.attempts(), 1u);
}

TEST(circuit, open_it_is_asked_by_one_probe_at_a_time) {
  fixture f(3);
  f.opened();
  EXPECT_EQ(f.ask(0).until, f.c.until()) << "who asks first comes for the probe";
  for (const std::size_t i : {1U, 2U}) {
    EXPECT_FALSE(f.ask(i).go);
    EXPECT_GE(f.ask(i).until, f.c.until());
    EXPECT_LE(f.ask(i).until, f.c.until() + 1s);
  }
  f.now = f.c.until();
  const auto probe = f.ask(1);
  EXPECT_TRUE(probe.go && probe.probe) << "whoever asks first then has it";
  EXPECT_EQ(f.c.state(), kind::half_open);
  EXPECT_EQ(f.c.until(), f.now + 120s);
  EXPECT_FALSE(f.ask(0).go);
  EXPECT_TRUE(f.ask(1).probe) << "a plug-in behind it let the probe wait";
  EXPECT_FALSE(f.fail(1));
  EXPECT_EQ(f.c.state(), kind::open);
  EXPECT_GT(f.c.until(), f.now);
}

// U(1/2, 1) x min(12 s, max(1 s, a quarter of the time down)).
TEST(circuit, pauses_grow_with_the_time_down) {
  duration least[5];
  duration most[5];
  constexpr duration down[] = {0s, 4s, 20s, 48s, 1h};
  constexpr duration pause[] = {1s, 1s, 5s, 12s, 12s};
  for (std::size_t k = 0; k < 5; ++k) {
    least[k] = 1h, most[k] = 0s;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
      fixture f(2, seed);
      f.probing();
      f.c.failed(f.seats[0], f.now, f.settings, f.random);
      f.now = start + down[k];
      if (f.now >= f.c.until()) {
        EXPECT_TRUE(f.ask(0).probe);
        f.fail(0);
        least[k] = std::min(least[k], f.c.until() - f.now);
        most[k] = std::max(most[k], f.c.until() - f.now);
      }
    }
    if (k == 0) continue;
    EXPECT_GE(least[k], pause[k] / 2) << k;
    EXPECT_LE(most[k], pause[k]) << k;
    EXPECT_LT(least[k], pause[k] * 6 / 10) << k;
    EXPECT_GT(most[k], pause[k] * 9 / 10) << k;
  }
}

// A probe that met silence has shown nothing of the minute that it took.
TEST(circuit, what_a_probe_took_does_not_make_the_next_pause_longer) {
  fixture f(2);
  f.probing();
  f.now += 60s;
  f.fail(0);
  EXPECT_LE(f.c.until(), f.now + 1s);
}

TEST(circuit, success_closes_it_and_those_who_wait_come_evenly) {
  fixture f(101);
  f.opened();
  for (std::size_t i = 0; i < 101; ++i) (void)f.ask(i);
  EXPECT_EQ(f.c.spread(), 4040ms);
  f.now = f.c.until();
  EXPECT_TRUE(f.ask(0).probe);
  EXPECT_TRUE(f.reach(0));
  f.c.leaves(f.seats[0]);
  EXPECT_EQ(f.c.state(), kind::closed);
  EXPECT_EQ(f.c.until(), never);
  EXPECT_EQ(f.c.waiting(), 100u);
  const time_point back = f.now;
  unsigned quarter[4] = {};
  for (std::size_t i = 1; i < 101; ++i) {
    const auto slot = f.ask(i);
    EXPECT_FALSE(slot.go);
    ASSERT_LE(slot.until, back + 4s);
    ++quarter[std::min<std::size_t>(3, static_cast<std::size_t>((slot.until - back) / 1s))];
    f.now = slot.until;
    EXPECT_TRUE(f.ask(i).go) << "once";
    f.now = back;
  }
  for (const unsigned n : quarter) EXPECT_NEAR(n, 25, 15);
  EXPECT_TRUE(f.ask(0).go) << "who did not wait comes when it wants";
}

TEST(circuit, the_spread_is_from_one_to_thirteen_seconds) {
  for (const auto& [clients, spread] :
       {std::pair<unsigned, duration>{1, 1s}, {25, 1s}, {50, 2s}, {325, 13s}, {10'000, 13s}}) {
    fixture f(clients);
    for (auto& s : f.seats) f.c.wants(s);
    EXPECT_EQ(f.c.spread(), spread) << clients;
  }
}

// A client that waits while a probe takes its time looks once each spread: that is its slot.
TEST(circuit, who_waits_for_a_long_probe_needs_no_other_slot) {
  fixture f(3);
  f.probing();
  f.now += 10ms;
  const auto first = f.ask(1);
  EXPECT_LE(first.until, f.now + 1s);
  f.now = first.until;
  const auto second = f.ask(1);
  EXPECT_EQ(second.until, f.now + 1s) << "at the same moment of each second";
  f.reach(0);
  f.now = second.until;
  EXPECT_TRUE(f.ask(1).go);
}

TEST(circuit, reports_of_attempts_that_began_before_it_closed_change_nothing) {
  fixture f(30);
  for (std::size_t i = 10; i < 30; ++i) EXPECT_TRUE(f.ask(i).go);
  f.opened();
  f.now = f.c.until();
  EXPECT_TRUE(f.ask(0).probe);
  EXPECT_FALSE(f.fail(10)) << "it is not the probe";
  EXPECT_EQ(f.c.state(), kind::half_open);
  EXPECT_TRUE(f.reach(0));
  for (std::size_t i = 11; i < 30; ++i) EXPECT_FALSE(f.fail(i));
  EXPECT_EQ(f.c.state(), kind::closed);
  EXPECT_EQ(f.c.failures(), 0u);
}

// An attempt that began before the circuit opened is as good a proof as the probe.
TEST(circuit, any_success_closes_it) {
  fixture f(11);
  EXPECT_TRUE(f.ask(10).go);
  f.opened();
  EXPECT_TRUE(f.reach(10));
  EXPECT_EQ(f.c.state(), kind::closed);
}

TEST(circuit, if_half_of_the_first_ten_fail_it_opens_again_as_if_it_had_not_closed) {
  for (const unsigned good : {5U, 6U}) {
    fixture f(20);
    f.probing();
    f.now = start + 40s;
    EXPECT_TRUE(f.reach(0));
    f.now += 5s;
    for (std::size_t i = 1; i <= 10; ++i) f.ask(i);
    f.now += 10ms;
    for (std::size_t i = 1; i <= 10; ++i) EXPECT_TRUE(f.ask(i).go);
    for (std::size_t i = 1; i <= good; ++i) f.reach(i);
    bool opened = false;
    for (std::size_t i = good + 1; i <= 10; ++i) opened |= f.fail(i);
    EXPECT_EQ(opened, good == 5) << good;
    if (!opened) continue;
    EXPECT_EQ(f.c.down_since(), start);
    EXPECT_GE(f.c.until(), f.now + 5s) << "a quarter of 45 s, and half of that";
  }
}

TEST(circuit, after_the_trial_an_outage_is_a_new_one) {
  fixture f(20);
  f.probing();
  EXPECT_TRUE(f.reach(0));
  f.now += 1min;
  f.miss(5);
  EXPECT_EQ(f.c.state(), kind::closed) << "half of ten were enough in the trial";
  f.miss(5);
  EXPECT_EQ(f.c.state(), kind::open);
  EXPECT_EQ(f.c.down_since(), f.now);
}

TEST(circuit, a_probe_that_says_nothing_goes_to_the_next_who_asks) {
  for (const bool gone : {false, true}) {
    fixture f(2);
    f.probing();
    gone ? f.c.leaves(f.seats[0]) : f.c.returned(f.seats[0]);
    EXPECT_EQ(f.c.waiting(), gone ? 1u : 2u);
    EXPECT_TRUE(f.ask(1).probe);
    f.c.returned(f.seats[0]);
    EXPECT_EQ(f.c.state(), kind::half_open) << "it is not its own any more";
  }
}

TEST(circuit, who_was_to_probe_and_is_gone_is_not_waited_for) {
  fixture f(3);
  f.opened();
  EXPECT_EQ(f.ask(0).until, f.c.until());
  f.c.leaves(f.seats[0]);
  EXPECT_EQ(f.ask(1).until, f.c.until());
}

TEST(circuit, a_probe_that_never_reports_runs_out) {
  fixture f(2);
  f.probing();
  f.now += 120s - 1ns;
  EXPECT_FALSE(f.ask(1).go);
  f.now += 1ns;
  EXPECT_TRUE(f.ask(1).probe);
  EXPECT_FALSE(f.fail(0)) << "too late";
  EXPECT_EQ(f.c.state(), kind::half_open);
}

TEST(circuit, an_endpoint_that_asks_for_a_pause_gets_it_from_all) {
  fixture f(3);
  f.c.postpone(f.now + 40s, f.now);
  EXPECT_TRUE(f.ask(2).go) << "one who was told does not stop the others";
  f.opened();
  EXPECT_EQ(f.c.until(), f.now + 40s);
  f.now += 40s;
  EXPECT_TRUE(f.ask(0).probe);
  f.c.postpone(f.now + 1min, f.now);
  f.fail(0);
  EXPECT_EQ(f.c.until(), f.now + 1min);
  f.now += 1min;
  EXPECT_TRUE(f.ask(1).probe);
  f.reach(1);
  f.now += 1min;
  f.miss(10);
  EXPECT_LE(f.c.until(), f.now + 1s) << "a success has ended it";
}

// One client's rate limit of an hour must not become an outage for all others.
TEST(circuit, a_pause_that_was_asked_for_long_before_the_outage_is_not_about_it) {
  fixture f(3);
  f.c.postpone(f.now + 1h, f.now);
  f.now += 11s;
  f.opened();
  EXPECT_LE(f.c.until(), f.now + 1s);
}

}  // namespace circuit_test

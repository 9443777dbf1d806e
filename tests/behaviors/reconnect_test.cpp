#include <hawser/behaviors/reconnect.hpp>

#include "support/reconnect_link.hpp"
#include "support/words.hpp"

#include <gtest/gtest.h>

namespace reconnect_test {

using namespace std::chrono_literals;
using hawser::admission;
using hawser::duration;
using hawser::errc;
using hawser::failure;
using hawser::framing_errc;
using hawser::phase;
using hawser::reaction;
using hawser::reconnect;

static_assert(hawser::plugin<reconnect>);

using fixture = hawser::test::reconnect_link;
using hawser::test::asked;

// The longest delay of those in a row, of 300 clients whose server has been down for `down`.
std::vector<duration> longest(reconnect::options o, duration down, unsigned row) {
  std::vector<duration> most(row);
  for (o.seed = 1; o.seed <= 300; ++o.seed) {
    fixture f(o);
    f.miss();
    f.now += down;
    for (duration& d : most) d = std::max(d, f.miss());
  }
  return most;
}

TEST(reconnect, delays_grow_from_base_to_cap) {
  const auto most = longest({}, 1h, 7);
  for (unsigned n = 0; n < 7; ++n) {
    const duration ceiling = std::min<duration>(30s, 2s * (1 << n));
    EXPECT_LE(most[n], ceiling) << n;
    EXPECT_GT(most[n], ceiling * 9 / 10) << n;
  }
}

// A tenth is left for the attempt itself.
TEST(reconnect, none_is_longer_than_half_of_the_time_down) {
  for (const auto& [down, bound] : {std::pair<duration, duration>{0s, 1800ms},
                                    {4s, 1800ms},
                                    {20s, 9s},
                                    {60s, 27s},
                                    {90s, 30s}}) {
    const duration most = longest({}, down, 7).back();
    EXPECT_LE(most, bound) << down.count();
    EXPECT_GT(most, bound * 9 / 10) << down.count();
  }
}

TEST(reconnect, a_base_above_that_is_what_was_asked_for) {
  EXPECT_GT(longest({.base = 10s}, 0s, 7).back(), 9s);
  EXPECT_LE(longest({.base = 10s}, 0s, 7).back(), 10s);
}

// What met silence has shown that the server was down when it began, no longer.
TEST(reconnect, the_time_that_an_attempt_took_does_not_make_the_next_delay_longer) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    fixture f({.seed = seed});
    for (int i = 0; i < 6; ++i) (void)f.miss();
    (void)f.dial();
    f.now += 60s;
    ASSERT_LE(f.fail_dial(errc::connect_timeout).after(), 1800ms);
  }
}

// A link that comes and goes is an outage still.
TEST(reconnect, only_a_link_that_proved_itself_ends_an_outage) {
  for (const bool proved : {false, true}) {
    duration most{};
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
      fixture f({.seed = seed});
      for (int i = 0; i < 10; ++i) (void)f.miss();
      f.now += 10min;
      f.open();
      f.now += proved ? 10s : 1s;
      most = std::max(most, f.delay());
    }
    EXPECT_EQ(most <= 1s, proved);
    EXPECT_EQ(most > 20s, !proved);
  }
}

// circuit_breaker's question is no retry: it is free, is no failure, and is not waited after.
TEST(reconnect, a_probe_is_no_retry) {
  const auto budget = std::make_shared<hawser::retry_budget>(1, 1);
  fixture f({.seed = 1, .budget = budget});
  (void)f.miss();
  (void)budget->take(f.now);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(f.dial(false, true).passes());
    EXPECT_EQ(f.fail_dial(errc::connect_timeout).after(), 0s);
  }
  EXPECT_EQ(f.told<reconnect>(), "failures 1, delay at most 30 s");
  EXPECT_EQ(f.dial().until(), f.now + 1s) << "a retry pays";
  EXPECT_TRUE(f.dial(false, true).passes()) << "and need not wait for its turn to be a probe";
  EXPECT_GE(f.fail_dial(errc::unavailable, 503).after(), 5s) << "what the peer asks for holds";
}

// Else it would be the probe again at once, and ask its token server without a pause.
TEST(reconnect, a_probe_that_did_not_reach_the_endpoint_is_waited_after) {
  for (const phase at : {phase::waiting, phase::authenticating}) {
    fixture f;
    EXPECT_TRUE(f.dial(false, true).passes());
    failure e;
    e.at = at;
    e.error = errc::auth_timeout;
    EXPECT_GT(f.fail(e).after(), 0s);
  }
}

// With a base that equals the cap after one failure, growth shows in the bound alone; so compare
// with a machine that has failed as often.
TEST(reconnect, only_a_stable_link_begins_the_backoff_afresh) {
  for (const duration stayed : {9'999'999'999ns, 10'000'000'000ns}) {
    fixture f({.base = 1ms, .cap = 1h, .stable = 10s, .seed = 5});
    hawser::backoff same(1ms, 1h, 5);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(f.delay(), same.next());
    f.open();
    f.now += stayed;
    if (stayed >= 10s) same.reset();
    EXPECT_EQ(f.delay(), same.next()) << stayed.count();
    f.now += 1h;
    EXPECT_EQ(f.delay(), same.next()) << "a failed dial long after is no stable link";
  }
}

TEST(reconnect, leaves_to_others_what_no_retry_heals) {
  for (const errc e : {errc::upgrade_refused, errc::invalid_url, errc::hook_threw,  // permanent
                       errc::unauthorized, errc::stopped}) {
    fixture f;
    EXPECT_EQ(f.fail(e).what(), reaction::kind::pass) << make_error_code(e).message();
  }
}

TEST(reconnect, retries_what_is_transient_or_broken_by_the_peer) {
  for (const hawser::error_code& e : std::initializer_list<hawser::error_code>{
           errc::dropped, errc::closed, errc::connect_timeout, errc::pong_timeout,
           errc::rate_limited, errc::unavailable, framing_errc::bad_opcode,
           framing_errc::message_too_big}) {
    fixture f;
    EXPECT_EQ(f.fail(e).what(), reaction::kind::retry) << e.message();
  }
  fixture f;
  EXPECT_EQ(f.fail({ECONNREFUSED, boost::system::system_category()}).what(), reaction::kind::retry);
}

TEST(reconnect, an_acknowledged_message_begins_the_backoff_afresh) {
  fixture f({.base = 1ms, .cap = 1h, .stable = 10s, .seed = 5});
  hawser::backoff same(1ms, 1h, 5);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(f.delay(), same.next());
  f.open();
  EXPECT_EQ(f.delay(), same.next()) << "a link that did nothing";
  f.link.acked = 7;  // of the links before
  f.open();
  EXPECT_EQ(f.delay(), same.next(1800ms)) << "nothing on this link";
  f.open();
  ++f.link.acked;
  same.reset();
  EXPECT_EQ(f.delay(), same.next());
}

TEST(reconnect, retries_are_paid_from_the_shared_budget) {
  const auto budget = std::make_shared<hawser::retry_budget>(10, 1);
  fixture a({.seed = 1, .budget = budget});
  fixture b({.seed = 2, .budget = budget});
  EXPECT_TRUE(a.dial().passes()) << "the first dial is none";
  EXPECT_TRUE(b.dial().passes());
  (void)a.delay();
  (void)b.delay();
  EXPECT_TRUE(a.dial().passes());
  const admission later = b.dial();
  ASSERT_EQ(later.what(), admission::kind::wait);
  EXPECT_EQ(later.until(), b.now + 100ms);
  EXPECT_EQ(b.dial().until(), later.until()) << "asked too early, it keeps its turn";
  b.now = later.until();
  EXPECT_TRUE(b.dial().passes());
  b.now += 1s;
  EXPECT_TRUE(b.dial().passes()) << "a plug-in behind it let the same attempt wait";
  (void)a.delay();
  EXPECT_EQ(a.dial().until(), a.now + 200ms);
}

// Those whom a circuit kept from their turns must not come all at once when it closes.
TEST(reconnect, a_turn_that_was_not_used_when_it_came_is_void) {
  const auto budget = std::make_shared<hawser::retry_budget>(10, 1);
  fixture f({.seed = 1, .budget = budget});
  (void)budget->take(f.now);
  (void)f.delay();
  EXPECT_EQ(f.dial().until(), f.now + 100ms);
  f.now += 1min;
  (void)budget->take(f.now);
  EXPECT_EQ(f.dial().until(), f.now + 100ms) << "it pays again";
}

TEST(reconnect, without_a_budget_of_its_own_the_process_has_one) {
  hawser::process_state process;  // No test before has spent its budget.
  hawser::process_state* const before = hawser::process_state::replace(&process);
  fixture f;
  for (int i = 0; i < 100; ++i) (void)process.budget()->take(f.now);
  (void)f.delay();
  EXPECT_EQ(f.dial().until(), f.now + 10ms);
  hawser::process_state::replace(before);
}

TEST(reconnect, a_failed_successor_has_the_same_delays_and_is_no_failure_of_the_link) {
  const auto budget = std::make_shared<hawser::retry_budget>(10, 1);
  fixture f({.base = 1ms, .cap = 1h, .stable = 10s, .seed = 5, .budget = budget});
  hawser::backoff link(1ms, 1h, 5);
  hawser::backoff successor(1ms, 1h, 5);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(f.delay(), link.next());
  f.open();
  f.now += 5s;
  failure e = asked({}, errc::connect_timeout);
  e.successor = true;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(f.fail(e).after(), successor.next());
  EXPECT_TRUE(f.dial().passes()) << "only the successor's attempt is a retry now";
  EXPECT_TRUE(f.dial(true).passes());
  f.now += 5s;
  link.reset();
  EXPECT_EQ(f.delay(), link.next()) << "the link was open all the time";
}

// The attempt of a successor became the client's own, and was paid as such.
TEST(reconnect, what_the_successor_owed_is_not_paid_by_the_next) {
  const auto budget = std::make_shared<hawser::retry_budget>(1, 1);
  fixture f({.seed = 5, .budget = budget});
  f.open();
  failure e = asked({}, errc::connect_timeout);
  e.successor = true;
  (void)f.fail(e);
  (void)f.delay();
  EXPECT_TRUE(f.dial().passes());
  f.open();
  EXPECT_TRUE(f.dial(true).passes()) << "the first dial is none";
}

// A server that lets it in and closes it at once is not dialed without growing pauses.
TEST(reconnect, a_successor_has_proved_itself_when_it_took_over) {
  for (const bool took_over : {false, true}) {
    fixture f({.base = 1ms, .cap = 1h, .seed = 5});
    hawser::backoff same(1ms, 1h, 5);
    failure e = asked({}, errc::connect_timeout);
    e.successor = true;
    f.open();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(f.fail(e).after(), same.next());
    const std::vector<hawser::header> none;
    f.at([&](hawser::context& c) {
      f.plugins.open(
          c, {.link = f.link.number + 1, .subprotocol = {}, .headers = none, .successor = true});
    });
    if (took_over) {
      f.at([&](hawser::context& c) {
        f.plugins.drop(c, {.link = f.link.number, .error = errc::closed, .replaced = true});
      });
      same.reset();
    }
    EXPECT_EQ(f.fail(e).after(), same.next());
  }
}

// Both are open when the predecessor drops: what the successor proves is its own.
TEST(reconnect, a_successor_that_is_left_alone_proves_itself_like_any_link) {
  for (const duration stayed : {9s, 10s}) {
    fixture f({.base = 1ms, .cap = 1h, .stable = 10s, .seed = 5});
    hawser::backoff same(1ms, 1h, 5);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(f.delay(), same.next());
    f.open();
    const hawser::link_state predecessor = f.link;
    f.now += 1s;
    ++f.link.number;
    const std::vector<hawser::header> none;
    f.at([&](hawser::context& c) {
      f.plugins.open(
          c, {.link = f.link.number, .subprotocol = {}, .headers = none, .successor = true});
    });
    const hawser::link_state successor = std::exchange(f.link, predecessor);
    EXPECT_EQ(f.delay(), same.next()) << "the predecessor lived for a second";
    f.link = successor;
    f.now += stayed;
    if (stayed >= 10s) same.reset();
    EXPECT_EQ(f.delay(), same.next());
  }
}

// Its successor fell while it closed, and the client dialed anew.
TEST(reconnect, a_link_that_closes_while_another_one_opens_proves_itself) {
  fixture f({.base = 1ms, .cap = 1h, .stable = 10s, .seed = 5});
  hawser::backoff same(1ms, 1h, 5);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(f.delay(), same.next());
  f.open();
  const std::uint64_t closing = f.link.number;
  f.now += 10s;
  f.open();
  f.at([&](hawser::context& c) {
    f.plugins.drop(c, {.link = closing, .error = errc::closed, .replaced = true});
  });
  same.reset();
  EXPECT_EQ(f.delay(), same.next());
}

TEST(reconnect, the_seed_decides) {
  fixture a({.seed = 7});
  fixture b({.seed = 7});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(a.delay(), b.delay());
}

// A program that makes its clients one after another in one place must not dial as one.
TEST(reconnect, without_a_seed_each_has_its_own) {
  std::vector<duration> firsts;
  for (int i = 0; i < 20; ++i) firsts.push_back(fixture(reconnect::options{}).delay());
  std::sort(firsts.begin(), firsts.end());
  EXPECT_EQ(std::unique(firsts.begin(), firsts.end()), firsts.end());
}

// A fleet runs one program, and it may be loaded at the same address everywhere: what differs is
// when each of them needs its first delay.
TEST(reconnect, without_a_seed_the_time_of_the_first_failure_is_in_it) {
  const reconnect made_alike{reconnect::options{}};
  std::vector<duration> firsts;
  for (int i = 0; i < 20; ++i) {
    fixture f;
    f.plugins.get<reconnect>() = made_alike;
    f.now += i * 1ns;
    firsts.push_back(f.delay());
  }
  std::sort(firsts.begin(), firsts.end());
  EXPECT_EQ(std::unique(firsts.begin(), firsts.end()), firsts.end());
}

TEST(reconnect, options_out_of_range_are_refused) {
  for (const auto& o : {reconnect::options{.base = 0s}, reconnect::options{.base = -1s},
                        reconnect::options{.base = 31s}, reconnect::options{.cap = 24h + 1ns},
                        reconnect::options{.stable = -1ns}}) {
    EXPECT_EQ(words_of(reconnect(o).validate()),
              "reconnect: base must be above 0, cap from base to 24 h, stable not negative");
  }
  for (const auto& o :
       {reconnect::options{.busy = -1ns}, reconnect::options{.busy = 24h + 1ns},
        reconnect::options{.longest_wait = -1ns}, reconnect::options{.longest_wait = 25h}}) {
    EXPECT_EQ(words_of(reconnect(o).validate()),
              "reconnect: busy and longest_wait must be from 0 to 24 h");
  }
  for (const auto& o :
       {reconnect::options{.slow_retry = 0s}, reconnect::options{.slow_retry = 16min},
        reconnect::options{.slow_cap = 25h}}) {
    EXPECT_EQ(words_of(reconnect(o).validate()),
              "reconnect: slow_retry must be above 0, slow_cap from slow_retry to 24 h");
  }
  EXPECT_TRUE(reconnect().validate());
  EXPECT_TRUE(reconnect({.base = 1s, .cap = 1s, .stable = 0s}).validate());
}

TEST(reconnect, tells_how_it_is) {
  fixture f;
  f.delay();
  f.delay();
  EXPECT_EQ(f.told<reconnect>(), "failures 2, delay at most 30 s");
}

// Of its own delay and the budget, the later one.
TEST(reconnect, tells_when_it_will_try_next) {
  const auto budget = std::make_shared<hawser::retry_budget>(1, 1);
  fixture f({.seed = 1, .budget = budget});
  const auto told = [&] {
    hawser::description d;
    f.plugins.get<reconnect>().describe(d);
    return d.next_attempt();
  };
  const duration after = f.delay();
  EXPECT_EQ(told(), f.now + after);
  for (int i = 0; i < 60; ++i) (void)budget->take(f.now);
  (void)f.delay();
  EXPECT_EQ(told(), f.now + 60s);
}

}  // namespace reconnect_test

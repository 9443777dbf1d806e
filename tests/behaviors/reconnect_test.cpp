#include <hawser/behaviors/reconnect.hpp>

#include "support/bench_link.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using hawser::admission;
using hawser::close_code;
using hawser::duration;
using hawser::errc;
using hawser::failure;
using hawser::reaction;
using hawser::reconnect;

static_assert(hawser::plugin<reconnect>);

struct fixture : hawser::test::bench_link<reconnect> {
  explicit fixture(reconnect::options o = {.seed = 1}) : bench_link(reconnect(o)) {}

  reaction fail(hawser::error_code ec = errc::dropped, close_code code = close_code::abnormal) {
    if (link.open) drop();
    failure f;
    f.error = ec;
    f.code = code;
    return at([&](hawser::context& c) { return plugins.error(c, f); });
  }
  reaction fail(const failure& f) {
    return at([&](hawser::context& c) { return plugins.error(c, f); });
  }
  duration delay() {
    const reaction r = fail();
    EXPECT_EQ(r.what(), reaction::kind::retry);
    return r.after();
  }
  admission dial(bool successor = false) {
    hawser::handshake h;
    h.successor = successor;
    return at([&](hawser::context& c) { return plugins.connecting(c, h); });
  }
};

TEST(Reconnect, DelaysGrowFromBaseToCapWithFullJitter) {
  duration most[8] = {};
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    fixture f({.base = 1s, .cap = 30s, .seed = seed});
    for (unsigned n = 0; n < 8; ++n) {
      const duration d = f.delay();
      ASSERT_GE(d, 0s);
      ASSERT_LE(d, std::min<duration>(30s, 1s * (1 << n))) << n;
      most[n] = std::max(most[n], d);
    }
  }
  for (unsigned n = 0; n < 8; ++n) {
    EXPECT_GT(most[n], std::min<duration>(30s, 1s * (1 << n)) * 9 / 10) << n;
  }
}

// With a base that equals the cap after one failure, growth shows in the bound alone; so compare
// with a machine that has failed as often.
TEST(Reconnect, OnlyAStableLinkBeginsTheBackoffAfresh) {
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

TEST(Reconnect, LeavesToOthersWhatNoRetryHeals) {
  for (const errc e : {errc::upgrade_refused, errc::invalid_url, errc::hook_threw,  // permanent
                       errc::unauthorized, errc::stopped}) {
    fixture f;
    EXPECT_EQ(f.fail(e).what(), reaction::kind::pass) << make_error_code(e).message();
  }
}

TEST(Reconnect, RetriesWhatIsTransientOrBrokenByThePeer) {
  for (const errc e :
       {errc::dropped, errc::closed, errc::connect_timeout, errc::pong_timeout, errc::rate_limited,
        errc::unavailable, errc::bad_opcode, errc::message_too_big}) {
    fixture f;
    EXPECT_EQ(f.fail(e).what(), reaction::kind::retry) << make_error_code(e).message();
  }
  fixture f;
  EXPECT_EQ(f.fail({ECONNREFUSED, boost::system::system_category()}).what(), reaction::kind::retry);
}

TEST(Reconnect, ANormalCloseIsLeftToOthersIfAskedSo) {
  fixture again;
  EXPECT_EQ(again.fail(errc::closed, close_code::normal).what(), reaction::kind::retry);
  fixture left({.after_normal_close = false, .seed = 1});
  EXPECT_EQ(left.fail(errc::closed, close_code::normal).what(), reaction::kind::pass);
  EXPECT_EQ(left.fail(errc::closed, close_code::going_away).what(), reaction::kind::retry);
}

TEST(Reconnect, AnEmptyCloseCountsAs1000) {
  fixture again;
  EXPECT_EQ(again.fail(errc::closed, close_code::no_status).what(), reaction::kind::retry);
  fixture left({.after_normal_close = false, .seed = 1});
  EXPECT_EQ(left.fail(errc::closed, close_code::no_status).what(), reaction::kind::pass);
  EXPECT_EQ(left.fail(errc::dropped, close_code::abnormal).what(), reaction::kind::retry);
}

TEST(Reconnect, AnOrderlyCloseOfOurOwnIsLeftToOthersUnlessAskedOtherwise) {
  for (const bool follows : {false, true}) {
    for (const bool follows_peers : {false, true}) {
      fixture f({.after_normal_close = follows_peers, .after_own_close = follows, .seed = 1});
      for (const close_code own : {close_code::normal, close_code::no_status}) {
        for (const errc e : {errc::closed, errc::close_timeout, errc::dropped}) {
          failure end;
          end.error = e;
          end.code = e == errc::closed ? close_code::normal : close_code::abnormal;
          end.own_close = own;
          EXPECT_EQ(f.fail(end).what(), follows ? reaction::kind::retry : reaction::kind::pass);
        }
      }
      failure other;
      other.error = errc::closed;
      other.code = close_code::going_away;
      other.own_close = close_code::going_away;
      EXPECT_EQ(f.fail(other).what(), reaction::kind::retry);
    }
  }
}

TEST(Reconnect, AnAcknowledgedMessageBeginsTheBackoffAfresh) {
  fixture f({.base = 1ms, .cap = 1h, .stable = 10s, .seed = 5});
  hawser::backoff same(1ms, 1h, 5);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(f.delay(), same.next());
  f.open();
  EXPECT_EQ(f.delay(), same.next()) << "a link that did nothing";
  f.link.acked = 7;  // of the links before
  f.open();
  EXPECT_EQ(f.delay(), same.next()) << "nothing on this link";
  f.open();
  ++f.link.acked;
  same.reset();
  EXPECT_EQ(f.delay(), same.next());
}

failure asked(std::optional<duration> after, hawser::error_code ec = errc::unavailable) {
  failure f;
  f.at = hawser::phase::upgrading;
  f.error = ec;
  f.status = 503;
  f.retry_after = after;
  return f;
}

// The least and the longest delay that 1000 clients draw.
std::pair<duration, duration> range(const failure& e, reconnect::options o = {}) {
  std::pair<duration, duration> r{duration::max(), 0s};
  for (o.seed = 1; o.seed <= 1000; ++o.seed) {
    const duration d = fixture(o).fail(e).after();
    r = {std::min(r.first, d), std::max(r.second, d)};
  }
  return r;
}

TEST(Reconnect, RetryAfterIsTheLeastDelayAndAFleetIsSpreadBehindIt) {
  for (const errc e : {errc::unavailable, errc::rate_limited, errc::closed}) {
    const auto [least, most] = range(asked(60s, e));
    EXPECT_GE(least, 60s);
    EXPECT_LT(least, 61s);
    EXPECT_LE(most, 90s);
    EXPECT_GT(most, 89s);
  }
  const auto [least, most] = range(asked(0s));
  EXPECT_GE(least, 0s);
  EXPECT_LE(most, 1s);
}

TEST(Reconnect, AHostileRetryAfterIsCapped) {
  const auto [least, most] = range(asked(duration::max()));
  EXPECT_GE(least, 1h);
  EXPECT_LE(most, 90min);
  const auto [soon, late] = range(asked(1h), {.longest_wait = 10s});
  EXPECT_GE(soon, 10s);
  EXPECT_LE(late, 15s);
  EXPECT_LE(range(asked(1h), {.longest_wait = 0s}).second, 1s);
}

TEST(Reconnect, ABusyPeerIsLeftAloneForFiveToThirtySeconds) {
  for (const errc e : {errc::unavailable, errc::rate_limited}) {
    const auto [least, most] = range(asked({}, e));
    EXPECT_GE(least, 5s);
    EXPECT_LT(least, 6s);
    EXPECT_LE(most, 30s);
    EXPECT_GT(most, 29s);
  }
  EXPECT_LE(range(asked({}), {.base = 1ms, .cap = 20ms}).second, 40ms);
}

TEST(Reconnect, RetriesArePaidFromTheSharedBudget) {
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
  EXPECT_TRUE(b.dial().passes()) << "a plug-in behind it let the same attempt wait";
  (void)a.delay();
  EXPECT_EQ(a.dial().until(), a.now + 200ms);
}

TEST(Reconnect, WithoutABudgetOfItsOwnTheProcessHasOne) {
  EXPECT_EQ(hawser::process_retry_budget(), hawser::process_retry_budget());
  fixture f;
  f.now += 1h;
  for (int i = 0; i < 100; ++i) (void)hawser::process_retry_budget()->take(f.now);
  (void)f.delay();
  EXPECT_EQ(f.dial().until(), f.now + 10ms);
}

TEST(Reconnect, AFailedSuccessorHasTheSameDelaysAndIsNoFailureOfTheLink) {
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
TEST(Reconnect, WhatTheSuccessorOwedIsNotPaidByTheNext) {
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

// Both are open when the old one drops: what the successor proves is its own.
TEST(Reconnect, ASuccessorThatIsLeftAloneProvesItselfLikeAnyLink) {
  for (const duration stayed : {9s, 10s}) {
    fixture f({.base = 1ms, .cap = 1h, .stable = 10s, .seed = 5});
    hawser::backoff same(1ms, 1h, 5);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(f.delay(), same.next());
    f.open();
    const hawser::link_state old = f.link;
    f.now += 1s;
    ++f.link.number;
    const std::vector<hawser::header> none;
    f.at([&](hawser::context& c) {
      f.plugins.open(
          c, {.link = f.link.number, .subprotocol = {}, .headers = none, .successor = true});
    });
    const hawser::link_state successor = std::exchange(f.link, old);
    EXPECT_EQ(f.delay(), same.next()) << "the old link lived for a second";
    f.link = successor;
    f.now += stayed;
    if (stayed >= 10s) same.reset();
    EXPECT_EQ(f.delay(), same.next());
  }
}

TEST(Reconnect, TheSeedDecides) {
  fixture a({.seed = 7});
  fixture b({.seed = 7});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(a.delay(), b.delay());
}

// A program that makes its clients one after another in one place must not dial as one.
TEST(Reconnect, WithoutASeedEachHasItsOwn) {
  std::vector<duration> firsts;
  for (int i = 0; i < 20; ++i) firsts.push_back(fixture(reconnect::options{}).delay());
  std::sort(firsts.begin(), firsts.end());
  EXPECT_EQ(std::unique(firsts.begin(), firsts.end()), firsts.end());
}

// A fleet runs one program, and it may be loaded at the same address everywhere: what differs is
// when each of them needs its first delay.
TEST(Reconnect, WithoutASeedTheTimeOfTheFirstFailureIsInIt) {
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

TEST(Reconnect, OptionsOutOfRangeAreRefused) {
  std::string complaint;
  for (const auto& o : {reconnect::options{.base = 0s}, reconnect::options{.base = -1s},
                        reconnect::options{.base = 31s}, reconnect::options{.cap = 24h + 1ns},
                        reconnect::options{.stable = -1ns}}) {
    EXPECT_EQ(reconnect(o).validate(complaint).error(), errc::invalid_option);
    EXPECT_EQ(complaint,
              "reconnect: base must be above 0, cap from base to 24 h, stable not negative");
  }
  for (const auto& o :
       {reconnect::options{.busy = -1ns}, reconnect::options{.busy = 24h + 1ns},
        reconnect::options{.longest_wait = -1ns}, reconnect::options{.longest_wait = 25h}}) {
    EXPECT_EQ(reconnect(o).validate(complaint).error(), errc::invalid_option);
    EXPECT_EQ(complaint, "reconnect: busy and longest_wait must be from 0 to 24 h");
  }
  EXPECT_TRUE(reconnect().validate(complaint));
  EXPECT_TRUE(reconnect({.base = 1s, .cap = 1s, .stable = 0s}).validate(complaint));
}

TEST(Reconnect, TellsHowItIs) {
  fixture f;
  f.delay();
  f.delay();
  EXPECT_EQ(f.told<reconnect>(), "failures 2, delay at most 30 s");
}

}  // namespace

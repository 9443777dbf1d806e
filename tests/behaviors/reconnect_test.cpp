#include <hawser/behaviors/reconnect.hpp>

#include "support/bench_link.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
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
    link.open = false;
    failure f;
    f.error = ec;
    f.code = code;
    return at([&](hawser::context& c) { return plugins.error(c, f); });
  }
  duration delay() {
    const reaction r = fail();
    EXPECT_EQ(r.what(), reaction::kind::retry);
    return r.after();
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
  EXPECT_TRUE(reconnect().validate(complaint));
  EXPECT_TRUE(reconnect({.base = 1s, .cap = 1s, .stable = 0s}).validate(complaint));
}

}  // namespace

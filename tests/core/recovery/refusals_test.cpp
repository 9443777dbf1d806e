#include <hawser/core/recovery/refusals.hpp>
#include <hawser/hook_argument.hpp>

#include <gtest/gtest.h>

namespace refusals_test {

using namespace std::chrono_literals;
using hawser::duration;
using hawser::fingerprint;
using hawser::fingerprint_of;
using hawser::handshake;
using hawser::jitter;
using hawser::refusals;
using hawser::time_point;

constexpr time_point start{1000s};
constexpr fingerprint mine{1, 2};

TEST(refusals, pauses_double_up_to_the_cap_in_their_upper_half) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    refusals r;
    jitter random(seed);
    for (const duration most : {1min, 2min, 4min, 8min, 15min, 15min, 15min}) {
      const duration d = r.refused(mine, false, start, {}, random);
      ASSERT_GE(d, most / 2);
      ASSERT_LE(d, most);
    }
    EXPECT_EQ(r.again(), 7u);
    r.reset();
    ASSERT_LE(r.refused(mine, false, start, {}, random), 1min);
  }
}

TEST(refusals, a_long_row_of_them_does_not_overflow) {
  refusals r;
  jitter random(1);
  for (int i = 0; i < 200; ++i) {
    ASSERT_LE(r.refused(mine, false, start, {1ns, 24h}, random), 24h);
  }
}

TEST(refusals, credentials_that_never_worked_are_shown_at_the_pace_of_the_cap) {
  refusals r;
  jitter random(1);
  const duration d = r.refused(mine, true, start, {}, random);
  EXPECT_LE(d, 1min);
  const auto w = r.withheld(start + d);
  EXPECT_TRUE(w.holds(mine.credentials, start + d));
  EXPECT_FALSE(w.holds(mine.credentials + 1, start + d)) << "others are free";
  EXPECT_GE(w.until, start + 450s);
  EXPECT_LE(w.until, start + 15min);
  EXPECT_EQ(w.recheck, start + 2 * d) << "whether there are others";
  EXPECT_FALSE(w.holds(mine.credentials, w.until));
  r.reset();
  EXPECT_FALSE(r.withheld(start).holds(mine.credentials, start));
}

TEST(refusals, those_that_worked_are_not_held_back_nor_is_what_is_not_about_them) {
  for (const bool auth : {true, false}) {
    refusals r;
    jitter random(1);
    if (auth) r.worked(mine);
    (void)r.refused(mine, auth, start, {}, random);
    EXPECT_FALSE(r.withheld(start).holds(mine.credentials, start));
  }
}

// What a token server or another path answers meanwhile says nothing of them.
TEST(refusals, another_refusal_does_not_release_credentials) {
  refusals r;
  jitter random(1);
  (void)r.refused(mine, true, start, {}, random);
  (void)r.refused({1, 3}, false, start + 30s, {}, random);
  EXPECT_TRUE(r.withheld(start + 60s).holds(mine.credentials, start + 60s));
}

TEST(refusals, the_latest_eight_are_remembered) {
  refusals r;
  EXPECT_FALSE(r.knows(mine));
  r.worked(mine);
  for (std::uint64_t i = 0; i < 7; ++i) r.worked({9, i});
  EXPECT_TRUE(r.knows(mine));
  EXPECT_TRUE(r.knows(mine.resource));
  r.worked(mine);
  for (std::uint64_t i = 7; i < 14; ++i) r.worked({9, i});
  EXPECT_TRUE(r.knows(mine)) << "it worked again since";
  r.worked({9, 14});
  EXPECT_FALSE(r.knows(mine));
  EXPECT_FALSE(r.knows(mine.resource));
  EXPECT_TRUE(r.knows(std::uint64_t{9}));
}

handshake asking() {
  return {.endpoint = "wss://a:1",
          .target = "/v1?room=7",
          .headers = {{"Authorization", "Bearer s3cr3t"}, {"X-Trace", "1"}},
          .subprotocols = {"v1"}};
}

TEST(fingerprint, differs_by_what_is_asked_for_and_by_the_credentials) {
  const fingerprint same = fingerprint_of(asking());
  EXPECT_EQ(fingerprint_of(asking()), same);
  const auto changed = [](auto change) {
    handshake h = asking();
    change(h);
    return fingerprint_of(h);
  };
  const auto trace = changed([](handshake& h) { h.headers[1].value = "2"; });
  EXPECT_EQ(trace, same) << "a field that carries no credentials";
  const auto endpoint = changed([](handshake& h) { h.endpoint = "wss://a:2"; });
  const auto path = changed([](handshake& h) { h.target = "/v2?room=7"; });
  for (const fingerprint& f : {endpoint, path}) {
    EXPECT_NE(f.resource, same.resource);
    EXPECT_EQ(f.credentials, same.credentials);
  }
  const fingerprint others[] = {
      changed([](handshake& h) { h.headers[0].value = "Bearer other"; }),
      changed([](handshake& h) { h.headers.erase(h.headers.begin()); }),
      changed([](handshake& h) {
        h.headers.push_back({"Cookie", "sid=1"});
      }),
      changed([](handshake& h) {
        h.headers.push_back({"X-Api-Key", "1"});
      }),
      changed([](handshake& h) { h.target = "/v1?room=8"; }),
      changed([](handshake& h) { h.subprotocols.push_back("bearer.s3cr3t"); })};
  for (const fingerprint& f : others) {
    EXPECT_EQ(f.resource, same.resource);
    EXPECT_NE(f.credentials, same.credentials);
  }
}

}  // namespace refusals_test

// A small storm; storm_bench does the large one.
#include "support/storm.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using hawser::test::storm;
using hawser::test::storm_plan;
using hawser::test::storm_result;

storm_result run(storm_plan plan) {
  plan.clients = 3000;
  return storm(plan).run();
}

TEST(Storm, AFleetComesBackWithoutAPeak) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const storm_result r = run({.down = 10min + 15s * (seed % 4), .seed = seed});
    EXPECT_LE(r.ratio(), 3) << "seed " << seed;
    EXPECT_LE(r.attempts.size(), 96u) << "within the longest reset time and the spread";
    unsigned all = 0;
    for (const unsigned n : r.attempts) all += n;
    EXPECT_EQ(all, 3000u) << "everybody is back by one attempt";
    EXPECT_LE(r.during, 3000u * 25) << "and asked about once a minute meanwhile";
  }
}

// Why the reset time is jittered: without it, each client keeps the phase that its first failures
// gave it, and all of them lie within half of a reset time.
TEST(Storm, BreakersWithoutJitterProbeInStep) {
  EXPECT_GT(run({.down = 10min + 15s, .breaker = {.jitter_percent = 0, .spread = 1ms}}).ratio(), 3);
}

TEST(Storm, TheSeedDecides) { EXPECT_EQ(run({.seed = 7}).attempts, run({.seed = 7}).attempts); }

}  // namespace

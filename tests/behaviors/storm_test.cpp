// How clients come back from an outage: circuit_breaker, reconnect and retry_budget together, as
// resilient_client composes them, in virtual time. storm_bench does the large one.
#include "support/storm.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

namespace {

using namespace std::chrono_literals;
using hawser::duration;
using hawser::to_words;
using hawser::test::storm;
using hawser::test::storm_plan;
using hawser::test::storm_result;

constexpr duration outages[] = {100ms, 1s, 10s, 60s, 600s};
constexpr int answers[] = {0, 502, 504};

std::string say(const storm_plan& p) {
  return std::to_string(p.processes) + " x " + std::to_string(p.clients) + " clients, down for " +
         to_words(p.down) + ", status " + std::to_string(p.status) + ", seed " +
         std::to_string(p.seed);
}

// Calls `check(plan, result)` for every outage, answer and seed; the fewer the larger it is.
template <class F>
void each(storm_plan plan, F&& check) {
  const std::uint64_t seeds = plan.clients == 1000 ? 1 : plan.clients == 50 ? 4 : 8;
  for (const duration down : outages) {
    for (const int status : answers) {
      for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        plan.down = down;
        plan.status = status;
        plan.seed = seed;
        const storm_result r = storm(plan).run();
        SCOPED_TRACE(say(plan));
        ASSERT_EQ(r.back, plan.processes * plan.clients);
        check(plan, r);
      }
    }
  }
}

TEST(Storm, OneClientIsBackWithinHalfOfTheOutage) {
  each({}, [](const storm_plan& p, const storm_result& r) {
    EXPECT_LE(r.last, std::max<duration>(2s, p.down / 2));
    EXPECT_TRUE(r.warnings.empty()) << "one client never opens the circuit: " << r.warnings[0];
  });
}

// It asked for more than the defaults do, and gets it: five refusals in 1.6 s are no outage.
TEST(Storm, OneClientOfShortDelaysKeepsThem) {
  each({.retry = {.base = 200ms, .cap = 1s}}, [](const storm_plan&, const storm_result& r) {
    EXPECT_LE(r.last, 1s + 50ms);
    EXPECT_TRUE(r.warnings.empty());
  });
}

TEST(Storm, TheClientsOfAProcessAreBackWithinHalfOfTheOutage) {
  for (const unsigned clients : {2U, 5U, 10U, 50U}) {
    each({.clients = clients}, [](const storm_plan& p, const storm_result& r) {
      EXPECT_LE(r.first, std::max<duration>(2s, p.down / 2));
      EXPECT_LE(r.last, std::max<duration>(5s, p.down / 2));
      EXPECT_LE(r.last, 40s);
    });
  }
}

TEST(Storm, AThousandClientsOfAProcessComeEvenly) {
  each({.clients = 1000}, [](const storm_plan& p, const storm_result& r) {
    EXPECT_LE(r.first, std::max<duration>(2s, p.down / 2));
    EXPECT_LE(r.last - r.first, 15s);
    EXPECT_LE(r.ratio(), 3);
    EXPECT_LE(r.warnings.size(), 1u) << "one warning for one outage";
    EXPECT_EQ(r.warnings.empty(), false) << "it is one for a thousand";
  });
}

// Refused at once or asked once a quarter of a minute, the server has its peace.
TEST(Storm, ADownServerIsAskedLessTheMoreOfAProcessAreDown) {
  for (const unsigned clients : {1U, 50U, 1000U}) {
    const storm_result r = storm({.clients = clients}).run();
    EXPECT_LE(r.during, clients == 1 ? 45u : 150u) << clients;
  }
}

TEST(Storm, FleetsOfProcessesComeBackWithoutAPeak) {
  for (const auto& [processes, clients] : {std::pair{1000U, 1U}, {100U, 10U}, {10U, 100U}}) {
    for (const duration down : outages) {
      // It is over before most of them have dialed: there is nothing to wait for.
      if (clients == 100 && down < 1s) continue;
      for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        const storm_plan p{.processes = processes, .clients = clients, .down = down, .seed = seed};
        const storm_result r = storm(p).run();
        EXPECT_LE(r.ratio(), 3) << say(p);
        EXPECT_LE(r.last, 45s) << say(p);
        unsigned all = 0;
        for (const unsigned n : r.attempts) all += n;
        EXPECT_EQ(all, processes * clients) << "everybody is back by one attempt: " << say(p);
        EXPECT_LE(r.during, processes * clients * 45) << say(p);
      }
    }
  }
}

// An attempt that begins while packets are swallowed ends by its deadline; nothing more is lost.
TEST(Storm, SilenceAddsOneAttemptsDeadline) {
  for (const unsigned clients : {1U, 50U, 1000U}) {
    for (const duration down : outages) {
      for (const duration silence : {10s, 60s}) {
        const storm_plan p{.clients = clients, .down = down, .silence = silence};
        const storm_result r = storm(p).run();
        EXPECT_LE(r.first, silence + std::max<duration>(2s, down / 2)) << say(p);
        if (clients == 50) {
          EXPECT_LE(r.last, silence + std::max<duration>(5s, down / 2)) << say(p);
        }
        EXPECT_LE(r.last, silence + 40s) << say(p);
      }
    }
  }
}

TEST(Storm, TheSeedDecides) {
  const storm_plan p{.processes = 10, .clients = 50, .down = 10s, .seed = 7};
  EXPECT_EQ(storm(p).run().attempts, storm(p).run().attempts);
}

}  // namespace

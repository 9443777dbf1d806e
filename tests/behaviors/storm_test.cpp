// How clients come back from an outage: circuit_breaker, reconnect and retry_budget together, as
// resilient_client composes them, in virtual time. storm_bench does the large one.
#include "support/storm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <tuple>

namespace storm_test {

using namespace std::chrono_literals;
using hawser::duration;
using hawser::failure;
using hawser::phase;
using hawser::tls_errc;
using hawser::to_words;
using hawser::test::answered;
using hawser::test::failed_in;
using hawser::test::refused_connection;
using hawser::test::storm;
using hawser::test::storm_plan;
using hawser::test::storm_result;

constexpr duration outages[] = {100ms, 1s, 10s, 60s, 600s};
// Nobody can be reached.
const failure unreachable[] = {refused_connection(), answered(502), answered(504),
                               failed_in(phase::securing, tls_errc::malformed)};

std::string say(const storm_plan& p) {
  std::string text = std::to_string(p.processes) + " x " + std::to_string(p.clients) +
                     " clients, up for " + to_words(p.up) + ", down for " + to_words(p.down) +
                     ", " + p.answer.error.message() + ' ' + std::to_string(p.answer.status);
  if (p.answer.retry_after) text += ", Retry-After " + to_words(*p.answer.retry_after);
  return text + ", seed " + std::to_string(p.seed);
}

// Calls `check(plan, result)` for every outage, answer and seed; the fewer the larger it is.
template <class F>
void each(storm_plan plan, std::span<const failure> answers, F&& check) {
  const std::uint64_t seeds = plan.clients == 1000 ? 1 : plan.clients == 50 ? 4 : 8;
  for (const duration down : outages) {
    for (const failure& answer : answers) {
      for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        plan.down = down;
        plan.answer = answer;
        plan.seed = seed;
        const storm_result r = storm(plan).run();
        SCOPED_TRACE(say(plan));
        ASSERT_EQ(r.back, plan.processes * (plan.clients - plan.limited));
        check(plan, r);
      }
    }
  }
}
template <class F>
void each(const storm_plan& plan, F&& check) {
  each(plan, unreachable, check);
}

// One of a circuit that opened at most, and of the outage what outage_notice says.
void expect_few_warnings(const storm_plan& p, const storm_result& r, std::size_t circuits = 1) {
  std::size_t most = 0;
  for (const duration at : {1min, 4min, 16min, 64min}) most += p.down + r.last >= at ? 1U : 0U;
  if (most != 0) ++most;  // It is over.
  const auto is_circuit = [](const std::string& line) {
    return line.starts_with("circuit_breaker: ");
  };
  const auto opened = static_cast<std::size_t>(std::ranges::count_if(r.warnings, is_circuit));
  EXPECT_LE(opened, circuits);
  EXPECT_LE(r.warnings.size() - opened, most);
  if (p.down < 90s) return;
  EXPECT_GE(r.warnings.size() - opened, 2U) << "it is told, and that it is over";
}

TEST(storm, one_client_is_back_within_half_of_the_outage) {
  each({}, [](const storm_plan& p, const storm_result& r) {
    EXPECT_LE(r.last, std::max<duration>(2s, p.down / 2));
    expect_few_warnings(p, r, 0);  // One client never opens the circuit.
  });
}

// It asked for more than the defaults do, and gets it: five refusals in 1.6 s are no outage.
TEST(storm, one_client_of_short_delays_keeps_them) {
  each({.retry = {.base = 200ms, .cap = 1s}}, [](const storm_plan& p, const storm_result& r) {
    EXPECT_LE(r.last, 1s + 50ms);
    expect_few_warnings(p, r, 0);
  });
}

TEST(storm, the_clients_of_a_process_are_back_within_half_of_the_outage) {
  for (const unsigned clients : {2U, 5U, 10U, 50U}) {
    each({.clients = clients}, [](const storm_plan& p, const storm_result& r) {
      EXPECT_LE(r.first, std::max<duration>(2s, p.down / 2));
      EXPECT_LE(r.last, std::max<duration>(5s, p.down / 2));
      EXPECT_LE(r.last, 40s);
    });
  }
}

TEST(storm, a_thousand_clients_of_a_process_come_evenly) {
  each({.clients = 1000}, [](const storm_plan& p, const storm_result& r) {
    EXPECT_LE(r.first, std::max<duration>(2s, p.down / 2));
    EXPECT_LE(r.last - r.first, 15s);
    EXPECT_LE(r.ratio(), 3);
    expect_few_warnings(p, r);
    EXPECT_EQ(r.warnings.empty(), false) << "it is one for a thousand";
  });
}

// What came up a moment before says nothing of those whose links are gone.
TEST(storm, a_fleet_that_had_just_connected_opens_the_circuit_as_soon) {
  for (const duration up : {1s, 5s}) {
    each({.clients = 1000, .up = up}, std::span(unreachable).first(1),
         [](const storm_plan& p, const storm_result& r) {
           EXPECT_LE(r.during, 150u);
           EXPECT_LE(r.first, std::max<duration>(2s, p.down / 2));
           EXPECT_LE(r.last - r.first, 15s);
           EXPECT_LE(r.ratio(), 3);
         });
  }
}

// Whoever was told waits by itself. Only a probe that is told puts off the next one, and not for
// long.
TEST(storm, the_rate_limit_of_a_few_keeps_nobody_else_away) {
  for (const auto& [clients, limited] :
       {std::pair{50U, 1U}, {50U, 5U}, {1000U, 1U}, {1000U, 100U}}) {
    const duration told = limited == 1 ? 0s : 12s;  // One of ten probes.
    each({.clients = clients, .limited = limited}, std::span(unreachable).first(1),
         [&](const storm_plan& p, const storm_result& r) {
           EXPECT_LE(r.first, told + std::max<duration>(2s, p.down / 2));
           EXPECT_LE(r.last - r.first, p.clients == 50 ? 3s : 15s);
         });
  }
}

// A server that says that it is busy is left alone for 5 s and up to 30 s more; one that says for
// how long, for that and half as long again.
TEST(storm, a_busy_server_is_left_alone_and_found_again) {
  const failure busy[] = {answered(503), answered(429)};
  const failure told[] = {answered(503, 2s), answered(503, 10s), answered(429, 10s),
                          answered(502, 10s)};
  for (const unsigned clients : {1U, 50U, 1000U}) {
    const auto check = [](const storm_plan& p, const storm_result& r) {
      const duration own = p.answer.retry_after.value_or(5s) + 30s;  // reconnect's, of each
      EXPECT_LE(r.first, own);
      EXPECT_LE(r.last, std::max<duration>(own, r.first + 15s));
      EXPECT_LE(r.peak(), std::max(p.clients, 3 * 1000U / 13));
      expect_few_warnings(p, r);
    };
    each({.clients = clients}, busy, check);
    each({.clients = clients}, told, check);
  }
}

// It is no outage for circuit_breaker. Pauses of 1 min and twice that are no longer than what has
// passed before them, and so much more.
TEST(storm, what_is_refused_for_good_comes_back_at_the_pace_of_slow_retry) {
  const failure refused[] = {answered(404), failed_in(phase::securing, tls_errc::expired)};
  for (const unsigned clients : {1U, 50U, 1000U}) {
    each({.clients = clients}, refused, [](const storm_plan& p, const storm_result& r) {
      EXPECT_LE(r.last, std::min<duration>(15min, 1min + 2 * p.down));
      EXPECT_LE(r.during, p.clients * 6);
    });
  }
}

// Refused at once or asked once a quarter of a minute, the server has its peace.
TEST(storm, a_down_server_is_asked_less_the_more_of_a_process_are_down) {
  for (const unsigned clients : {1U, 50U, 1000U}) {
    const storm_result r = storm({.clients = clients}).run();
    EXPECT_LE(r.during, clients == 1 ? 45u : 150u) << clients;
  }
}

TEST(storm, fleets_of_processes_come_back_without_a_peak) {
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
TEST(storm, silence_adds_one_attempts_deadline) {
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

TEST(storm, the_seed_decides) {
  const storm_plan p{.processes = 10, .clients = 50, .down = 10s, .seed = 7};
  EXPECT_EQ(storm(p).run().attempts, storm(p).run().attempts);
}

}  // namespace storm_test

#include <hawser/core/circuit.hpp>
#include <hawser/process.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using hawser::circuit;
using hawser::time_point;
using kind = hawser::circuit::kind;

constexpr time_point start{1000s};

circuit opened(time_point now = start) {
  circuit c;
  for (int i = 0; i < 5; ++i) c = c.failed(now, 5, 60s);
  return c;
}

TEST(Circuit, OpensAtTheThresholdForTheResetTime) {
  circuit c;
  for (unsigned n = 1; n <= 4; ++n) {
    c = c.failed(start, 5, 60s);
    EXPECT_EQ(c.state(), kind::closed);
    EXPECT_EQ(c.failures(), n);
    EXPECT_EQ(c.until(), hawser::never);
    EXPECT_TRUE(c.ask(start, 100s).go);
    EXPECT_FALSE(c.ask(start, 100s).probe);
  }
  c = c.failed(start, 5, 60s);
  EXPECT_EQ(c.state(), kind::open);
  EXPECT_EQ(c.failures(), 5u);
  EXPECT_EQ(c.until(), start + 60s);
  const auto a = c.ask(start + 59s, 100s);
  EXPECT_FALSE(a.go);
  EXPECT_EQ(a.until, start + 60s);
  EXPECT_EQ(a.next, c);
}

TEST(Circuit, FailuresMustBeInARow) {
  circuit c;
  for (int i = 0; i < 20; ++i) {
    for (int n = 0; n < 4; ++n) c = c.failed(start, 5, 60s);
    c = c.reached();
  }
  EXPECT_EQ(c, circuit());
}

TEST(Circuit, HalfOpenLetsOneThrough) {
  const auto probe = opened().ask(start + 60s, 100s);
  EXPECT_TRUE(probe.go);
  EXPECT_TRUE(probe.probe);
  EXPECT_EQ(probe.next.state(), kind::half_open);
  EXPECT_EQ(probe.next.until(), start + 160s);
  const auto other = probe.next.ask(start + 61s, 100s);
  EXPECT_FALSE(other.go);
  EXPECT_EQ(other.until, start + 160s);
  const auto again = probe.next.ask(start + 61s, 100s, probe.next);
  EXPECT_TRUE(again.go && again.probe) << "who has the probe is asked again";
  EXPECT_EQ(again.next, probe.next);
}

TEST(Circuit, TheProbeDecides) {
  const circuit probing = opened().ask(start + 60s, 100s).next;
  EXPECT_EQ(probing.reached(), circuit());
  const circuit again = probing.failed(start + 61s, 5, 60s, probing);
  EXPECT_EQ(again.state(), kind::open);
  EXPECT_EQ(again.until(), start + 121s);
  EXPECT_EQ(again.failures(), 6u);
  const circuit back = probing.returned(start + 61s, probing);
  EXPECT_TRUE(back.ask(start + 61s, 100s).probe) << "the next has it";
}

TEST(Circuit, WhoIsNotTheProbeChangesNothing) {
  const circuit open = opened();
  EXPECT_EQ(open.failed(start + 30s, 5, 60s), open);
  const circuit probing = open.ask(start + 60s, 100s).next;
  EXPECT_EQ(probing.failed(start + 61s, 5, 60s), probing);
  EXPECT_EQ(probing.returned(start + 61s, circuit()), probing);
  EXPECT_EQ(open.returned(start + 61s, probing), open);
}

// The client that had it is gone.
TEST(Circuit, AProbeThatNeverReportsRunsOut) {
  const circuit lost = opened().ask(start + 60s, 100s).next;
  EXPECT_FALSE(lost.ask(start + 159'999ms, 100s).go);
  const auto second = lost.ask(start + 160s, 100s);
  EXPECT_TRUE(second.probe);
  EXPECT_EQ(second.next.failed(start + 161s, 5, 60s, lost), second.next) << "too late";
  EXPECT_EQ(second.next.failed(start + 161s, 5, 60s, second.next).state(), kind::open);
}

TEST(Circuit, TimesAreRoundedUpToMilliseconds) {
  circuit c = circuit().failed(start + 1ns, 1, 1s);
  EXPECT_EQ(c.until(), start + 1001ms);
  EXPECT_FALSE(c.ask(start + 1s + 2ns, 1s).go);
  EXPECT_TRUE(c.ask(c.until(), 1s).go);
}

TEST(Circuit, TheCountOfFailuresStopsAtItsBound) {
  circuit c;
  for (unsigned i = 0; i < 20'000; ++i) c = c.failed(start, 20'000, 1s);
  EXPECT_EQ(c.state(), kind::closed);
  EXPECT_EQ(c.failures(), circuit::most_failures);
}

TEST(SharedCircuit, ThreadsAgreeOnOneProbe) {
  for (int round = 0; round < 200; ++round) {
    hawser::shared_circuit shared;
    for (int i = 0; i < 5; ++i) shared.failed(start, 5, 60s);
    std::atomic<int> probes{0};
    std::vector<std::thread> all;
    for (int t = 0; t < 3; ++t) {
      all.emplace_back([&] { probes += shared.ask(start + 60s, 100s).probe; });
    }
    for (auto& t : all) t.join();
    ASSERT_EQ(probes, 1);
  }
}

TEST(SharedCircuit, NoFailureIsLostBetweenThreads) {
  for (int round = 0; round < 100; ++round) {
    hawser::shared_circuit shared;
    std::atomic<int> ready{0};
    std::vector<std::thread> all;
    for (int t = 0; t < 2; ++t) {
      all.emplace_back([&] {
        ++ready;
        while (ready < 2) {
        }
        for (int i = 0; i < 8000; ++i) shared.failed(start, 20'000, 60s);
      });
    }
    for (auto& t : all) t.join();
    ASSERT_EQ(shared.load().failures(), 16'000u);
  }
}

TEST(ProcessCircuit, OneForEachEndpointAsLongAsAnybodyHoldsIt) {
  const auto a = hawser::process_circuit("ws://a:1");
  EXPECT_EQ(hawser::process_circuit("ws://a:1"), a);
  EXPECT_NE(hawser::process_circuit("ws://a:2"), a);
  for (int i = 0; i < 1000; ++i) (void)hawser::process_circuit("ws://b:" + std::to_string(i));
  EXPECT_EQ(hawser::process_circuit("ws://a:1"), a);
  a->failed(start, 1, 60s);
  EXPECT_EQ(hawser::process_circuit("ws://a:1")->load().state(), kind::open);
}

}  // namespace

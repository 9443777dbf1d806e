// Health checks: one that throws or hangs takes none of the others down.
#include <hawser/health.hpp>

#include "support/program_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

namespace hawser::testing {
namespace health_test {

using namespace std::chrono_literals;
using state = health_report::state;

health_answer good() { return {true, "fine"}; }

// A check that hangs until it is let go, and counts its calls.
struct hanging {
  std::promise<void> gate;
  std::shared_future<void> open = gate.get_future().share();
  std::shared_ptr<std::atomic<int>> calls = std::make_shared<std::atomic<int>>(0);

  health_check check() {
    return [o = open, n = calls] {
      ++*n;
      o.wait();
      return health_answer{true, "at last"};
    };
  }
};

TEST(Health, AnEmptyRegistryIsHealthy) {
  health_registry r;
  EXPECT_EQ(to_json(r.run(30s)), R"({"healthy":true,"checks":[]})");
}

TEST(Health, EachCheckIsTold) {
  health_registry r;
  const auto a = r.add("a", good);
  const auto b = r.add("b", [] { return health_answer{false, "broken"}; });
  ASSERT_TRUE(a && b);
  const auto all = r.run(30s);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "a");
  EXPECT_EQ(all[0].what, state::good);
  EXPECT_EQ(all[0].text, "fine");
  EXPECT_EQ(all[1].what, state::failed);
  EXPECT_EQ(all[1].text, "broken");
  EXPECT_THAT(to_json(all), ::testing::StartsWith(R"({"healthy":false,"checks":[{"name":"a",)"));
}

TEST(Health, OneThatThrowsFailsAlone) {
  health_registry r;
  const auto a = r.add("a", []() -> health_answer { throw std::runtime_error("no disk"); });
  const auto b = r.add("b", []() -> health_answer { throw 42; });
  const auto c = r.add("c", good);
  const auto all = r.run(30s);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].what, state::failed);
  EXPECT_EQ(all[0].text, "it threw: no disk");
  EXPECT_EQ(all[1].what, state::failed);
  EXPECT_EQ(all[2].what, state::good);
}

TEST(Health, OneThatHangsIsToldAndNotBegunAgain) {
  health_registry r;
  hanging h;
  const auto a = r.add("a", h.check());
  const auto b = r.add("b", good);
  const auto first = r.run(50ms);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].what, state::timeout);
  EXPECT_EQ(first[0].text, "no answer in time");
  EXPECT_EQ(first[1].what, state::good);
  const auto second = r.run(0ms);
  EXPECT_EQ(second[0].what, state::timeout);
  EXPECT_EQ(second[0].text, "it hangs since an earlier run");
  EXPECT_EQ(*h.calls, 1);
  h.gate.set_value();
  EXPECT_TRUE(comes_true([&] { return r.run(1s)[0].what == state::good; }));
}

TEST(Health, OneThatHangsDoesNotHoldUpTheOthersNextTime) {
  health_registry r;
  hanging h;
  const auto a = r.add("a", h.check());
  const auto b = r.add("b", good);
  (void)r.run(0ms);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(comes_true([&] { return std::chrono::steady_clock::now() - begun > 20ms; }));
  const auto again = r.run(20ms);
  EXPECT_EQ(again[0].text, "it hangs since an earlier run");
  h.gate.set_value();
}

TEST(Health, ATokenTakesItsCheckOut) {
  health_registry r;
  auto a = r.add("a", good);
  {
    const auto b = r.add("b", good);
    EXPECT_EQ(r.run(30s).size(), 2u);
  }
  EXPECT_EQ(r.run(30s).size(), 1u);
  health_registry::token moved = std::move(*a);
  EXPECT_EQ(r.run(30s).size(), 1u);
  moved.remove();
  EXPECT_TRUE(r.run(30s).empty());
  EXPECT_TRUE(r.add("a", good)) << "the name is free again";
}

// A part of a program has two checks, and goes with the first.
TEST(Health, ACheckMayOwnATokenOfItsRegistry) {
  health_registry r;
  auto part = std::make_shared<health_registry::token>();
  auto first = *r.add("first", [part] { return good(); });
  *part = *r.add("second", good);
  part.reset();
  std::promise<void> removed;
  auto done = removed.get_future();
  std::thread([t = std::move(first), p = std::move(removed)]() mutable {
    t.remove();
    p.set_value();
  }).detach();
  ASSERT_EQ(done.wait_for(patience), std::future_status::ready);
  EXPECT_TRUE(r.run(30s).empty());
}

TEST(Health, ATokenAndAHangingCallMayOutliveTheRegistry) {
  hanging h;
  health_registry::token t;
  {
    health_registry r;
    t = *r.add("a", h.check());
    EXPECT_EQ(r.run(0ms)[0].what, state::timeout);
  }
  t.remove();
  h.gate.set_value();
}

TEST(Health, WhatCannotBeAddedIsRefused) {
  health_registry r({.checks = 2});
  EXPECT_EQ(r.add("", good).error(), errc::invalid_option);
  EXPECT_EQ(r.add("a", {}).error(), errc::invalid_option);
  hanging h;
  {
    const auto a = r.add("a", h.check());
    EXPECT_EQ(r.add("a", good).error(), errc::invalid_option);
    (void)r.run(0ms);
  }
  const auto b = r.add("b", good);
  EXPECT_TRUE(b);
  EXPECT_EQ(r.add("c", good).error(), errc::too_many_checks) << "the one that hangs counts";
  h.gate.set_value();
  EXPECT_TRUE(comes_true([&] { return r.add("c", good).has_value(); }));
}

TEST(Health, RunsAtTheSameTimeShareTheirCalls) {
  health_registry r;
  hanging h;
  const auto a = r.add("a", h.check());
  std::thread other([&] { EXPECT_EQ(r.run(30s)[0].what, state::good); });
  ASSERT_TRUE(comes_true([&] { return *h.calls == 1; }));
  std::thread third([&] { EXPECT_EQ(r.run(30s)[0].what, state::good); });
  h.gate.set_value();
  other.join();
  third.join();
}

}  // namespace health_test
}  // namespace hawser::testing

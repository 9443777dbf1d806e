// Drives a quota in a test by short words.
#pragma once

#include <hawser/governor/quota.hpp>

#include "support/noon.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hawser::test {

using namespace governor;

inline constexpr wall_ms minute = 60'000;
using number = std::int64_t;

/// A quota, driven by short words. Calls after the first leave at most one step.
struct quota_driver {
  std::unique_ptr<machine> m = quota_kind.create();
  wall_ms now = noon;

  outcome apply(std::string name, fields params = {}, std::string context = {}) {
    return m->apply({.governor = "quota",
                     .id = "tenant-1/api",
                     .name = std::move(name),
                     .params = std::move(params),
                     .context = std::move(context)},
                    now);
  }
  outcome set(number limit, decimal burst = {1, 0}, number minutes = 60) {
    return apply(
        "set_quota",
        {{"metric", "calls"}, {"limit", limit}, {"burst", burst}, {"window_minutes", minutes}});
  }
  outcome use(number amount, std::string metric = "calls") {
    return apply("record_usage", {{"metric", std::move(metric)}, {"amount", amount}});
  }
  outcome limits(number limit, decimal burst) {
    return apply("set_limits", {{"limit", limit}, {"burst", burst}});
  }
  outcome reset() { return apply("reset_quota", {{"reason", "sorry"}}); }
  std::optional<outcome> later(wall_ms by) {
    now += by;
    return m->fire(now);
  }
  number usage() { return std::get<number>(*find(apply("get_usage").detail, "current")); }
  std::string_view state() const { return m->state(); }
  void restart() {
    auto again = quota_kind.restore(m->save());
    ASSERT_TRUE(again.has_value());
    m = std::move(*again);
  }
};

/// A quota in that state: 100 calls an hour, bursts up to 150, 60 used (or 140 if exceeded).
inline quota_driver in_state(std::string_view state) {
  quota_driver d;
  if (state == "") return d;
  d.set(100, {15, -1});
  if (state == "quota_exceeded" || state == "paused from exceeded") {
    d.use(140);
    d.use(20);
  } else {
    d.use(60);
  }
  if (state.starts_with("paused")) d.apply("pause");
  if (state == "archived") d.apply("archive");
  return d;
}

inline void expect_step(const outcome& o, std::string_view from, std::string_view to,
                        std::string_view event, std::string_view reason) {
  ASSERT_THAT(o.steps, ::testing::SizeIs(1));
  EXPECT_EQ(o.steps[0].from, from);
  EXPECT_EQ(o.steps[0].to, to);
  EXPECT_EQ(o.steps[0].event, event);
  EXPECT_EQ(o.steps[0].reason, reason);
}

inline void expect_refused(const outcome& o, std::string_view error) {
  EXPECT_EQ(o.error, error);
  EXPECT_THAT(o.steps, ::testing::IsEmpty());
  EXPECT_EQ(o.answer, "");
}

}  // namespace hawser::test

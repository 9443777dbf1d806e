#include "support/quota_driver.hpp"

#include <limits>
#include <set>

namespace hawser::governor {
namespace governor_quota_refusal_test {

using namespace hawser::test;

// Elsewhere usage of any metric was refused for ever after a reset that came first.
TEST(quota, reset_before_set_quota_is_invalid_and_harmless) {
  quota_driver d;
  expect_refused(d.reset(), "invalid_event");
  EXPECT_EQ(d.state(), "");
  EXPECT_EQ(d.set(10).error, "");
  EXPECT_EQ(d.use(1).answer, "recorded");
}

TEST(quota, refuses_another_metric_by_both_names) {
  for (const char* state : {"active", "quota_exceeded"}) {
    quota_driver d = in_state(state);
    const auto o = d.use(1, "bytes");
    expect_refused(o, "metric_mismatch");
    EXPECT_EQ(o.detail, (fields{{"configured", "calls"}, {"given", "bytes"}}));
    EXPECT_EQ(d.state(), state);
    EXPECT_EQ(d.m->next_deadline(), noon + 60 * minute);
  }
}

// Elsewhere negative usage was accepted.
TEST(quota, refuses_amounts_that_are_not_positive) {
  for (const char* state : {"active", "quota_exceeded", "paused"}) {
    for (const number amount : {number{0}, number{-1}, std::numeric_limits<number>::min(),
                                max_quota_limit + 1, std::numeric_limits<number>::max()}) {
      quota_driver d = in_state(state);
      const number before = d.usage();
      expect_refused(d.use(amount), "bad_amount");
      EXPECT_EQ(d.usage(), before);
      EXPECT_EQ(d.state(), state);
    }
  }
}

TEST(quota, refuses_usage_while_exceeded_or_paused) {
  quota_driver d = in_state("quota_exceeded");
  const auto o = d.use(1);
  expect_refused(o, "quota_exceeded");
  EXPECT_EQ(o.detail, (fields{{"amount", number{1}},
                              {"usage", number{140}},
                              {"limit", number{100}},
                              {"percent", number{140}}}));
  quota_driver p = in_state("paused");
  expect_refused(p.use(1), "quota_paused");
  EXPECT_EQ(p.usage(), 60);
}

// Elsewhere a stray message ended the governor.
TEST(quota, every_other_event_is_invalid_and_changes_nothing) {
  const std::set<std::string> open{"record_usage", "set_limits", "reset_quota", "archive"};
  const std::set<std::string> active{"record_usage", "set_limits", "reset_quota", "archive",
                                     "pause"};
  const std::set<std::string> paused{"record_usage", "set_limits", "reset_quota", "archive",
                                     "resume"};
  const std::vector<std::pair<std::string, std::set<std::string>>> listed{
      {"", {"set_quota", "archive"}},
      {"active", active},
      {"quota_exceeded", active},
      {"paused", paused},
      {"archived", {}}};
  for (const auto& [state, events] : listed) {
    for (const char* event : {"set_quota", "record_usage", "set_limits", "reset_quota", "pause",
                              "resume", "archive", "window", "start", "hello", ""}) {
      if (events.contains(event)) continue;
      quota_driver d = in_state(state);
      const auto before = d.m->save();
      const auto o = d.apply(event);
      expect_refused(o, "invalid_event");
      EXPECT_EQ(*find(o.detail, "state"), value{state});
      EXPECT_EQ(*find(o.detail, "event"), value{event});
      const auto after = d.m->save();
      EXPECT_EQ(after.state, before.state);
      EXPECT_EQ(after.data, before.data);
      EXPECT_EQ(after.timers, before.timers);
    }
  }
}

TEST(quota, refuses_bad_parameters_by_name) {
  const auto set = [](fields params) {
    quota_driver d;
    params.insert(params.begin(), {"metric", "calls"});
    const auto o = d.apply("set_quota", params);
    EXPECT_EQ(o.error.empty(), d.state() == "active");
    EXPECT_EQ(o.error.empty(), !o.steps.empty());
    return o.error;
  };
  for (const number limit : {number{0}, number{-5}, max_quota_limit + 1}) {
    EXPECT_EQ(set({{"limit", limit}}), "bad_limit");
  }
  for (const number limit : {number{1}, max_quota_limit}) EXPECT_EQ(set({{"limit", limit}}), "");
  for (const number w : {number{0}, max_quota_window + 1, std::numeric_limits<number>::max()}) {
    EXPECT_EQ(set({{"window_minutes", w}}), "bad_window");
  }
  for (const number w : {number{1}, max_quota_window}) EXPECT_EQ(set({{"window_minutes", w}}), "");
  for (const decimal b : {decimal{999, -3}, decimal{15001, -4}, decimal{1'000'001, -3},
                          decimal{-2, 0}, decimal{9, 18}, decimal{0, 0}}) {
    EXPECT_EQ(set({{"burst", b}}), "bad_burst");
  }
  for (const decimal b : {decimal{1, 0}, decimal{1001, -3}, decimal{15000, -4}, decimal{1, 3}}) {
    EXPECT_EQ(set({{"burst", b}}), "");
  }
  EXPECT_EQ(set({{"burst", number{2}}}), "");
  EXPECT_EQ(set({{"limit", "100"}}), "wrong_type");
  EXPECT_EQ(set({{"burts", number{2}}}), "unknown_parameter");
  EXPECT_EQ(quota_driver().apply("set_quota").error, "missing_parameter");
  for (const std::string& metric : {std::string(), std::string(65, 'm'), std::string("a b")}) {
    EXPECT_EQ(quota_driver().apply("set_quota", {{"metric", metric}}).error, "bad_metric");
  }
  EXPECT_EQ(quota_driver().apply("set_quota", {{"metric", std::string(64, 'm')}}).error, "");

  quota_driver d = in_state("active");
  expect_refused(d.apply("record_usage", {{"amount", number{1}}}), "missing_parameter");
  expect_refused(d.apply("record_usage", {{"metric", "calls"}, {"amount", decimal{15, -1}}}),
                 "wrong_type");
  expect_refused(d.apply("set_limits", {{"limit", number{1}}}), "missing_parameter");
  expect_refused(d.limits(0, {1, 0}), "bad_limit");
  expect_refused(d.limits(1, {5, -1}), "bad_burst");
  expect_refused(d.apply("reset_quota"), "missing_parameter");
  expect_refused(d.apply("reset_quota", {{"reason", ""}}), "bad_reason");
  expect_refused(d.apply("reset_quota", {{"reason", std::string(257, 'r')}}), "bad_reason");
  expect_refused(d.apply("pause", {{"why", "because"}}), "unknown_parameter");
  EXPECT_EQ(d.usage(), 60);
}

TEST(quota, refuses_to_restore_a_contradiction) {
  const auto refuses = [](const char* what, const snapshot& s) {
    const auto r = quota_kind.restore(s);
    ASSERT_FALSE(r.has_value()) << what;
    EXPECT_EQ(r.error(), store_errc::corrupt) << what;
  };
  const snapshot active = in_state("active").m->save();
  const snapshot paused = in_state("paused from exceeded").m->save();
  quota_driver unused;
  unused.apply("archive");
  const snapshot blank = unused.m->save();

  snapshot s = active;
  s.timers.clear();
  refuses("active without a window", s);
  s = active;
  s.timers[0] = {"window", 0, 5, true};
  refuses("active with a frozen window", s);
  s = active;
  s.state = "paused";
  refuses("paused with a running window", s);
  s = active;
  s.state = "archived";
  refuses("archived with a window", s);
  s = active;
  s.state = "initializing";
  s.timers.clear();
  refuses("configured, yet initializing", s);
  s = active;
  s.data = blank.data;
  refuses("active, yet not configured", s);
  s = active;
  s.data = paused.data;
  refuses("active, remembering an excess", s);
  s = active;
  for (std::size_t cut = 0; cut < active.data.size(); ++cut) {
    s.data.resize(cut);
    refuses("cut data", s);
    s.data = active.data;
  }
}

TEST(quota, a_spoiled_byte_is_refused_or_leaves_a_quota_that_works) {
  const snapshot active = in_state("active").m->save();
  for (std::size_t i = 0; i < active.data.size(); ++i) {
    for (unsigned v = 0; v < 256; ++v) {
      snapshot s = active;
      s.data[i] = static_cast<std::byte>(v);
      auto r = quota_kind.restore(s);
      if (!r) continue;
      quota_driver d;
      d.m = std::move(*r);
      d.use(1);
      d.usage();
      EXPECT_TRUE(d.later(max_quota_window * minute));
      EXPECT_EQ(d.state(), "active");
    }
  }
}

}  // namespace governor_quota_refusal_test
}  // namespace hawser::governor

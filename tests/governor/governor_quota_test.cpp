#include "support/quota_driver.hpp"

#include <limits>

namespace hawser::governor {
namespace governor_quota_test {

using namespace hawser::test;
using ::testing::Each;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(quota, starts_with_a_step_of_its_own) {
  quota_driver d;
  EXPECT_EQ(d.state(), "");
  const auto o = d.apply("set_quota", {{"metric", "calls"}});
  ASSERT_THAT(o.steps, SizeIs(2));
  EXPECT_EQ(o.steps[0].from, "");
  EXPECT_EQ(o.steps[0].to, "initializing");
  EXPECT_EQ(o.steps[0].reason, "quota_initialized");
  EXPECT_EQ(o.steps[1].from, "initializing");
  EXPECT_EQ(o.steps[1].to, "active");
  EXPECT_EQ(o.steps[1].reason, "quota_configured");
  EXPECT_EQ(o.steps[1].metadata, (fields{{"metric", "calls"},
                                         {"limit", number{10'000}},
                                         {"window_minutes", number{60}},
                                         {"burst", decimal{1000, -3}}}));
  EXPECT_EQ(o.answer, "configured");
  EXPECT_EQ(o.error, "");
  EXPECT_EQ(d.m->next_deadline(), noon + 60 * minute);
}

TEST(quota, may_be_archived_before_it_was_configured) {
  quota_driver d;
  const auto o = d.apply("archive");
  ASSERT_THAT(o.steps, SizeIs(2));
  EXPECT_EQ(o.steps[1].from, "initializing");
  EXPECT_EQ(o.steps[1].to, "archived");
  EXPECT_EQ(o.steps[1].reason, "archived");
  EXPECT_TRUE(d.m->terminal());
  d.restart();
  EXPECT_EQ(d.state(), "archived");
  expect_refused(d.apply("get_usage"), "not_configured");
}

TEST(quota, records_usage_within_the_limit) {
  quota_driver d = in_state("active");
  const auto o = d.use(40);
  expect_step(o, "active", "active", "record_usage", "usage_recorded");
  EXPECT_EQ(o.answer, "recorded");
  EXPECT_EQ(o.error, "");
  EXPECT_EQ(o.steps[0].metadata, (fields{{"metric", "calls"},
                                         {"amount", number{40}},
                                         {"usage", number{100}},
                                         {"limit", number{100}},
                                         {"percent", number{100}}}));
  EXPECT_EQ(o.detail,
            (fields{{"usage", number{100}}, {"limit", number{100}}, {"percent", number{100}}}));
  EXPECT_EQ(d.m->next_deadline(), noon + 60 * minute);
}

TEST(quota, records_usage_in_the_burst) {
  quota_driver d = in_state("active");
  auto o = d.use(41);
  expect_step(o, "active", "active", "record_usage", "usage_recorded_in_burst");
  EXPECT_EQ(o.answer, "in_burst");
  EXPECT_EQ(o.error, "");
  EXPECT_EQ(d.use(49).answer, "in_burst");
  EXPECT_EQ(d.usage(), 150);
}

TEST(quota, is_exceeded_above_the_burst_and_does_not_count_what_it_refused) {
  quota_driver d = in_state("active");
  d.now += 10 * minute;
  const auto o = d.use(91);
  expect_step(o, "active", "quota_exceeded", "record_usage", "quota_exceeded");
  EXPECT_EQ(o.error, "quota_exceeded");
  EXPECT_EQ(o.answer, "");
  EXPECT_EQ(o.detail, (fields{{"amount", number{91}},
                              {"usage", number{60}},
                              {"limit", number{100}},
                              {"percent", number{60}}}));
  EXPECT_EQ(*find(o.steps[0].metadata, "metric"), value{"calls"});
  EXPECT_EQ(d.usage(), 60);
}

TEST(quota, truncates_the_burst) {
  quota_driver d;
  d.set(3, {15, -1});  // 4.5
  EXPECT_EQ(d.use(4).answer, "in_burst");
  EXPECT_EQ(d.use(1).error, "quota_exceeded");
}

// Elsewhere the timer was lost on entering quota_exceeded, which then never ended.
TEST(quota, the_window_goes_on_while_exceeded) {
  quota_driver d = in_state("active");
  d.now += 59 * minute;
  d.use(1000);
  EXPECT_EQ(d.m->next_deadline(), noon + 60 * minute);
  const auto o = d.later(minute);
  ASSERT_TRUE(o);
  expect_step(*o, "quota_exceeded", "active", "window", "window_reset_from_exceeded");
  EXPECT_EQ(d.usage(), 0);
  EXPECT_EQ(d.m->next_deadline(), noon + 120 * minute);
  EXPECT_EQ(d.use(1).answer, "recorded");
}

TEST(quota, the_window_resets_usage) {
  quota_driver d = in_state("active");
  EXPECT_FALSE(d.later(60 * minute - 1));
  const auto o = d.later(1);
  ASSERT_TRUE(o);
  expect_step(*o, "active", "active", "window", "window_reset");
  EXPECT_EQ(o->steps[0].metadata, (fields{{"metric", "calls"}, {"usage", number{60}}}));
  EXPECT_EQ(d.usage(), 0);
  EXPECT_EQ(d.m->next_deadline(), noon + 120 * minute);
}

TEST(quota, a_window_that_ended_long_ago_ends_once) {
  quota_driver d = in_state("active");
  EXPECT_TRUE(d.later(1000 * minute));
  EXPECT_FALSE(d.later(0));
  EXPECT_EQ(d.m->next_deadline(), noon + 1060 * minute);
}

TEST(quota, limits_change_in_place) {
  for (const char* state : {"active", "paused"}) {
    quota_driver d = in_state(state);
    const auto timers = d.m->save().timers;
    const auto o = d.limits(50, {1, 0});
    expect_step(o, state, state, "set_limits", "limits_changed");
    EXPECT_EQ(o.answer, "limits_changed");
    EXPECT_EQ(o.steps[0].metadata, (fields{{"metric", "calls"},
                                           {"limit", number{50}},
                                           {"burst", decimal{1000, -3}},
                                           {"usage", number{60}},
                                           {"percent", number{120}}}));
    EXPECT_EQ(d.m->save().timers, timers);
    d.restart();
  }
}

TEST(quota, grown_limits_end_an_excess_that_fits_now) {
  quota_driver d = in_state("quota_exceeded");
  expect_step(d.limits(139, {1, 0}), "quota_exceeded", "quota_exceeded", "set_limits",
              "limits_changed");
  expect_step(d.limits(140, {1, 0}), "quota_exceeded", "active", "set_limits", "limits_changed");
  EXPECT_EQ(d.m->next_deadline(), noon + 60 * minute);
  quota_driver b = in_state("quota_exceeded");
  EXPECT_EQ(b.limits(100, {1399, -3}).steps[0].to, "quota_exceeded");
  EXPECT_EQ(b.limits(100, {14, -1}).steps[0].to, "active");
}

TEST(quota, grown_limits_end_a_paused_excess_at_its_resume) {
  quota_driver d = in_state("paused from exceeded");
  d.limits(139, {1, 0});
  d.limits(140, {1, 0});
  EXPECT_EQ(d.apply("resume").steps[0].to, "active");
  quota_driver e = in_state("paused from exceeded");
  e.limits(139, {1, 0});
  EXPECT_EQ(e.apply("resume").steps[0].to, "quota_exceeded");
}

TEST(quota, reset_starts_a_new_window_from_anywhere_open) {
  for (const char* state : {"active", "quota_exceeded", "paused", "paused from exceeded"}) {
    quota_driver d = in_state(state);
    const std::string from(d.state());
    const number used = d.usage();
    d.now += 7 * minute;
    const auto o = d.reset();
    expect_step(o, from, "active", "reset_quota", "manual_reset");
    EXPECT_EQ(o.answer, "reset");
    EXPECT_EQ(o.steps[0].metadata,
              (fields{{"metric", "calls"}, {"usage", used}, {"reason", "sorry"}}));
    EXPECT_EQ(d.usage(), 0);
    EXPECT_EQ(d.m->next_deadline(), noon + 67 * minute);
    d.apply("pause");
    EXPECT_EQ(d.apply("resume").steps[0].to, "active");
  }
}

TEST(quota, pause_freezes_the_window_and_resume_thaws_it_exactly) {
  for (const char* state : {"active", "quota_exceeded"}) {
    quota_driver d = in_state(state);
    d.now += 12'345;
    expect_step(d.apply("pause"), state, "paused", "pause", "paused");
    EXPECT_EQ(d.m->next_deadline(), std::nullopt);
    EXPECT_FALSE(d.later(1'000'000 * minute));
    d.restart();
    const auto o = d.apply("resume");
    expect_step(o, "paused", state, "resume", "resumed");
    EXPECT_EQ(o.answer, "resumed");
    EXPECT_EQ(d.m->next_deadline(), d.now + 60 * minute - 12'345);
    EXPECT_FALSE(d.later(60 * minute - 12'346));
    EXPECT_TRUE(d.later(1));
  }
}

TEST(quota, archive_ends_everything) {
  for (const char* state : {"active", "quota_exceeded", "paused"}) {
    quota_driver d = in_state(state);
    const number used = d.usage();
    const auto o = d.apply("archive");
    expect_step(o, state, "archived", "archive", "archived");
    EXPECT_EQ(o.answer, "archived");
    EXPECT_TRUE(d.m->terminal());
    EXPECT_EQ(d.m->next_deadline(), std::nullopt);
    d.restart();
    EXPECT_EQ(d.usage(), used);
  }
}

TEST(quota, answers_queries_in_every_state_without_a_step) {
  for (const char* state : {"active", "quota_exceeded", "paused", "archived"}) {
    quota_driver d = in_state(state);
    auto o = d.apply("get_state");
    EXPECT_EQ(o.answer, "state");
    EXPECT_EQ(o.detail, (fields{{"state", state}}));
    EXPECT_THAT(o.steps, IsEmpty());
    o = d.apply("get_usage");
    const number used = std::string_view(state) == "quota_exceeded" ? 140 : 60;
    EXPECT_EQ(o.answer, "usage");
    EXPECT_EQ(o.detail, (fields{{"current", used}, {"limit", number{100}}, {"percent", used}}));
    EXPECT_THAT(o.steps, IsEmpty());
  }
  quota_driver d;
  expect_refused(d.apply("get_usage"), "not_configured");
  EXPECT_EQ(d.apply("get_state").detail, (fields{{"state", ""}}));
  EXPECT_EQ(d.state(), "");
}

TEST(quota, the_largest_numbers_overflow_nothing) {
  quota_driver d;
  d.set(max_quota_limit, {1000, 0});
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(d.use(max_quota_limit).error, "") << i;
  EXPECT_EQ(d.usage(), 1'000'000'000'000'000'000);
  EXPECT_EQ(*find(d.apply("get_usage").detail, "percent"), value{number{100'000}});
  EXPECT_EQ(d.use(1).error, "quota_exceeded");
  d.limits(1, {1, 0});
  EXPECT_EQ(*find(d.apply("get_usage").detail, "percent"),
            value{std::numeric_limits<number>::max()});
  d.restart();
  EXPECT_EQ(d.state(), "quota_exceeded");
}

TEST(quota, keeps_the_context_with_the_step_and_bounds_it) {
  quota_driver d = in_state("active");
  const fields use{{"metric", "calls"}, {"amount", number{1}}};
  const auto o = d.apply("record_usage", use, R"({"request":7})");
  ASSERT_THAT(o.steps, SizeIs(1));
  EXPECT_EQ(*find(o.steps[0].metadata, "context"), value{R"({"request":7})"});
  EXPECT_EQ(find(o.detail, "context"), nullptr);
  const value dropped{"dropped: it is larger than fits into 4096 bytes of metadata"};
  const auto counted = d.apply("record_usage", use, std::string(4096, 'c'));
  EXPECT_EQ(counted.error, "");
  EXPECT_EQ(*find(counted.detail, "context"), dropped);
  EXPECT_EQ(find(counted.steps[0].metadata, "context"), nullptr);
  EXPECT_EQ(d.usage(), 62);
  const auto above = d.apply("record_usage", {{"metric", "calls"}, {"amount", number{1000}}},
                             std::string(4096, 'c'));
  EXPECT_EQ(above.error, "quota_exceeded");
  EXPECT_EQ(*find(above.detail, "context"), dropped);
  EXPECT_EQ(d.state(), "quota_exceeded");
}

TEST(quota, what_remained_still_remains_when_the_clock_is_set) {
  quota_driver d = in_state("active");
  d.now = 50 * minute;
  d.m->shift(50 * minute - noon);
  EXPECT_FALSE(d.later(59 * minute));
  EXPECT_TRUE(d.later(minute));
}

TEST(quota, prints_its_table) {
  const auto table = quota_table();
  EXPECT_EQ(table.name, "quota");
  EXPECT_EQ(table.states, (std::vector<std::string_view>{"initializing", "active", "quota_exceeded",
                                                         "paused", "archived"}));
  EXPECT_THAT(table.rows, Each(Field(&table_view::row::event, ::testing::Ne(""))));
  EXPECT_THAT(to_mermaid(table),
              ::testing::HasSubstr("  quota_exceeded --> active : after window / "
                                   "window_reset_from_exceeded\n"));
}

}  // namespace governor_quota_test
}  // namespace hawser::governor

#include "support/locker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace hawser::governor {
namespace governor_engine_test {

using namespace hawser::test;
using ::testing::ElementsAre;

using locker_machine = engine<locker>;

outcome apply(machine& m, std::string name, fields params = {}, wall_ms now = noon,
              std::string context = {}) {
  return m.apply({.governor = "locker",
                  .id = "1",
                  .name = std::move(name),
                  .params = std::move(params),
                  .context = std::move(context)},
                 now);
}

std::unique_ptr<machine> full_locker(std::int64_t size) {
  auto m = locker_machine::create();
  EXPECT_EQ(apply(*m, "store", {{"size", size}}).error, "");
  return m;
}

std::vector<std::string> fired(machine& m, wall_ms now, int most = 20) {
  std::vector<std::string> out;
  while (most-- > 0) {
    const auto o = m.fire(now);
    if (!o) break;
    EXPECT_EQ(o->steps.size(), 1u);
    out.push_back(o->steps[0].event + ":" + o->steps[0].reason);
  }
  return out;
}

TEST(governor_engine, leaves_the_start_as_a_step_of_its_own) {
  auto m = locker_machine::create();
  EXPECT_EQ(m->state(), "");
  const auto out = apply(*m, "store", {{"size", std::int64_t{1}}});
  ASSERT_EQ(out.steps.size(), 2u);
  EXPECT_EQ(out.steps[0].from, "");
  EXPECT_EQ(out.steps[0].to, "empty");
  EXPECT_EQ(out.steps[0].event, "start");
  EXPECT_EQ(out.steps[0].reason, "built");
  EXPECT_EQ(out.steps[1].from, "empty");
  EXPECT_EQ(out.steps[1].to, "full");
  EXPECT_EQ(out.answer, "stored");
}

TEST(governor_engine, creates_nothing_for_an_event_that_is_refused) {
  auto m = locker_machine::create();
  for (const char* name : {"take", "inspect", "fee", "what", ""}) {
    const auto out = apply(*m, name);
    EXPECT_EQ(out.error, "invalid_event") << name;
    EXPECT_TRUE(out.steps.empty());
    EXPECT_EQ(m->state(), "");
  }
  EXPECT_EQ(apply(*m, "store", {{"size", std::int64_t{6}}}).error, "too_big");
  EXPECT_EQ(apply(*m, "store", {}).error, "missing_parameter");
  EXPECT_EQ(m->state(), "");
  EXPECT_EQ(m->save().state, "");
}

TEST(governor_engine, says_which_event_is_invalid_where) {
  auto m = full_locker(1);
  EXPECT_EQ(apply(*m, "store", {}).detail,
            (fields{{"state", "full"}, {"event", "store"}, {"known", true}}));
  EXPECT_EQ(apply(*m, std::string(100, 'x')).detail,
            (fields{{"state", "full"}, {"event", std::string(64, 'x')}, {"known", false}}));
}

TEST(governor_engine, an_event_whose_guards_all_fail_is_invalid) {
  auto m = locker_machine::create();
  EXPECT_EQ(apply(*m, "inspect").error, "invalid_event");
}

TEST(governor_engine, a_timer_cannot_be_faked_by_its_name) {
  auto m = full_locker(1);
  EXPECT_EQ(apply(*m, "expire").error, "invalid_event");
  EXPECT_EQ(m->state(), "full");
}

TEST(governor_engine, an_action_of_a_refusal_changes_nothing) {
  auto m = locker_machine::create();
  apply(*m, "store", {{"size", std::int64_t{2}}});
  apply(*m, "take");
  const auto before = m->save();
  const auto out = apply(*m, "store", {{"size", std::int64_t{7}}});
  EXPECT_EQ(out.error, "too_big");
  EXPECT_EQ(out.detail, (fields{{"at", noon}}));
  EXPECT_TRUE(out.steps.empty());
  EXPECT_EQ(m->save().data, before.data);
}

TEST(governor_engine, fires_in_the_order_of_deadlines_however_late) {
  auto m = full_locker(5);
  EXPECT_EQ(m->next_deadline(), noon + 5 * hour);
  EXPECT_THAT(fired(*m, noon + 5 * hour - 1), ElementsAre());
  EXPECT_THAT(fired(*m, noon + 5 * hour), ElementsAre("remind:reminded"));
  // 24 h fee, 10 h reminder, 50 h expiry: the reminder armed by the late one is counted from now.
  EXPECT_THAT(fired(*m, noon + 60 * hour),
              ElementsAre("remind:reminded", "fee:fee_due", "expire:expired"));
  EXPECT_EQ(m->state(), "empty");
  EXPECT_EQ(m->next_deadline(), std::nullopt);
  EXPECT_EQ(m->fire(std::numeric_limits<wall_ms>::max()), std::nullopt);
}

TEST(governor_engine, of_equal_deadlines_the_first_in_the_list_fires_first) {
  auto m = full_locker(5);
  fired(*m, noon + 26 * hour);  // fee again at 50 h, as the expiry
  EXPECT_THAT(fired(*m, noon + 50 * hour),
              ElementsAre("remind:reminded", "fee:fee_due", "expire:expired"));
}

TEST(governor_engine, guards_choose_the_row_of_an_expiry_and_without_ends_a_timer) {
  auto m = full_locker(1);
  EXPECT_THAT(fired(*m, noon + 1 * hour), ElementsAre("remind:reminded"));
  EXPECT_THAT(fired(*m, noon + 2 * hour), ElementsAre("remind:reminded"));
  EXPECT_THAT(fired(*m, noon + 3 * hour), ElementsAre("remind:last_reminder"));
  EXPECT_THAT(fired(*m, noon + 23 * hour), ElementsAre());
  EXPECT_TRUE(locker_machine::restore(m->save()).has_value());
}

TEST(governor_engine, arm_at_takes_the_field_held_to_the_bound) {
  auto m = full_locker(5);
  apply(*m, "extend", {{"hours", std::int64_t{10}}});
  const auto expiry = [&] {
    for (const auto& t : m->save().timers) {
      if (t.name == "expire") return t.deadline;
    }
    return wall_ms{0};
  };
  EXPECT_EQ(expiry(), noon + 60 * hour);
  apply(*m, "extend", {{"hours", std::int64_t{1000}}});
  EXPECT_EQ(expiry(), noon + 100 * hour);
}

TEST(governor_engine, shift_moves_deadlines_and_the_times_in_the_data) {
  auto m = full_locker(5);
  m->shift(1000 * hour);
  EXPECT_EQ(m->next_deadline(), noon + 1005 * hour);
  apply(*m, "extend", {{"hours", std::int64_t{1}}}, noon + 1000 * hour);
  EXPECT_EQ(m->save().timers.back().deadline, noon + 1051 * hour);
  m->shift(-1000 * hour);
  EXPECT_EQ(m->next_deadline(), noon + 5 * hour);
}

TEST(governor_engine, frozen_timers_do_not_shift) {
  auto m = full_locker(5);
  apply(*m, "jam", {{"reason", "wedged"}}, noon + hour);
  const auto before = m->save().timers;
  m->shift(1000 * hour);
  EXPECT_EQ(m->save().timers, before);
  EXPECT_THAT(before, ElementsAre(timer_state{"fee", 0, 23 * hour, true},
                                  timer_state{"remind", 0, 4 * hour, true}));
}

TEST(governor_engine, freezing_an_overdue_timer_keeps_nothing_but_the_debt) {
  auto m = full_locker(5);
  apply(*m, "jam", {{"reason", "wedged"}}, noon + 30 * hour);
  EXPECT_THAT(m->save().timers,
              ElementsAre(timer_state{"fee", 0, 0, true}, timer_state{"remind", 0, 0, true}));
}

TEST(governor_engine, absurd_times_overflow_nothing) {
  constexpr auto most = std::numeric_limits<wall_ms>::max();
  constexpr auto least = std::numeric_limits<wall_ms>::min();
  EXPECT_EQ(detail::later(most, 1), most);
  EXPECT_EQ(detail::later(least, -1), least);
  EXPECT_EQ(detail::until(most, -1), most);
  EXPECT_EQ(detail::until(least, 1), 0);
  EXPECT_EQ(detail::until(5, 7), 0);
  EXPECT_EQ(detail::until(7, 5), 2);
}

TEST(governor_engine, a_row_without_a_reason_takes_the_action_s) {
  auto m = full_locker(1);
  EXPECT_EQ(apply(*m, "jam", {{"reason", "wedged"}}).steps[0].reason, "wedged");
}

TEST(governor_engine, an_action_chooses_among_the_listed_states) {
  for (const std::int64_t where : {0, 1}) {
    auto m = locker_machine::create();
    apply(*m, "jam", {{"reason", "x"}});
    apply(*m, "move_on", {{"where", where}});
    EXPECT_EQ(m->state(), where == 0 ? "empty" : "inspected");
  }
}

TEST(governor_engine, every_open_state_has_the_rows_of_all_and_the_end_has_none) {
  for (const char* path : {"", "store", "jam"}) {
    auto m = locker_machine::create();
    if (*path == 's') apply(*m, "store", {{"size", std::int64_t{1}}});
    if (*path == 'j') apply(*m, "jam", {{"reason", "x"}});
    EXPECT_FALSE(m->terminal());
    EXPECT_EQ(apply(*m, "scrap").steps.back().to, "gone");
    EXPECT_TRUE(m->terminal());
    EXPECT_EQ(m->next_deadline(), std::nullopt);
    EXPECT_EQ(apply(*m, "scrap").error, "invalid_event");
    EXPECT_EQ(apply(*m, "get_state").detail, (fields{{"state", "gone"}}));
  }
}

TEST(governor_engine, get_state_needs_nothing_and_leaves_nothing) {
  auto m = locker_machine::create();
  auto out = apply(*m, "get_state");
  EXPECT_EQ(out.answer, "state");
  EXPECT_EQ(out.detail, (fields{{"state", ""}}));
  EXPECT_TRUE(out.steps.empty());
  EXPECT_EQ(apply(*m, "get_state", {{"x", true}}).error, "unknown_parameter");
}

TEST(governor_engine, bounds_metadata_and_context_together) {
  const auto jam = [](std::size_t reason, std::size_t context) {
    auto m = locker_machine::create();
    auto out =
        apply(*m, "jam", {{"reason", std::string(reason, 'r')}}, noon, std::string(context, 'c'));
    EXPECT_EQ(out.error.empty(), m->state() == "jammed");
    EXPECT_EQ(out.error.empty(), out.steps.size() == 2);
    return out;
  };
  // map(1) "reason" text(2-byte length): 1 + 7 + 3 bytes around it; "context": 8 + 3 more.
  EXPECT_EQ(jam(4096 - 11, 0).error, "");
  const auto refused_one = jam(4096 - 10, 0);
  EXPECT_EQ(refused_one.error, "metadata_too_big");
  EXPECT_EQ(refused_one.detail,
            (fields{{"size", std::int64_t{4097}}, {"most", std::int64_t{4096}}}));
  const auto kept = jam(2000, 4096 - 2000 - 22);
  EXPECT_EQ(kept.detail, fields{});
  EXPECT_EQ(kept.steps.back().metadata.size(), 2u);
  // The event counts all the same.
  const fields dropped{{"context", "dropped: it is larger than fits into 4096 bytes of metadata"}};
  for (const std::size_t context : {std::size_t{4096 - 2000 - 21}, std::size_t{1'000'000}}) {
    const auto out = jam(2000, context);
    EXPECT_EQ(out.error, "");
    EXPECT_EQ(out.detail, dropped);
    EXPECT_EQ(out.steps.back().metadata.size(), 1u);
  }
}

TEST(governor_engine, keeps_the_context_as_text_with_the_step_of_the_event) {
  auto m = locker_machine::create();
  const auto out = apply(*m, "scrap", {}, noon, R"({"by":"ann"})");
  EXPECT_EQ(out.steps[0].metadata, fields{});
  EXPECT_EQ(out.steps[1].metadata, (fields{{"context", R"({"by":"ann"})"}}));
  auto n = locker_machine::create();
  const auto other = apply(*n, "scrap", {}, noon, "\xff");
  EXPECT_EQ(other.error, "");
  EXPECT_EQ(other.detail, (fields{{"context", "dropped: it is not UTF-8"}}));
  EXPECT_EQ(other.steps[1].metadata, fields{});
}

TEST(governor_engine, restores_what_it_saved) {
  auto m = full_locker(5);
  fired(*m, noon + 5 * hour);
  const auto saved = m->save();
  EXPECT_EQ(saved.state, "full");
  auto again = locker_machine::restore(saved);
  ASSERT_TRUE(again.has_value());
  const auto twice = (*again)->save();
  EXPECT_EQ(twice.state, saved.state);
  EXPECT_EQ(twice.data, saved.data);
  EXPECT_EQ(twice.timers, saved.timers);
  EXPECT_EQ(fired(**again, noon + 60 * hour), fired(*m, noon + 60 * hour));
}

TEST(governor_engine, restores_the_start) {
  auto m = locker_machine::restore(snapshot{});
  ASSERT_TRUE(m.has_value());
  EXPECT_EQ(apply(**m, "scrap").steps.size(), 2u);
}

TEST(governor_engine, refuses_to_restore_what_no_run_can_have_stored) {
  const snapshot good = full_locker(5)->save();
  const auto refuses = [&](const char* what, auto spoil) {
    snapshot s = good;
    spoil(s);
    const auto r = locker_machine::restore(s);
    ASSERT_FALSE(r.has_value()) << what;
    EXPECT_EQ(r.error(), store_errc::corrupt) << what;
  };
  refuses("unknown state", [](snapshot& s) { s.state = "fuller"; });
  refuses("start with data", [](snapshot& s) { s.state = "", s.timers.clear(); });
  refuses("start with timers", [](snapshot& s) { s.state = "", s.data.clear(); });
  refuses("no data", [](snapshot& s) { s.data.clear(); });
  refuses("short data", [](snapshot& s) { s.data.pop_back(); });
  refuses("long data", [](snapshot& s) { s.data.push_back(std::byte{0}); });
  refuses("bad value", [](snapshot& s) { s.data[1] = std::byte{0x20}; });
  refuses("unknown timer", [](snapshot& s) { s.timers[0].name = "tea"; });
  refuses("timer twice", [](snapshot& s) { s.timers.push_back(s.timers[0]); });
  refuses("armed and remaining", [](snapshot& s) { s.timers[0].remaining = 1; });
  refuses("frozen with a deadline", [](snapshot& s) { s.timers[0].frozen = true; });
  refuses("frozen where it must run", [](snapshot& s) { s.timers[0] = {"fee", 0, 5, true}; });
  refuses("missing timer", [](snapshot& s) { s.timers.erase(s.timers.begin()); });
  refuses("timer in a state that does not hear it", [](snapshot& s) { s.state = "empty"; });
  refuses("timer after the end", [](snapshot& s) { s.state = "gone"; });
  snapshot jammed = good;
  jammed.state = "jammed";
  jammed.timers = {{"fee", 0, 48 * hour, true}, {"remind", 0, 0, true}};
  EXPECT_TRUE(locker_machine::restore(jammed).has_value());
  for (const wall_ms remaining : {wall_ms{-1}, 48 * hour + 1}) {
    jammed.timers[0].remaining = remaining;
    EXPECT_FALSE(locker_machine::restore(jammed).has_value());
  }
}

}  // namespace governor_engine_test
}  // namespace hawser::governor

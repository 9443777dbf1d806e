#include <hawser/core/ws/lifecycle.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace lifecycle_test {

using namespace std::chrono_literals;
using hawser::errc;
using hawser::error_code;
using hawser::lifecycle;
using hawser::never;
using hawser::phase;
using hawser::time_point;
using action = lifecycle::action;

constexpr time_point t0 = time_point(1000s);
constexpr hawser::deadlines each{.authenticate = 1s,
                                 .resolve = 2s,
                                 .connect = 3s,
                                 .secure = 4s,
                                 .upgrade = 5s,
                                 .refusal_body = 500ms,
                                 .write_progress = 6s,
                                 .close = 7s};

struct step {
  phase at;
  action next;  // what reaching it asked for
  hawser::duration deadline;
  errc timeout;
};
constexpr step road[] = {
    {phase::authenticating, action::authenticate, 1s, errc::auth_timeout},
    {phase::resolving, action::resolve, 2s, errc::resolve_timeout},
    {phase::connecting, action::connect, 3s, errc::connect_timeout},
    {phase::securing, action::secure, 4s, errc::secure_timeout},
    {phase::upgrading, action::upgrade, 5s, errc::upgrade_timeout},
};

action advance(lifecycle& l, time_point now) {
  if (l.current() == phase::waiting) return l.admitted(now);
  if (l.current() == phase::authenticating) return l.granted(now);
  return l.done(now);
}

// A machine that has come as far as `at`.
lifecycle arrived(phase at) {
  lifecycle l(each);
  if (at == phase::idle) return l;
  l.start();
  while (l.current() != at && l.current() != phase::open) advance(l, t0);
  if (at == phase::closing) l.closing(t0);
  if (at == phase::stopped) l.stop(t0), l.stop(t0);
  return l;
}

constexpr phase all[] = {
    phase::idle,     phase::waiting,   phase::authenticating, phase::resolving, phase::connecting,
    phase::securing, phase::upgrading, phase::open,           phase::closing,   phase::stopped};

TEST(lifecycle, the_road_to_an_open_link) {
  lifecycle l(each);
  EXPECT_EQ(l.current(), phase::idle);
  EXPECT_EQ(l.deadline(), never);
  EXPECT_EQ(l.start(), action::admit);
  EXPECT_EQ(l.current(), phase::waiting);
  EXPECT_EQ(l.deadline(), never);
  EXPECT_EQ(l.attempt(), 1u);
  time_point now = t0;
  for (const step& s : road) {
    EXPECT_EQ(advance(l, now), s.next);
    EXPECT_EQ(l.current(), s.at);
    EXPECT_EQ(l.deadline(), now + s.deadline) << to_string(s.at);
    now += 100ms;
  }
  EXPECT_EQ(l.done(now), action::announce);
  EXPECT_EQ(l.current(), phase::open);
  EXPECT_EQ(l.deadline(), never);
}

TEST(lifecycle, each_phase_times_out_at_its_deadline_and_not_before) {
  for (const step& s : road) {
    lifecycle l = arrived(s.at);
    const time_point due = t0 + s.deadline;
    EXPECT_EQ(l.tick(due - 1ns), action::none);
    EXPECT_EQ(l.current(), s.at);
    EXPECT_EQ(l.tick(due), action::react) << to_string(s.at);
    EXPECT_EQ(l.error(), s.timeout);
    EXPECT_EQ(l.failed_in(), s.at);
    EXPECT_EQ(l.current(), phase::waiting);
    EXPECT_EQ(l.tick(due + 1h), action::none) << "the answer is awaited, no time runs";
  }
  lifecycle l = arrived(phase::closing);
  EXPECT_EQ(l.deadline(), t0 + 7s);
  EXPECT_EQ(l.tick(t0 + 7s - 1ns), action::none);
  EXPECT_EQ(l.tick(t0 + 7s), action::react);
  EXPECT_EQ(l.error(), errc::close_timeout);
  EXPECT_EQ(l.failed_in(), phase::closing);
}

TEST(lifecycle, a_refusals_body_has_a_deadline_of_its_own_within_the_upgrades) {
  lifecycle l = arrived(phase::upgrading);
  l.refused(t0 + 1s);
  EXPECT_EQ(l.deadline(), t0 + 1500ms);
  EXPECT_EQ(l.tick(t0 + 1500ms - 1ns), action::none);
  EXPECT_EQ(l.tick(t0 + 1500ms), action::react);
  EXPECT_EQ(l.error(), errc::upgrade_timeout);
  lifecycle late = arrived(phase::upgrading);
  late.refused(t0 + 4900ms);
  EXPECT_EQ(late.deadline(), t0 + 5s);
  for (const phase other : {phase::waiting, phase::securing, phase::open, phase::closing}) {
    lifecycle m = arrived(other);
    const time_point before = m.deadline();
    m.refused(t0);
    EXPECT_EQ(m.deadline(), before) << to_string(other);
  }
}

TEST(lifecycle, a_failure_at_each_step_asks_whether_to_dial_again) {
  for (const step& s : road) {
    lifecycle l = arrived(s.at);
    EXPECT_EQ(l.failed(errc::unavailable), action::react) << to_string(s.at);
    EXPECT_EQ(l.error(), errc::unavailable);
    EXPECT_EQ(l.failed_in(), s.at);
    EXPECT_EQ(l.retry(t0 + 9s), action::none);
    EXPECT_EQ(l.attempt(), 2u);
    EXPECT_EQ(l.deadline(), t0 + 9s);
    EXPECT_EQ(l.tick(t0 + 9s - 1ns), action::none);
    EXPECT_EQ(l.tick(t0 + 9s), action::admit) << "every dial takes the same road";
    EXPECT_EQ(l.admitted(t0 + 9s), action::authenticate);
  }
}

TEST(lifecycle, a_refused_attempt_reacts_too) {
  lifecycle l = arrived(phase::waiting);
  EXPECT_EQ(l.failed(errc::refused_by_hook), action::react);
  EXPECT_EQ(l.failed_in(), phase::waiting);
}

TEST(lifecycle, an_attempt_that_must_wait_is_asked_for_again) {
  lifecycle l = arrived(phase::waiting);
  EXPECT_EQ(l.wait_until(t0 + 1s), action::none);
  EXPECT_EQ(l.deadline(), t0 + 1s);
  EXPECT_EQ(l.tick(t0 + 1s - 1ns), action::none);
  EXPECT_EQ(l.tick(t0 + 1s), action::admit);
  EXPECT_EQ(l.attempt(), 1u);
}

TEST(lifecycle, an_attempt_can_be_put_off_before_it_is_made) {
  for (const phase p : all) {
    lifecycle l = arrived(p);
    const unsigned attempt = l.attempt();
    EXPECT_EQ(l.put_off(t0 + 1h), action::none) << to_string(p);
    EXPECT_EQ(l.attempt(), attempt) << "it is the same attempt";
    if (p != phase::authenticating) {
      EXPECT_EQ(l.current(), p);
      continue;
    }
    EXPECT_EQ(l.current(), phase::waiting);
    EXPECT_EQ(l.deadline(), t0 + 1h);
    EXPECT_EQ(l.granted(t0), action::none) << "nothing was begun";
    EXPECT_EQ(l.tick(t0 + 1h), action::admit);
  }
}

TEST(lifecycle, the_end_of_a_link_begins_the_attempts_afresh) {
  for (const phase at : {phase::open, phase::closing}) {
    lifecycle l = arrived(phase::resolving);
    l.failed(errc::resolve_timeout);
    l.retry(t0);
    l.tick(t0);
    while (l.current() != phase::open) advance(l, t0);
    EXPECT_EQ(l.attempt(), 2u);
    if (at == phase::closing) l.closing(t0);
    EXPECT_EQ(l.ended(errc::dropped), action::react);
    EXPECT_EQ(l.failed_in(), at);
    EXPECT_EQ(l.attempt(), 0u);
    l.retry(t0);
    EXPECT_EQ(l.attempt(), 1u);
  }
}

TEST(lifecycle, giving_up_ends_with_the_error) {
  const auto failed = [] {
    lifecycle l = arrived(phase::open);
    l.ended(errc::closed);
    return l;
  };
  lifecycle plain = failed();
  EXPECT_EQ(plain.give_up(), action::finish);
  EXPECT_EQ(plain.current(), phase::stopped);
  EXPECT_EQ(plain.result(), errc::closed);
  lifecycle other = failed();
  EXPECT_EQ(other.give_up(errc::hook_threw), action::finish);
  EXPECT_EQ(other.result(), errc::hook_threw);
  lifecycle clean = failed();
  EXPECT_EQ(clean.give_up_cleanly(), action::finish);
  EXPECT_FALSE(clean.result());
}

TEST(lifecycle, stop_in_each_phase) {
  for (const phase at : all) {
    lifecycle l = arrived(at);
    if (at == phase::stopped) continue;
    const action a = l.stop(t0);
    EXPECT_TRUE(l.stopping());
    EXPECT_FALSE(l.stopped_twice());
    if (at == phase::open) {
      EXPECT_EQ(a, action::close);
      EXPECT_EQ(l.current(), phase::closing);
      EXPECT_EQ(l.deadline(), t0 + 7s);
    } else if (at == phase::closing) {
      EXPECT_EQ(a, action::none);
      EXPECT_EQ(l.deadline(), t0 + 7s);
    } else {
      EXPECT_EQ(a, action::finish) << to_string(at);
      EXPECT_EQ(l.current(), phase::stopped);
      EXPECT_EQ(l.deadline(), never);
      EXPECT_FALSE(l.result());
    }
    EXPECT_EQ(l.stop(t0), action::finish) << to_string(at);
    EXPECT_TRUE(l.stopped_twice());
    EXPECT_EQ(l.current(), phase::stopped);
    EXPECT_FALSE(l.result());
  }
}

// Something of it may linger still: a stop that ends that is not why the client ended.
TEST(lifecycle, a_stop_after_the_end_does_not_hide_the_error) {
  lifecycle l = arrived(phase::open);
  l.ended(errc::unavailable);
  l.give_up();
  EXPECT_EQ(l.stop(t0), action::none);
  EXPECT_EQ(l.stop(t0), action::finish);
  EXPECT_EQ(l.result(), errc::unavailable);
}

TEST(lifecycle, stop_before_start_means_that_it_never_runs) {
  lifecycle l(each);
  EXPECT_EQ(l.stop(t0), action::finish);
  EXPECT_EQ(l.start(), action::none);
}

TEST(lifecycle, a_drain_ends_with_the_link_or_at_its_deadline) {
  lifecycle drained = arrived(phase::open);
  drained.stop(t0);
  EXPECT_EQ(drained.ended(errc::closed), action::finish) << "nobody is asked to dial again";
  EXPECT_FALSE(drained.result());
  lifecycle late = arrived(phase::open);
  late.stop(t0);
  EXPECT_EQ(late.tick(t0 + 7s), action::finish);
  EXPECT_FALSE(late.result());
}

TEST(lifecycle, what_does_not_belong_to_the_phase_changes_nothing) {
  using input = std::function<action(lifecycle&)>;
  const struct {
    const char* name;
    input give;
    std::vector<phase> belongs;
  } inputs[] = {
      {"start", [](lifecycle& l) { return l.start(); }, {phase::idle}},
      {"admitted", [](lifecycle& l) { return l.admitted(t0); }, {phase::waiting}},
      {"wait_until", [](lifecycle& l) { return l.wait_until(t0); }, {phase::waiting}},
      {"granted", [](lifecycle& l) { return l.granted(t0); }, {phase::authenticating}},
      {"done",
       [](lifecycle& l) { return l.done(t0); },
       {phase::resolving, phase::connecting, phase::securing, phase::upgrading}},
      {"failed",
       [](lifecycle& l) { return l.failed(errc::unavailable); },
       {phase::waiting, phase::authenticating, phase::resolving, phase::connecting, phase::securing,
        phase::upgrading}},
      {"closing", [](lifecycle& l) { return l.closing(t0), action::none; }, {phase::open}},
      {"ended", [](lifecycle& l) { return l.ended(errc::closed); }, {phase::open, phase::closing}},
      {"retry", [](lifecycle& l) { return l.retry(t0); }, {}},
      {"give_up", [](lifecycle& l) { return l.give_up(errc::closed); }, {}},
      {"give_up_cleanly", [](lifecycle& l) { return l.give_up_cleanly(); }, {}},
  };
  for (const auto& in : inputs) {
    for (const phase at : all) {
      if (std::find(in.belongs.begin(), in.belongs.end(), at) != in.belongs.end()) continue;
      lifecycle l = arrived(at);
      const time_point deadline = l.deadline();
      EXPECT_EQ(in.give(l), action::none) << in.name << " in " << to_string(at);
      EXPECT_EQ(l.current(), at) << in.name;
      EXPECT_EQ(l.deadline(), deadline) << in.name;
      EXPECT_FALSE(l.error()) << in.name;
    }
  }
}

// `waiting` is for three things; what belongs to one of them is late in the others.
TEST(lifecycle, a_late_completion_is_not_taken_for_an_answer) {
  lifecycle l = arrived(phase::connecting);
  l.tick(t0 + 3s);
  EXPECT_EQ(l.failed(errc::refused_by_hook), action::none) << "while on_error is asked";
  EXPECT_EQ(l.admitted(t0), action::none);
  EXPECT_EQ(l.wait_until(t0), action::none);
  EXPECT_EQ(l.error(), errc::connect_timeout);
  EXPECT_EQ(l.retry(t0 + 9s), action::none);
  EXPECT_EQ(l.failed(errc::refused_by_hook), action::none) << "while the delay runs";
  EXPECT_EQ(l.admitted(t0), action::none);
  EXPECT_EQ(l.wait_until(t0), action::none);
  EXPECT_EQ(l.retry(t0), action::none);
  EXPECT_EQ(l.give_up(), action::none);
  EXPECT_EQ(l.attempt(), 2u);
  EXPECT_EQ(l.deadline(), t0 + 9s);
  EXPECT_EQ(l.tick(t0 + 9s), action::admit);
  EXPECT_EQ(l.retry(t0), action::none);
  EXPECT_EQ(l.give_up_cleanly(), action::none);
  EXPECT_EQ(l.error(), errc::connect_timeout);
}

TEST(lifecycle, phases_have_names) {
  constexpr std::string_view names[] = {"idle",       "waiting",  "authenticating", "resolving",
                                        "connecting", "securing", "upgrading",      "open",
                                        "closing",    "stopped"};
  for (std::size_t i = 0; i < std::size(all); ++i) EXPECT_EQ(to_string(all[i]), names[i]);
}

TEST(lifecycle, a_close_without_a_link_fails_the_attempt_in_each_phase_of_it) {
  for (const phase at : {phase::waiting, phase::authenticating, phase::resolving, phase::connecting,
                         phase::securing, phase::upgrading}) {
    lifecycle l = arrived(at);
    EXPECT_EQ(l.closed(), action::react);
    EXPECT_EQ(l.error(), errc::closed);
    EXPECT_EQ(l.failed_in(), at);
    EXPECT_EQ(l.closed(), action::none) << "it is asked what follows";
    EXPECT_EQ(l.give_up_cleanly(), action::finish);
    EXPECT_EQ(l.result(), error_code());
  }
  for (const phase at : {phase::open, phase::closing, phase::stopped}) {
    lifecycle l = arrived(at);
    EXPECT_EQ(l.closed(), action::none);
    EXPECT_EQ(l.current(), at);
  }
}

TEST(lifecycle, a_close_before_the_start_fails_the_first_attempt) {
  lifecycle l(each);
  EXPECT_EQ(l.closed(), action::none);
  EXPECT_EQ(l.current(), phase::idle);
  EXPECT_EQ(l.start(), action::react);
  EXPECT_EQ(l.retry(t0), action::none);
  EXPECT_EQ(l.tick(t0), action::admit) << "it counts once";
}

TEST(lifecycle, what_is_refused_ends_before_it_begins) {
  lifecycle l(each);
  EXPECT_EQ(l.refuse(errc::invalid_url), action::finish);
  EXPECT_EQ(l.current(), phase::stopped);
  EXPECT_EQ(l.result(), errc::invalid_url);
  EXPECT_EQ(l.refuse(errc::invalid_url), action::none);
  EXPECT_EQ(l.start(), action::none);
}

}  // namespace lifecycle_test

#include <hawser/core/explain/attempt_log.hpp>
#include <hawser/core/text/json_writer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace hawser {
namespace attempt_log_test {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using state = step_record::state;

class attempt_logs : public ::testing::Test {
 protected:
  attempt_logs() { log.configure("wss://host:9", true); }

  // Enters the phases one after the other, each after `each`.
  void go(std::initializer_list<phase> phases, duration each = 10ms) {
    for (const phase p : phases) {
      log.entered(p, now);
      now += each;
    }
  }
  void open(bool login = false) {
    go({phase::authenticating, phase::resolving, phase::connecting, phase::securing,
        phase::upgrading, phase::open});
    log.opened(++link, login, now);
  }
  void fail(phase at, error_code ec) {
    log.entered(phase::waiting, now);
    log.failed({.at = at, .error = ec, .detail = ec.message()}, now);
  }
  explanation explain() const { return log.explain(now); }

  attempt_log log;
  time_point now{1000s};
  std::uint64_t link = 0;
};

TEST_F(attempt_logs, before_the_start_there_is_nothing) {
  const explanation e = explain();
  EXPECT_EQ(e.at, phase::idle);
  EXPECT_FALSE(e.since);
  EXPECT_FALSE(e.last);
  EXPECT_EQ(to_words(e), "not connected to wss://host:9: idle\n");
}

TEST_F(attempt_logs, what_is_put_off_is_no_attempt) {
  go({phase::waiting, phase::authenticating, phase::resolving, phase::connecting});
  fail(phase::connecting, errc::connect_timeout);
  const explanation before = explain();
  log.entered(phase::authenticating, now);
  EXPECT_EQ(explain().attempts, 2u);
  EXPECT_EQ(explain().step(attempt_step::credentials).what, state::under_way);
  log.put_off();
  log.entered(phase::waiting, now, now + 1min);
  EXPECT_EQ(explain().attempts, 1u);
  EXPECT_EQ(explain().next_attempt, duration(1min));
  for (std::size_t i = 0; i < attempt_steps; ++i) {
    EXPECT_EQ(explain().steps[i].what, before.steps[i].what) << i;
    EXPECT_EQ(explain().steps[i].took, before.steps[i].took) << i;
  }
  log.put_off();
  EXPECT_EQ(explain().attempts, 1u) << "there is none";
}

TEST_F(attempt_logs, each_step_has_its_duration) {
  log.entered(phase::waiting, now);
  log.entered(phase::authenticating, now);
  now += 1ms;
  log.entered(phase::resolving, now);
  now += 20ms;
  log.entered(phase::connecting, now);
  now += 300ms;
  const explanation e = explain();
  EXPECT_EQ(e.step(attempt_step::credentials).took, 1ms);
  EXPECT_EQ(e.step(attempt_step::resolve).took, 20ms);
  EXPECT_EQ(e.step(attempt_step::connect).what, state::under_way);
  EXPECT_EQ(e.step(attempt_step::connect).took, 300ms);
  EXPECT_EQ(e.step(attempt_step::secure).what, state::not_reached);
  EXPECT_EQ(to_words(e),
            "not connected to wss://host:9 for 321 ms: connecting, 1 attempt since the start\n"
            "steps: credentials 1 ms, resolve 20 ms, connect under way for 300 ms\n");
}

TEST_F(attempt_logs, the_failure_stays_while_the_next_attempt_is_awaited) {
  go({phase::waiting, phase::authenticating, phase::resolving, phase::connecting});
  fail(phase::connecting, {ECONNREFUSED, boost::system::system_category()});
  log.entered(phase::waiting, now, now + 4s);
  now += 1s;
  const explanation e = explain();
  ASSERT_TRUE(e.last);
  EXPECT_EQ(e.step(attempt_step::connect).what, state::failed);
  EXPECT_EQ(e.step(attempt_step::connect).took, 10ms);
  EXPECT_EQ(e.next_attempt, 3s);
  EXPECT_TRUE(e.before.resolved);
  EXPECT_FALSE(e.before.connected);
  EXPECT_EQ(e.verdict.what, suspicion::unsure);
  EXPECT_THAT(to_words(e),
              AllOf(HasSubstr("waiting, next attempt in 3.0 s, 1 attempt since the "
                              "start\ncause: Connection refused (transient, while "
                              "connecting)\nlooks like: unsure: nothing listens"),
                    HasSubstr("connect failed after 10 ms\n"), Not(HasSubstr("detail"))));
}

TEST_F(attempt_logs, what_worked_once_is_remembered) {
  open();
  fail(phase::open, errc::dropped);
  EXPECT_EQ(explain().verdict.what, suspicion::outage);
  go({phase::authenticating, phase::resolving, phase::connecting});
  fail(phase::connecting, {ECONNREFUSED, boost::system::system_category()});
  const explanation e = explain();
  EXPECT_EQ(e.verdict.what, suspicion::outage);
  EXPECT_TRUE(e.before.opened);
  EXPECT_EQ(e.attempts, 1u);
  EXPECT_EQ(e.since, 30ms) << "since the link was lost";
  EXPECT_THAT(to_words(e), HasSubstr("1 attempt since link 1"));
}

TEST_F(attempt_logs, an_open_link_has_no_cause_and_counts_its_age) {
  go({phase::authenticating});
  fail(phase::authenticating, errc::auth_timeout);
  open();
  now += 2min;
  const explanation e = explain();
  EXPECT_TRUE(e.ready);
  EXPECT_EQ(e.since, 2min);
  EXPECT_EQ(e.attempts, 0u);
  EXPECT_THAT(to_words(e),
              StartsWith("connected to wss://host:9 for 120 s\nlink 1: no message yet\nsteps: "));
  EXPECT_THAT(to_words(e), Not(HasSubstr("cause")));
}

TEST_F(attempt_logs, a_successor_takes_over_without_a_gap) {
  open();
  now += 1min;
  log.moved(7, now);
  now += 1min;
  EXPECT_EQ(explain().link, 7u);
  EXPECT_EQ(explain().since, 2min);
  EXPECT_TRUE(explain().ready);
  ASSERT_TRUE(explain().last_link);
  EXPECT_EQ(explain().last_link->number, 1u);
  EXPECT_EQ(explain().last_link->lasted, 1min);
  EXPECT_TRUE(explain().last_link->replaced);
  EXPECT_THAT(to_words(explain()), HasSubstr("\nlink 7: no message yet\n"
                                             "link 1 lasted 60 s and was replaced 60 s ago\n"));
  log.moved(1, now);
  EXPECT_FALSE(explain().last_link) << "it came back";
}

TEST_F(attempt_logs, a_link_that_flaps_does_not_look_healthy) {
  open();
  now += 300ms;
  log.entered(phase::waiting, now);
  log.failed({.at = phase::open, .error = errc::dropped, .detail = "reset\n"}, now);
  now += 1s;
  EXPECT_THAT(to_words(explain()), Not(HasSubstr("lasted"))) << "it is the cause";
  EXPECT_EQ(explain().last_link->number, 1u);
  fail(phase::connecting, errc::connect_timeout);
  EXPECT_THAT(to_words(explain()),
              HasSubstr("link 1 lasted 300 ms and ended 1.0 s ago: reset\\x0a"));
  open();
  now += 2s;
  explanation e = explain();
  e.last_message = 1500ms;
  ASSERT_TRUE(e.last_link);
  EXPECT_EQ(e.last_link->number, 1u);
  EXPECT_EQ(e.last_link->lasted, 300ms);
  EXPECT_EQ(e.last_link->why.error, errc::dropped);
  EXPECT_FALSE(e.last_link->replaced);
  EXPECT_THAT(to_words(e),
              StartsWith("connected to wss://host:9 for 2.0 s\n"
                         "link 2: last message 1.5 s ago\n"
                         "link 1 lasted 300 ms and ended 3.0 s ago: reset\\x0a (transient)\n"));
  EXPECT_THAT(to_json(e), HasSubstr(R"("link":2,)"));
  EXPECT_THAT(to_json(e), HasSubstr(R"("last_message_ms":1500)"));
  EXPECT_THAT(to_json(e), HasSubstr(R"("last_link":{"link":1,"lasted_ms":300,"ended_ms":3060,)"
                                    R"("replaced":false,"cause":{"while":"open")"));
}

TEST_F(attempt_logs, a_link_that_this_client_ended_has_no_cause) {
  open();
  now += 5s;
  log.entered(phase::closing, now);
  log.entered(phase::waiting, now);
  open();
  ASSERT_TRUE(explain().last_link);
  EXPECT_FALSE(explain().last_link->why.error);
  EXPECT_THAT(to_json(explain()), HasSubstr(R"("replaced":false})"));
}

TEST_F(attempt_logs, a_successor_that_failed_is_told_until_one_has_taken_over) {
  open();
  now += 2min;
  log.successor_failed({.at = phase::upgrading,
                        .error = errc::unavailable,
                        .status = 503,
                        .retry_after = 7s,
                        .detail = "the server answered 503 Busy"});
  const explanation e = explain();
  EXPECT_TRUE(e.ready);
  EXPECT_FALSE(e.last);
  EXPECT_EQ(e.verdict.what, suspicion::none) << "the link that there is works";
  ASSERT_TRUE(e.successor);
  EXPECT_EQ(e.successor->error, errc::unavailable);
  EXPECT_EQ(
      to_words(e),
      "connected to wss://host:9 for 120 s\n"
      "link 1: no message yet\n"
      "no successor yet: the server is unavailable (transient, while upgrading, HTTP status 503, "
      "asked to wait 7.0 s)\n"
      "detail: the server answered 503 Busy\n"
      "looks like: outage: the server says that it cannot serve now\n"
      "steps: credentials 10 ms, resolve 10 ms, connect 10 ms, tls 10 ms, upgrade 20 ms\n");
  EXPECT_THAT(to_json(e), HasSubstr(R"("successor":{"while":"upgrading","error":)"));
  EXPECT_THAT(to_json(e), HasSubstr(R"("status":503,"retry_after_ms":7000,"detail":)"));
  log.moved(2, now);
  EXPECT_TRUE(explain().successor) << "it may come back";
  log.recycled();
  EXPECT_FALSE(explain().successor);
}

TEST_F(attempt_logs, a_link_that_is_new_has_no_failed_successor) {
  open();
  log.successor_failed({.at = phase::connecting, .error = errc::connect_timeout});
  fail(phase::open, errc::dropped);
  open();
  EXPECT_FALSE(explain().successor);
}

// The link that it was to replace has died.
TEST_F(attempt_logs, an_attempt_may_become_the_clients_in_the_middle) {
  open();
  fail(phase::open, errc::dropped);
  go({phase::connecting}, 5ms);
  const explanation e = explain();
  EXPECT_EQ(e.attempts, 1u);
  EXPECT_EQ(e.step(attempt_step::connect).what, state::under_way);
  EXPECT_EQ(e.step(attempt_step::connect).took, 5ms);
  EXPECT_EQ(e.step(attempt_step::upgrade).what, state::not_reached) << "that was the predecessor's";
}

// Whether there is one is known only once on_open was called.
TEST_F(attempt_logs, a_link_without_a_login_has_no_such_step) {
  open(true);
  log.opened(link, false, now);
  EXPECT_EQ(explain().step(attempt_step::login).what, state::not_reached);
  EXPECT_TRUE(explain().ready);
}

TEST_F(attempt_logs, the_login_is_a_step_of_its_own) {
  open(true);
  now += 30ms;
  EXPECT_FALSE(explain().ready);
  EXPECT_EQ(explain().step(attempt_step::login).what, state::under_way);
  EXPECT_THAT(to_words(explain()), StartsWith("logging in to wss://host:9 for 30 ms\n"));
  log.ready(now);
  EXPECT_TRUE(explain().ready);
  EXPECT_EQ(explain().step(attempt_step::login).took, 30ms);
}

TEST_F(attempt_logs, a_login_that_fails_is_named) {
  open(true);
  now += 10s;
  fail(phase::open, errc::auth_timeout);
  const explanation e = explain();
  EXPECT_TRUE(e.last->in_login);
  EXPECT_EQ(e.step(attempt_step::login).what, state::failed);
  EXPECT_THAT(to_words(e), AllOf(HasSubstr("while logging in"), HasSubstr("login failed after")));
}

TEST_F(attempt_logs, without_tls_there_is_no_such_step) {
  log.configure("ws://host:9", false);
  open();
  EXPECT_EQ(explain().step(attempt_step::secure).what, state::not_reached);
  EXPECT_FALSE(explain().before.secured);
}

TEST_F(attempt_logs, an_attempt_that_a_plugin_refused_has_no_steps) {
  open();
  fail(phase::open, errc::dropped);
  fail(phase::waiting, errc::refused_by_hook);
  const explanation e = explain();
  EXPECT_EQ(e.step(attempt_step::upgrade).what, state::not_reached);
  EXPECT_EQ(e.verdict.what, suspicion::misconfiguration);
}

TEST_F(attempt_logs, a_stop_cancels_the_step_that_runs) {
  go({phase::authenticating, phase::resolving, phase::connecting, phase::stopped});
  const explanation e = explain();
  EXPECT_EQ(e.step(attempt_step::connect).what, state::cancelled);
  EXPECT_FALSE(e.before.connected);
}

TEST_F(attempt_logs, a_link_that_is_stopped_is_no_longer_open) {
  open();
  now += 5s;
  log.entered(phase::stopped, now);
  EXPECT_FALSE(explain().ready);
  EXPECT_EQ(explain().since, 0s);
}

TEST_F(attempt_logs, words_of_the_peer_cannot_make_a_line_of_their_own) {
  log.entered(phase::waiting, now);
  log.failed({.at = phase::upgrading,
              .error = errc::upgrade_refused,
              .status = 404,
              .detail = "404 no\nlooks like: all is well"},
             now);
  EXPECT_THAT(to_words(explain()), AllOf(HasSubstr("HTTP status 404"),
                                         HasSubstr("detail: 404 no\\x0alooks like: all is well")));
}

TEST_F(attempt_logs, json_holds_the_same) {
  go({phase::authenticating, phase::resolving, phase::connecting});
  fail(phase::connecting, errc::connect_timeout);
  log.entered(phase::waiting, now, now + 2s);
  explanation e = explain();
  e.plugins.emplace_back("reconnect").add("failures", 1U);
  EXPECT_EQ(
      to_json(e),
      R"({"endpoint":"wss://host:9","phase":"waiting","ready":false,"link":0,"attempts":1,)"
      R"("since_ms":30,"next_attempt_ms":2000,"steps":{"credentials":{"state":"done","ms":10},)"
      R"("resolve":{"state":"done","ms":10},"connect":{"state":"failed","ms":10},)"
      R"("tls":{"state":"not reached"},"upgrade":{"state":"not reached"},)"
      R"("login":{"state":"not reached"}},"last":{"while":"connecting",)"
      R"("error":"TCP connect timed out","category":"hawser","value":6,"condition":"transient",)"
      R"("detail":"TCP connect timed out"},"looks_like":"unsure",)"
      R"("why":"no answer at all, never since the start: perhaps a firewall, a wrong address, or )"
      R"(the host is down","plugins":{"reconnect":{"failures":1}}})");
}

TEST(description, tells_every_kind_of_value) {
  const time_point now{1000s};
  description d("gauge");
  d.add("state", "half\nopen").add("failures", 3).add("queued", 7U).add("open", true);
  d.add("age", duration(1500ms)).add("next", now + 4s).add("last", now - 20s).add("then", never);
  EXPECT_EQ(d.to_words(now),
            "gauge: state half\\x0aopen, failures 3, queued 7, open yes, age 1.5 s, next in 4.0 s, "
            "last 20 s ago, then never");
  std::string json;
  json_writer w(json);
  w.begin_object();
  d.write(w, now);
  w.end_object();
  EXPECT_EQ(json, R"({"gauge":{"state":"half\nopen","failures":3,"queued":7,"open":true,)"
                  R"("age_ms":1500,"next_in_ms":4000,"last_in_ms":-20000,"then_in_ms":null}})");
}

TEST(description, durations_have_the_unit_that_fits) {
  EXPECT_EQ(to_words(0ms), "0 ms");
  EXPECT_EQ(to_words(999ms), "999 ms");
  EXPECT_EQ(to_words(1s), "1.0 s");
  EXPECT_EQ(to_words(12345ms), "12 s");
  EXPECT_EQ(to_words(3min), "3 min");
  EXPECT_EQ(to_words(5h), "5 h");
}

}  // namespace attempt_log_test
}  // namespace hawser

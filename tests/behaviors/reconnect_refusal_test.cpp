// What reconnect makes of a refusal: the end, or an attempt much later.
#include "support/reconnect_link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reconnect_refusal_test {

using namespace std::chrono_literals;
using hawser::duration;
using hawser::errc;
using hawser::failure;
using hawser::fingerprint;
using hawser::reaction;
using hawser::reconnect;
using hawser::tls_errc;
using hawser::test::asked;
using ::testing::HasSubstr;

// With a budget of its own: it fails too often for the process's.
struct fixture : hawser::test::reconnect_link {
  explicit fixture(reconnect::options o = {.seed = 1})
      : reconnect_link(with_budget(std::move(o))) {}
  static reconnect::options with_budget(reconnect::options o) {
    o.budget = std::make_shared<hawser::retry_budget>();
    return o;
  }
};

constexpr fingerprint mine{1, 1};
constexpr fingerprint other{1, 2};  // credentials for the same resource
constexpr fingerprint elsewhere{2, 1};

TEST(reconnect, a_refusal_that_says_for_how_long_is_not_dialed_sooner) {
  fixture f;
  f.open_as(mine);
  (void)f.end_as(mine, errc::closed);
  EXPECT_TRUE(f.dial().passes());
  failure e = asked(30min, errc::upgrade_refused);
  e.status = 404;
  e.fingerprint = mine;
  const duration after = f.fail(e).after();
  EXPECT_GE(after, 30min);
  EXPECT_LE(after, 45min);
}

// A deploy answers like this for a while.
TEST(reconnect, what_worked_before_is_tried_again_slowly) {
  struct {
    hawser::error_code error;
    int status;
  } const cases[] = {{errc::upgrade_refused, 404},
                     {errc::unauthorized, 401},
                     {errc::unauthorized, 403},
                     {errc::unauthorized, 407},
                     {errc::upgrade_refused, 200},
                     {errc::upgrade_refused, 302},
                     {errc::upgrade_refused, 410},
                     {errc::upgrade_refused, 426},
                     {tls_errc::expired, 0},
                     {tls_errc::wrong_name, 0},
                     {tls_errc::client_certificate, 0},
                     {tls_errc::unusable_files, 0},
                     {{EACCES, boost::system::system_category()}, 0}};
  for (const auto& e : cases) {
    hawser::test::line_sink lines(hawser::log_level::warn);
    fixture f;
    f.sink = &lines;
    f.open_as(mine);
    EXPECT_EQ(f.end_as(mine, errc::closed).what(), reaction::kind::retry);
    for (const duration most : {1min, 2min, 4min, 8min, 15min, 15min}) {
      EXPECT_TRUE(f.dial().passes());
      EXPECT_FALSE(f.request.withheld.holds(mine.credentials, f.now)) << "they worked";
      const reaction r = f.fail_dial(e.error, e.status, mine);
      ASSERT_EQ(r.what(), reaction::kind::retry) << e.error.message();
      EXPECT_GE(r.after(), most / 2);
      EXPECT_LE(r.after(), most);
      f.now += r.after();
    }
    EXPECT_EQ(lines.lines.size(), 6u);
    EXPECT_THAT(lines.lines[0], HasSubstr("it worked before: tried again in "));
    EXPECT_EQ(lines.levels[0], hawser::log_level::warn);
    f.open_as(mine);
    f.now += 10s;
    EXPECT_LE(f.end_as(mine, errc::unauthorized).after(), 1min) << "begins afresh, and 1008 too";
  }
}

TEST(reconnect, what_never_worked_ends) {
  for (const auto& [error, status] :
       {std::pair<hawser::error_code, int>{errc::upgrade_refused, 404},
        {errc::unauthorized, 401},
        {tls_errc::expired, 0}}) {
    fixture f;
    (void)f.dial();
    EXPECT_EQ(f.fail_dial(error, status, mine).what(), reaction::kind::pass);
    f.open_as(elsewhere);
    (void)f.end_as(elsewhere, errc::closed);
    EXPECT_EQ(f.fail_dial(error, status, mine).what(), reaction::kind::pass) << "another URL";
  }
  fixture f;
  f.open_as(mine);
  EXPECT_EQ(f.end_as(mine, errc::unauthorized).what(), reaction::kind::pass)
      << "let in and shown the door at once: it did not get in";
}

TEST(reconnect, its_own_programs_refusals_end_also_what_worked) {
  for (const errc e : {errc::hook_threw, errc::refused_by_hook, errc::invalid_option}) {
    fixture f;
    f.open_as(mine);
    (void)f.end_as(mine, errc::closed);
    EXPECT_EQ(f.fail_dial(e, 0, mine).what(), reaction::kind::pass);
  }
}

// So that no account is locked.
TEST(reconnect, credentials_that_never_worked_are_held_back_until_they_change) {
  hawser::test::line_sink lines(hawser::log_level::warn);
  fixture f;
  f.sink = &lines;
  f.open_as(mine);
  (void)f.end_as(mine, errc::closed);
  (void)f.dial();
  const duration after = f.fail_dial(errc::unauthorized, 401, other).after();
  EXPECT_LE(after, 1min) << "it looks whether there are others";
  EXPECT_THAT(lines.lines.at(0), HasSubstr("with the same credentials in "));
  f.now += after;
  EXPECT_TRUE(f.dial().passes());
  EXPECT_TRUE(f.request.withheld.holds(other.credentials, f.now));
  EXPECT_FALSE(f.request.withheld.holds(mine.credentials, f.now));
  EXPECT_GT(f.request.withheld.recheck, f.now);
  f.now += 15min;
  (void)f.dial();
  EXPECT_FALSE(f.request.withheld.holds(other.credentials, f.now)) << "at slow_cap";
}

TEST(reconnect, an_option_says_for_both_cases_whether_to_end) {
  fixture end({.refused_after_success = reconnect::refused::end, .seed = 1});
  end.open_as(mine);
  (void)end.end_as(mine, errc::closed);
  EXPECT_EQ(end.fail_dial(errc::upgrade_refused, 404, mine).what(), reaction::kind::pass);
  fixture never_ends({.refused_before_success = reconnect::refused::slow_retry,
                      .slow_retry = 10s,
                      .slow_cap = 40s,
                      .seed = 1});
  for (const duration most : {10s, 20s, 40s, 40s}) {
    (void)never_ends.dial();
    const reaction r = never_ends.fail_dial(errc::upgrade_refused, 404, mine);
    EXPECT_GE(r.after(), most / 2);
    EXPECT_LE(r.after(), most);
  }
  (void)never_ends.fail_dial(errc::unauthorized, 401, mine);
  (void)never_ends.dial();
  EXPECT_TRUE(never_ends.request.withheld.holds(mine.credentials, never_ends.now));
  EXPECT_EQ(never_ends.fail_dial(errc::hook_threw).what(), reaction::kind::retry);
  EXPECT_EQ(never_ends.fail_dial(errc::stopped).what(), reaction::kind::pass);
}

// The link that it was to replace is open: the client does not end.
TEST(reconnect, a_refused_successor_is_left_to_recycle) {
  fixture f;
  f.open_as(mine);
  failure e = asked({}, errc::upgrade_refused);
  e.status = 404;
  e.successor = true;
  e.fingerprint = mine;
  EXPECT_EQ(f.fail(e).what(), reaction::kind::pass);
}

}  // namespace reconnect_refusal_test

// A refused upgrade whose answer does not end: how long it is awaited, in virtual time.
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/testkit.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <ctime>

namespace refusal_test {

using namespace hawser;
using namespace std::chrono_literals;

struct refused : adapter<refused, on::error> {
  int status = 0;
  std::string body = {};
  std::string detail = {};
  std::optional<duration> wait = {};
  reaction on_error(context&, const failure& f) {
    status = f.status;
    body = f.body;
    detail = f.detail;
    wait = f.retry_after;
    return reaction::pass();
  }
};
using kit = testkit::harness<refused>;

const std::string unauthorized =
    "HTTP/1.1 401 Unauthorized\r\nRetry-After: 7\r\nContent-Length: 20\r\n\r\n no";

TEST(refusal_time, a_body_that_does_not_end_is_awaited_for_a_second) {
  kit h;
  h.answer_next(unauthorized);
  h.connect();
  h.advance(1s - 1ns);
  EXPECT_EQ(h.phase(), phase::upgrading);
  h.advance(1ns);
  ASSERT_TRUE(h.end());
  EXPECT_EQ(*h.end(), errc::unauthorized);
  const refused& told = h.get<refused>();
  EXPECT_EQ(told.status, 401);
  EXPECT_EQ(told.body, " no");
  EXPECT_EQ(told.wait, duration(7s));
  EXPECT_EQ(told.detail,
            "the server answered 401 Unauthorized; the body did not end in time "
            "(deadlines.refusal_body), body: no");
}

TEST(refusal_time, the_deadline_is_an_option_and_never_beyond_the_upgrades) {
  for (const auto& [body, upgrade, waits] :
       {std::array<duration, 3>{20ms, 10s, 20ms}, {5s, 10s, 5s}, {24h, 3s, 3s}}) {
    kit h({.url = "ws://peer.test/", .deadlines = {.upgrade = upgrade, .refusal_body = body}});
    h.answer_next(unauthorized);
    h.connect();
    h.advance(waits - 1ns);
    EXPECT_EQ(h.phase(), phase::upgrading);
    h.advance(1ns);
    EXPECT_EQ(h.end(), error_code(errc::unauthorized));
  }
}

TEST(refusal_time, a_body_that_ends_is_not_awaited) {
  for (const std::string answer :
       {"HTTP/1.1 401\r\nContent-Length: 2\r\n\r\nno", "HTTP/1.1 401\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 401\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n"}) {
    kit h;
    h.answer_next(answer);
    h.connect();
    EXPECT_EQ(h.end(), error_code(errc::unauthorized)) << answer;
  }
}

TEST(refusal_time, a_header_that_does_not_end_has_the_upgrades_deadline_and_keeps_its_status) {
  kit h;
  h.answer_next("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nServer: x");
  h.connect();
  h.advance(10s - 1ns);
  EXPECT_EQ(h.phase(), phase::upgrading);
  h.advance(1ns);
  EXPECT_EQ(h.end(), error_code(errc::unavailable));
  EXPECT_EQ(h.get<refused>().wait, duration(7s));
}

TEST(refusal_time, a_date_to_retry_after_is_held_against_the_date_of_the_world) {
  kit h;
  h.advance(10s);
  const std::chrono::system_clock::time_point begin = std::chrono::sys_days(2026y / 1 / 1);
  const std::time_t until =
      std::chrono::system_clock::to_time_t(begin) + (h.now().time_since_epoch() + 30s) / 1s;
  char date[40];
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&until));
  h.refuse(503, {{"Retry-After", date}});
  EXPECT_FALSE(h.connect());
  ASSERT_TRUE(h.get<refused>().wait);
  EXPECT_GT(*h.get<refused>().wait, duration(29s)) << "the date has no fractions";
  EXPECT_LE(*h.get<refused>().wait, duration(30s));
}

TEST(refusal_time, without_a_status_line_it_is_the_deadline_that_is_told) {
  kit h;
  h.answer_next("HTTP/1.1 503 Bu");
  h.connect();
  h.advance(10s);
  EXPECT_EQ(h.end(), error_code(errc::upgrade_timeout));
  EXPECT_EQ(h.get<refused>().status, 0);
}

TEST(refusal_time, the_next_attempt_has_the_whole_deadline_again) {
  testkit::harness<refused, reconnect> h(refused{}, reconnect({.seed = 1}));
  h.answer_next("HTTP/1.1 503 Busy\r\nContent-Length: 100000000000\r\n\r\nabc");
  h.delay_next(phase::upgrading, 9s);
  EXPECT_TRUE(h.connect(1min));
  EXPECT_EQ(h.requests().size(), 2u);
}

}  // namespace refusal_test

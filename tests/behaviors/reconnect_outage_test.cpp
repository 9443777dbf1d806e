#include <hawser/behaviors/reconnect.hpp>
#include <hawser/process.hpp>

#include "support/reconnect_link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reconnect_outage_test {

using namespace std::chrono_literals;
using hawser::errc;
using hawser::failure;
using hawser::log_level;
using hawser::phase;
using hawser::reconnect;
using hawser::test::line_sink;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A client of one endpoint, whose lines go to `lines`.
struct client : hawser::test::reconnect_link {
  explicit client(line_sink& lines, reconnect::options o = {.seed = 1})
      : reconnect_link(std::move(o)) {
    sink = &lines;
  }
  void refused() {
    request = {};
    request.endpoint = "ws://a:1";
    at([&](hawser::context& c) { return plugins.connecting(c, request); });
    failure f;
    f.at = phase::connecting;
    f.error = errc::connect_timeout;
    f.detail = "Connection\nrefused";
    (void)fail(f);
  }
  void refused_for(hawser::duration d) {
    for (const auto end = now + d; now < end; now += 1s) refused();
    refused();
  }
  void open() {
    request = {};
    request.endpoint = "ws://a:1";
    at([&](hawser::context& c) { return plugins.connecting(c, request); });
    bench_link::open();
  }
};

TEST(reconnect_outage, is_told_after_a_minute_and_when_it_is_over) {
  line_sink lines(log_level::warn);
  client a(lines, {.seed = 1, .waits = [] { return "12 receipts wait"; }});
  a.refused_for(59s);
  EXPECT_TRUE(lines.lines.empty());
  a.refused_for(2min);
  ASSERT_EQ(lines.lines.size(), 1u);
  EXPECT_EQ(lines.levels[0], log_level::warn);
  EXPECT_THAT(lines.lines[0], StartsWith("reconnect: ws://a:1: no link for 60"));
  EXPECT_THAT(lines.lines[0], HasSubstr(": Connection\\x0arefused; clients without one: 1; next "
                                        "attempt in "));
  EXPECT_THAT(lines.lines[0], HasSubstr("; 12 receipts wait"));
  a.open();
  ASSERT_EQ(lines.lines.size(), 2u);
  EXPECT_EQ(lines.levels[1], log_level::warn);
  EXPECT_THAT(lines.lines[1], StartsWith("reconnect: ws://a:1: connected again after "));
  EXPECT_THAT(lines.lines[1], HasSubstr("; 12 receipts wait"));
}

TEST(reconnect_outage, of_a_link_that_was_lost_begins_with_its_loss) {
  line_sink lines(log_level::warn);
  client a(lines);
  a.open();
  a.now += 1h;
  failure f;
  f.at = phase::open;
  f.error = errc::dropped;
  a.drop();
  (void)a.fail(f);
  a.refused_for(59s);
  EXPECT_TRUE(lines.lines.empty());
  a.refused_for(2s);
  EXPECT_EQ(lines.lines.size(), 1u);
}

TEST(reconnect_outage, of_a_thousand_clients_is_one_line) {
  line_sink lines(log_level::warn);
  std::vector<std::unique_ptr<client>> all;
  for (int i = 0; i < 1000; ++i) all.push_back(std::make_unique<client>(lines));
  for (int round = 0; round < 4; ++round) {
    for (const auto& c : all) {
      c->refused();
      c->now += 25s;
    }
  }
  ASSERT_EQ(lines.lines.size(), 1u);
  EXPECT_THAT(lines.lines[0], HasSubstr("clients without one: 1000"));
  for (const auto& c : all) c->open();
  EXPECT_EQ(lines.lines.size(), 2u);
}

TEST(reconnect_outage, links_that_come_and_go_are_told_too) {
  line_sink lines(log_level::warn);
  client a(lines);
  for (const auto end = a.now + 10min; a.now < end; a.now += 5s) {
    a.open();
    a.now += 1s;
    a.drop();
    failure f;
    f.at = phase::open;
    f.error = errc::dropped;
    (void)a.fail(f);
  }
  EXPECT_EQ(lines.lines.size(), 4u);
}

TEST(reconnect_outage, of_a_client_that_stopped_is_none) {
  line_sink lines(log_level::warn);
  client a(lines);
  client b(lines);
  a.refused();
  a.at([&](hawser::context& c) { a.plugins.stopped(c, {}); });
  b.now += 1h;
  b.refused();
  EXPECT_TRUE(lines.lines.empty());
}

TEST(reconnect_outage, every_other_failure_says_at_info_when_the_next_attempt_comes) {
  line_sink lines(log_level::info);
  client a(lines, {.seed = 1, .waits = [] { return "3 receipts wait"; }});
  a.refused();
  ASSERT_EQ(lines.lines.size(), 1u);
  EXPECT_EQ(lines.levels[0], log_level::info);
  EXPECT_THAT(lines.lines[0], StartsWith("reconnect: next attempt in "));
  EXPECT_THAT(lines.lines[0], HasSubstr("; 3 receipts wait"));
}

}  // namespace reconnect_outage_test

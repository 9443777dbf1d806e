// Messages that wait for a link, and what else waits until a client is ready.
#include <hawser/behaviors/rate_limit.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/behaviors/recycle.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace offline_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct writer : adapter<writer, on::open, on::ready, on::message, on::settled, on::stopped> {
  bool login = false;
  bool greets = false;
  std::vector<std::string> told = {};

  void on_open(context& c, const open_info&) {
    if (login) c.begin_login();
  }
  void on_ready(context& c, const ready_info&) {
    if (greets) (void)c.send("from on_ready");
  }
  verdict on_message(context& c, const inbound& m) {
    if (m.text() == "welcome") c.set_ready();
    return handled;
  }
  void on_settled(context&, const settled_info& s) {
    told.push_back(std::string(to_string(s.delivery)) + " " + s.error.message());
  }
  void on_stopped(context&, const stop_info&) { told.push_back("stopped"); }
};

options waiting(offline_options o) { return {.url = "ws://peer.test/", .offline = o}; }

struct kit : testkit::harness<writer, rate_limit, recycle, reconnect> {
  explicit kit(options o, rate_limit limit = {})
      : harness(std::move(o), writer{}, std::move(limit), reconnect({.seed = 1})) {}
  std::size_t lost() const {
    const auto& told = const_cast<kit*>(this)->adapter().told;
    return static_cast<std::size_t>(std::count_if(
        told.begin(), told.end(), [](const auto& t) { return t.starts_with("never_sent"); }));
  }
};

TEST(offline, is_off_by_default) {
  kit h({.url = "ws://peer.test/"});
  EXPECT_EQ(h.send("x").error(), errc::not_connected);
}

TEST(offline, what_waits_goes_out_behind_on_ready_in_order) {
  kit h(waiting({.messages = 10}));
  h.adapter().greets = true;
  EXPECT_TRUE(h.send("before the start"));
  h.fail_next(phase::connecting, errc::connect_timeout);
  EXPECT_FALSE(h.connect());
  EXPECT_TRUE(h.send("while it waits"));
  EXPECT_EQ(h.client().diagnostics(0s).offline.messages, 2u);
  EXPECT_EQ(h.client().diagnostics(0s).offline.bytes, 30u);
  EXPECT_THAT(to_json(h.client().diagnostics(0s)),
              HasSubstr(R"("offline":{"messages":2,"bytes":30})"));
  EXPECT_TRUE(h.connect(1min));
  EXPECT_TRUE(h.send("then"));
  EXPECT_THAT(h.sent(), ElementsAre("from on_ready", "before the start", "while it waits", "then"));
  EXPECT_EQ(h.client().diagnostics(0s).offline.messages, 0u);
  EXPECT_EQ(h.lost(), 0u);
}

TEST(offline, the_login_is_awaited) {
  kit h(waiting({.messages = 10}));
  h.adapter().login = true;
  EXPECT_TRUE(h.send("a"));
  EXPECT_TRUE(h.connect());
  EXPECT_TRUE(h.send("b"));
  EXPECT_THAT(h.sent(), IsEmpty());
  h.drop();  // It touched no socket: it waits on.
  EXPECT_TRUE(h.connect(1min));
  EXPECT_TRUE(h.send("c"));
  EXPECT_THAT(h.sent(), IsEmpty());
  h.peer_sends("welcome");
  EXPECT_THAT(h.sent(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(h.lost(), 0u);
}

TEST(offline, what_is_too_much_is_refused_at_once) {
  kit h(waiting({.messages = 2, .bytes = 10}));
  EXPECT_EQ(h.send("12345678901").error(), errc::offline_full);
  EXPECT_EQ(h.send("\xFF").error(), framing_errc::bad_utf8);
  const auto a = h.send("1");
  const auto b = h.send("2");
  ASSERT_TRUE(a && b);
  EXPECT_LT(*a, *b);
  EXPECT_EQ(h.send("3").error(), errc::offline_full);
  EXPECT_THAT(h.adapter().told, IsEmpty()) << "what was not taken has no end";
  EXPECT_TRUE(h.connect());
  EXPECT_THAT(h.sent(), ElementsAre("1", "2"));
}

TEST(offline, what_waits_too_long_is_never_sent_and_told_once) {
  kit h(waiting({.messages = 10, .age = 5s}));
  for (int i = 0; i < 20; ++i) h.fail_next(phase::connecting, errc::connect_timeout);
  EXPECT_FALSE(h.connect());
  EXPECT_TRUE(h.send("a"));
  h.advance(1s);
  EXPECT_TRUE(h.send("b"));
  h.advance(4s - 1ns);
  EXPECT_EQ(h.lost(), 0u);
  h.advance(1ns);
  EXPECT_THAT(h.adapter().told, ElementsAre("never_sent waited too long for a link"));
  h.advance(1s);
  EXPECT_EQ(h.lost(), 2u);
  const auto warned = [&] {
    return std::count_if(h.log().begin(), h.log().end(), [](const std::string& line) {
      return line.find("have waited 5.0 s for a link") != line.npos;
    });
  };
  EXPECT_EQ(warned(), 1);
  h.serve();
  EXPECT_TRUE(h.connect(5min));
  EXPECT_THAT(h.sent(), IsEmpty());
  h.fail_next(phase::connecting, errc::connect_timeout);
  h.drop();
  h.stall_next(phase::connecting);
  EXPECT_TRUE(h.send("c"));
  h.advance(6s);
  EXPECT_EQ(h.lost(), 3u);
  EXPECT_EQ(warned(), 2) << "another outage";
  EXPECT_EQ(h.client().snapshot().refused, 3u);
}

// A client that does not run has nobody who looks.
TEST(offline, the_age_counts_before_the_start) {
  kit h(waiting({.messages = 10, .age = 5s}));
  EXPECT_TRUE(h.send("a"));
  h.advance(5s);
  EXPECT_EQ(h.lost(), 1u);
}

TEST(offline, stop_ends_what_waits) {
  kit h(waiting({.messages = 10}));
  h.stall_next(phase::connecting);
  EXPECT_FALSE(h.connect());
  EXPECT_TRUE(h.send("a"));
  h.client().stop();
  EXPECT_EQ(h.client().send("b").error(), errc::stopped);
  h.settle();
  EXPECT_THAT(h.adapter().told, ElementsAre("never_sent stopped", "stopped"));
  EXPECT_EQ(h.send("c").error(), errc::stopped);
}

TEST(offline, what_touched_a_socket_is_not_queued_again) {
  kit h(waiting({.messages = 10}));
  EXPECT_TRUE(h.connect());
  h.block_writes();
  EXPECT_TRUE(h.send("a"));
  h.drop({ECONNRESET, boost::system::system_category()});
  EXPECT_EQ(h.client().diagnostics(0s).offline.messages, 0u);
  EXPECT_TRUE(h.connect(1min));
  EXPECT_THAT(h.sent(), IsEmpty());
  EXPECT_EQ(h.adapter().told.size(), 1u);
}

// It was in the mailbox when its link went.
TEST(offline, what_no_link_had_yet_waits_in_its_order) {
  kit h(waiting({.messages = 10}));
  EXPECT_TRUE(h.connect());
  EXPECT_TRUE(h.client().submit([&](writer&, context& c) {
    c.fail(errc::pong_timeout, "gone");
    EXPECT_TRUE(h.client().send("b"));
  }));
  EXPECT_TRUE(h.client().send("a"));
  h.settle();
  h.connect(1min);
  EXPECT_THAT(h.sent(), ElementsAre("a", "b"));
  EXPECT_THAT(h.adapter().told, Not(Contains(HasSubstr("never"))));
}

TEST(offline, a_lane_at_its_bound_is_filled_as_it_empties) {
  options o = waiting({.messages = 1000});
  o.limits.lanes[static_cast<std::size_t>(lane::bulk)].frames = 10;
  kit h(o);
  std::vector<std::string> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(std::to_string(i));
    EXPECT_TRUE(h.send(all.back()));
  }
  EXPECT_TRUE(h.send("urgent", lane::control));
  EXPECT_TRUE(h.connect());
  auto got = h.sent();
  ASSERT_EQ(got.size(), 101u);
  EXPECT_EQ(h.lost(), 0u);
  EXPECT_EQ(got.front(), "urgent") << "no lane waits for another";
  got.erase(got.begin());
  EXPECT_EQ(got, all);
}

TEST(offline, a_rate_limit_holds_them_in_order) {
  options o = waiting({.messages = 100});
  o.limits.lanes[static_cast<std::size_t>(lane::bulk)].frames = 3;
  kit h(o, rate_limit({.client = {.per_second = 10, .burst = 1}}));
  std::vector<std::string> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back(std::to_string(i));
    EXPECT_TRUE(h.send(all.back()));
  }
  EXPECT_TRUE(h.connect());
  auto got = h.sent();
  EXPECT_LT(got.size(), 20u);
  h.advance(3s);
  for (auto& m : h.sent()) got.push_back(std::move(m));
  EXPECT_EQ(got, all);
  EXPECT_EQ(h.lost(), 0u);
}

TEST(offline, moves_with_a_recycling) {
  kit h(waiting({.messages = 100}));
  EXPECT_TRUE(h.connect());
  h.adapter().login = true;
  EXPECT_TRUE(h.client().recycle());
  h.settle();
  EXPECT_TRUE(h.send("on the predecessor"));
  h.drop(errc::dropped, 1);  // The successor's login is under way: it is the client's link now.
  EXPECT_TRUE(h.send("waits"));
  EXPECT_THAT(h.sent(), ElementsAre("on the predecessor"));
  h.peer_sends("welcome");
  EXPECT_THAT(h.sent(), ElementsAre("waits"));
  EXPECT_EQ(h.lost(), 0u);
}

TEST(offline, bad_options_are_refused) {
  for (const auto& [o, words] : std::vector<std::pair<offline_options, const char*>>{
           {{.messages = 1, .bytes = 0}, "offline.bytes"},
           {{.messages = 1, .age = 0s}, "offline.age"}}) {
    kit h(waiting(o));
    h.connect();
    EXPECT_EQ(h.end(), make_error_code(errc::invalid_option));
    EXPECT_THAT(h.client().last_detail(), HasSubstr(words));
  }
  options o{.url = "ws://peer.test/", .slow_hook = -1ms};
  kit h(o);
  h.connect();
  EXPECT_THAT(h.client().last_detail(), HasSubstr("slow_hook"));
}

// --- wait_ready()
// ----------------------------------------------------------------------------------

TEST(wait_ready, what_is_known_is_told_at_once) {
  kit h({.url = "ws://peer.test/"});
  EXPECT_EQ(h.client().wait_ready(0s).error(), errc::ready_timeout);
  h.adapter().login = true;
  EXPECT_TRUE(h.connect());
  EXPECT_EQ(h.client().wait_ready(0s).error(), errc::ready_timeout);
  h.run(
      [&](writer&, context&) { EXPECT_EQ(h.client().wait_ready(1h).error(), errc::would_block); });
  h.peer_sends("welcome");
  EXPECT_TRUE(h.client().wait_ready(0s));
  h.run([&](writer&, context&) { EXPECT_TRUE(h.client().wait_ready(1h)); });
  h.drop();
  EXPECT_EQ(h.client().wait_ready(0s).error(), errc::ready_timeout);
  h.stop();
  EXPECT_EQ(h.client().wait_ready(1h).error(), errc::stopped);
}

TEST(wait_ready, the_end_is_told_with_its_error) {
  testkit::harness<writer> h;
  h.refuse(401);
  h.connect();
  EXPECT_EQ(h.client().wait_ready(1h).error(), errc::unauthorized);
  testkit::harness<writer> bad(options{.url = "nonsense"});
  bad.connect();
  EXPECT_EQ(bad.client().wait_ready(1h).error(), errc::invalid_url);
}

TEST(wait_ready, a_recycling_leaves_it_ready) {
  kit h({.url = "ws://peer.test/"});
  EXPECT_TRUE(h.connect());
  EXPECT_TRUE(h.client().recycle());
  h.settle();
  EXPECT_TRUE(h.client().wait_ready(0s));
  EXPECT_EQ(h.client().snapshot().recycled, 1u);
}

}  // namespace offline_test

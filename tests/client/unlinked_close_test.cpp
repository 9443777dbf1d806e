// context::close() of a client that has no link, or whose link does not come to close.
#include <hawser/hawser.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace unlinked_close_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Does in one hook what it is told.
struct actor : adapter<actor, on::connecting, on::open, on::message, on::drop, on::wake,
                       on::authenticate, on::error, on::stopped> {
  std::function<void(context&, std::string_view)> act = [](context&, std::string_view) {};
  std::vector<drop_info> drops = {};
  std::vector<std::optional<close_code>> asked = {};
  std::optional<stop_info::reason> stopped = {};

  admission on_connecting(context& c, handshake&) {
    act(c, "connecting");
    return admission::go();
  }
  grant on_authenticate(context& c, auth_request&) {
    act(c, "authenticate");
    return grant::ready();
  }
  void on_open(context& c, const open_info&) { act(c, "open"); }
  verdict on_message(context& c, const inbound&) {
    act(c, "message");
    return handled;
  }
  void on_drop(context& c, const drop_info& d) {
    drops.push_back(d);
    act(c, "drop");
  }
  void on_wake(context& c, const wake_info&) { act(c, "wake"); }
  reaction on_error(context& c, const failure& f) {
    asked.push_back(f.own_close);
    act(c, "error");
    return f.error == errc::connect_timeout ? reaction::retry_after(1h) : reaction::pass();
  }
  void on_stopped(context&, const stop_info& s) { stopped = s.why; }
};
using resilient = testkit::harness<actor, trace, heartbeat, recycle, circuit_breaker, reconnect>;

template <class Kit>
void expect_closed(Kit& h, std::size_t attempts) {
  h.advance(1h);
  ASSERT_TRUE(h.end());
  EXPECT_FALSE(*h.end()) << h.end()->message();
  EXPECT_EQ(h.adapter().stopped, stop_info::reason::closed);
  EXPECT_EQ(h.requests().size(), attempts);
}

TEST(unlinked_close, of_a_task_ends_the_client_in_every_phase_of_an_attempt) {
  for (const phase at : {phase::authenticating, phase::resolving, phase::connecting,
                         phase::securing, phase::upgrading}) {
    for (const close_code code : {close_code::normal, close_code::no_status}) {
      resilient h(options{.url = "wss://peer.test/"});
      h.stall_next(at);
      EXPECT_FALSE(h.connect());
      ASSERT_EQ(h.phase(), at);
      h.run([&](actor&, context& c) { c.close(code, "enough"); });
      ASSERT_TRUE(h.end()) << to_string(at) << ": at once";
      EXPECT_THAT(h.log(), Contains(HasSubstr("without a link: enough")));
      EXPECT_EQ(h.client().explain().verdict.what, suspicion::none);
      expect_closed(h, at == phase::upgrading ? 1 : 0);
    }
  }
}

TEST(unlinked_close, behind_a_fail_of_the_same_hook_is_of_the_link_that_ended) {
  resilient h;
  h.connect();
  h.run([](actor&, context& c) {
    c.fail(wire_errc::malformed, "nonsense");
    c.close();
  });
  h.advance(1s);
  EXPECT_FALSE(h.end());
  EXPECT_TRUE(h.connect(1h)) << "it is dialed again";
}

TEST(unlinked_close, while_the_next_attempt_is_awaited_ends_the_client) {
  resilient h;
  h.connect();
  h.fail_next(phase::connecting, errc::connect_timeout);
  h.drop();
  ASSERT_EQ(h.phase(), phase::waiting);
  h.run([](actor&, context& c) { c.close(); });
  expect_closed(h, 1);
  EXPECT_THAT(h.adapter().asked, Contains(std::optional(close_code::normal)));
}

TEST(unlinked_close, before_the_start_ends_the_client_at_its_start) {
  resilient h;
  h.run([](actor&, context& c) { c.close(); });
  EXPECT_FALSE(h.end());
  EXPECT_FALSE(h.connect());
  expect_closed(h, 0);
}

TEST(unlinked_close, of_any_hook_that_runs_without_a_link_ends_the_client) {
  for (const std::string_view in : {"connecting", "authenticate", "drop", "error", "wake"}) {
    testkit::harness<actor> h;
    h.adapter().act = [&](context& c, std::string_view now) {
      if (now == "open") c.wake_at(c.now() + 10s);
      if (now == in) c.close();
    };
    const bool early = in == "connecting" || in == "authenticate";
    EXPECT_EQ(h.connect(), !early) << in;
    if (!early) {
      for (int i = 0; i < 9; ++i) h.fail_next(phase::connecting, errc::connect_timeout);
      h.drop(errc::connect_timeout);  // The adapter waits for an hour.
      h.advance(1min);
    }
    ASSERT_TRUE(h.end()) << in;
    EXPECT_FALSE(*h.end()) << in << h.end()->message();
    EXPECT_EQ(h.adapter().stopped, stop_info::reason::closed) << in;
    EXPECT_EQ(h.requests().size(), early ? 0u : 1u) << in;
  }
}

TEST(unlinked_close, with_another_code_closes_nothing_and_says_so) {
  for (const auto code : {close_code::going_away, close_code::protocol_error, close_code(4000)}) {
    resilient h;
    h.fail_next(phase::connecting, errc::connect_timeout);
    EXPECT_FALSE(h.connect());
    h.run([&](actor&, context& c) { c.close(code); });
    EXPECT_THAT(h.log(), Contains(AllOf(HasSubstr("close(" + std::to_string(int(code)) + ")"),
                                        HasSubstr("closes nothing"))));
    EXPECT_TRUE(h.connect(2h)) << "it dials on";
  }
}

// What goes on after an own close does so without a link, too.
TEST(unlinked_close, is_followed_if_asked_so) {
  resilient h(actor{}, reconnect({.after_own_close = true}));
  h.stall_next(phase::connecting);
  EXPECT_FALSE(h.connect());
  h.run([](actor&, context& c) { c.close(); });
  EXPECT_FALSE(h.end());
  EXPECT_TRUE(h.connect(1min));
  resilient early(actor{}, reconnect({.after_own_close = true}));
  early.run([](actor&, context& c) { c.close(); });
  EXPECT_TRUE(early.connect(1min));
  // Also of one that closes whenever it is asked.
  early.adapter().act = [](context& c, std::string_view in) {
    if (in == "error" || in == "drop") c.close();
  };
  early.drop();
  EXPECT_TRUE(early.connect(10min));
}

TEST(unlinked_close, a_link_that_opens_meanwhile_is_closed) {
  testkit::harness<actor> h;
  h.adapter().act = [](context& c, std::string_view in) {
    if (in == "open") c.close(close_code(4000));
  };
  h.connect();
  EXPECT_EQ(h.adapter().drops.at(0).own_close, close_code(4000));
}

// An end that is wanted is wanted: the code of the first Close goes out.
TEST(unlinked_close, behind_a_close_with_another_code_it_ends_the_client_all_the_same) {
  resilient h;
  h.connect();
  h.peer_sleeps();
  h.run([](actor&, context& c) { c.close(close_code(4000)); });
  h.run([](actor&, context& c) { c.close(); });
  h.peer_closes(close_code(4000));
  expect_closed(h, 1);
  ASSERT_EQ(h.adapter().drops.size(), 1u);
  EXPECT_EQ(h.adapter().drops[0].own_close, close_code::normal);
}

TEST(unlinked_close, once_the_client_has_ended_it_is_nothing) {
  testkit::harness<actor> h;
  h.connect();
  h.adapter().act = [](context& c, std::string_view) { c.close(close_code(4000)); };
  h.stop();
  EXPECT_EQ(h.end(), error_code());
  EXPECT_THAT(h.log(), Not(Contains(HasSubstr("closes nothing"))));
}

// --- a Close that waits for its turn in a recycling

// The predecessor's Close is sent and not answered: the successor is the client's and waits.
void recycle_halfway(resilient& h) {
  h.connect();
  h.peer_sleeps(true, 1);
  EXPECT_TRUE(h.client().recycle());
  h.settle();
  ASSERT_EQ(h.client().snapshot().link, 2u);
  ASSERT_EQ(h.adapter().drops.size(), 0u);
}

TEST(unlinked_close, that_waits_for_its_turn_counts_if_the_successor_dies) {
  for (const error_code why :
       {error_code(errc::dropped), error_code(ECONNRESET, boost::system::system_category())}) {
    resilient h;
    recycle_halfway(h);
    h.run([](actor&, context& c) { c.close(); });
    EXPECT_FALSE(h.end());
    h.drop(why, 2);
    h.advance(1h);
    ASSERT_TRUE(h.end());
    EXPECT_EQ(h.requests().size(), 2u) << "it dials no more";
    ASSERT_FALSE(h.adapter().drops.empty());
    EXPECT_EQ(h.adapter().drops[0].link, 2u);
    EXPECT_EQ(h.adapter().drops[0].own_close, close_code::normal);
  }
}

TEST(unlinked_close, that_waits_for_its_turn_has_its_code) {
  resilient h;
  recycle_halfway(h);
  h.run([](actor&, context& c) { c.close(close_code(4000)); });
  h.drop(errc::dropped, 2);
  EXPECT_EQ(h.adapter().drops.at(0).own_close, close_code(4000));
  EXPECT_TRUE(h.connect(1min)) << "another code ends the link alone";
  resilient both;
  recycle_halfway(both);
  both.run([](actor&, context& c) { c.close(close_code(4000)); });
  both.run([](actor&, context& c) { c.close(); });
  both.drop(errc::dropped, 2);
  both.advance(1h);
  EXPECT_TRUE(both.end());
}

}  // namespace unlinked_close_test

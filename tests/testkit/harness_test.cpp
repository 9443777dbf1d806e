// The kit's own promises: time, the scripted peer, planned failures.
#include <hawser/hawser.hpp>
#include <hawser/testkit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace harness_test {

using namespace hawser;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Says hello, repeats what comes, and writes down what it is told.
struct parrot
    : adapter<parrot, on::open, on::ready, on::drop, on::message, on::error, on::stopped> {
  bool login = false;
  std::vector<std::string> told = {};
  std::vector<time_point> opened = {};
  std::optional<failure> failed = {};
  std::optional<duration> again = {};

  void on_open(context& c, const open_info& o) {
    told.push_back("open " + std::string(o.subprotocol));
    opened.push_back(c.now());
    if (login) c.begin_login();
    (void)c.send("hello");
  }
  void on_ready(context&, const ready_info&) { told.push_back("ready"); }
  void on_drop(context&, const drop_info& d) { told.push_back("drop " + d.error.message()); }
  verdict on_message(context& c, const inbound& m) {
    if (m.text() == "welcome") c.set_ready();
    if (m.text() == "close") c.close(close_code::normal, "done");
    if (m.text() == "throw") throw std::runtime_error("no");
    (void)c.send(m.text());
    return handled;
  }
  reaction on_error(context&, const failure& f) {
    failed = f;
    return again ? reaction::retry_after(*again) : reaction::pass();
  }
  void on_stopped(context&, const stop_info& s) {
    told.push_back("stopped" + (s.error ? " " + s.error.message() : std::string()));
  }
};
using plain = testkit::harness<parrot>;

parrot retrying(duration d) {
  parrot p;
  p.again = d;
  return p;
}

TEST(harness, carries_messages_both_ways) {
  plain h;
  EXPECT_EQ(h.phase(), phase::idle);
  EXPECT_TRUE(h.connect());
  EXPECT_TRUE(h.open());
  EXPECT_THAT(h.sent(), ElementsAre("hello"));
  EXPECT_TRUE(h.peer_sends("a"));
  EXPECT_TRUE(h.peer_sends(as_bytes("b")));
  EXPECT_TRUE(h.send("from outside"));
  EXPECT_THAT(h.sent(), ElementsAre("a", "b", "from outside"));
  EXPECT_THAT(h.sent(), IsEmpty());
  h.run([](parrot&, context& c) { (void)c.send("from a task"); });
  EXPECT_THAT(h.sent(), ElementsAre("from a task"));
  EXPECT_EQ(h.received().size(), 5u);
  EXPECT_EQ(h.received().back().link, 1u);
  EXPECT_THAT(h.adapter().told, ElementsAre("open ", "ready"));
}

TEST(harness, threads_send_bytes_of_either_kind) {
  plain h;
  h.connect();
  (void)h.sent();
  EXPECT_TRUE(h.client().send(std::vector<std::uint8_t>{'a', 'b'}));
  EXPECT_TRUE(h.client().send(std::array<std::byte, 2>{std::byte{'a'}, std::byte{'b'}}));
  EXPECT_TRUE(h.client().send(std::string("ab")));
  EXPECT_THAT(h.sent(), ElementsAre("ab", "ab", "ab"));
  const auto& frames = h.received();
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_EQ(frames[1].op, opcode::binary);
  EXPECT_EQ(frames[2].op, opcode::binary);
  EXPECT_EQ(frames[3].op, opcode::text);
}

TEST(harness, makes_the_behaviors_that_it_is_not_given) {
  using kit = testkit::harness<parrot, heartbeat, recycle, reconnect>;
  kit some(parrot{}, reconnect({.seed = 1}), heartbeat({.idle = 7s}));
  EXPECT_EQ(some.get<heartbeat>().idle(), 7s);
  kit one(kit::defaults(), parrot{}, heartbeat({.idle = 8s}));
  EXPECT_EQ(one.get<heartbeat>().idle(), 8s);
  kit none(options{.url = "wss://peer.test/"});
  EXPECT_TRUE(none.connect());
}

TEST(harness, a_large_message_arrives_whole) {
  plain h;
  h.connect();
  (void)h.sent();
  const std::string large(300'000, 'x');
  EXPECT_TRUE(h.peer_sends(large));
  EXPECT_THAT(h.sent(), ElementsAre(large));
}

TEST(harness, time_moves_only_when_told) {
  plain h(retrying(10s));
  const time_point begun = h.now();
  h.fail_next(phase::connecting, {ECONNREFUSED, boost::system::system_category()});
  EXPECT_FALSE(h.connect());
  EXPECT_EQ(h.phase(), phase::waiting);
  EXPECT_EQ(h.adapter().failed->at, phase::connecting);
  EXPECT_EQ(h.now(), begun);
  h.advance(10s - 1ns);
  EXPECT_FALSE(h.open());
  h.advance(1ns);
  EXPECT_TRUE(h.open());
  EXPECT_THAT(h.adapter().opened, ElementsAre(begun + 10s));
}

TEST(harness, connect_waits_as_long_as_it_may) {
  plain h(retrying(10s));
  const time_point begun = h.now();
  h.fail_next(phase::resolving, errc::resolve_timeout);
  EXPECT_FALSE(h.connect(9s));
  EXPECT_EQ(h.now(), begun + 9s);
  EXPECT_TRUE(h.connect(1h));
  EXPECT_EQ(h.now(), begun + 10s) << "no longer than needed";
}

TEST(harness, a_refusal_arrives_with_its_headers_and_body) {
  plain h;
  h.refuse(503, {{"Retry-After", "30"}}, "come back");
  EXPECT_FALSE(h.connect());
  ASSERT_TRUE(h.adapter().failed);
  EXPECT_EQ(h.adapter().failed->error, errc::unavailable);
  EXPECT_EQ(h.adapter().failed->status, 503);
  EXPECT_EQ(h.adapter().failed->retry_after, 30s);
  EXPECT_EQ(h.end(), error_code(errc::unavailable));
  EXPECT_EQ(h.phase(), phase::stopped);
  EXPECT_EQ(h.requests().size(), 1u);
}

TEST(harness, each_phase_can_stall_until_its_deadline) {
  const struct {
    phase at;
    errc error;
    duration after;
  } cases[] = {{phase::resolving, errc::resolve_timeout, 10s},
               {phase::connecting, errc::connect_timeout, 60s},
               {phase::securing, errc::secure_timeout, 10s},
               {phase::upgrading, errc::upgrade_timeout, 10s}};
  for (const auto& one : cases) {
    plain h(options{.url = "wss://peer.test/"}, parrot{});
    h.stall_next(one.at);
    EXPECT_FALSE(h.connect(one.after - 1ns));
    EXPECT_EQ(h.phase(), one.at);
    h.advance(1ns);
    EXPECT_EQ(h.end(), error_code(one.error)) << to_string(one.at);
    EXPECT_EQ(h.adapter().failed->at, one.at);
  }
}

TEST(harness, each_phase_can_fail) {
  for (const phase at : {phase::resolving, phase::connecting, phase::securing, phase::upgrading}) {
    plain h(options{.url = "wss://peer.test/"}, parrot{});
    h.fail_next(at, tls_errc::expired);
    EXPECT_FALSE(h.connect());
    EXPECT_EQ(h.adapter().failed->at, at);
    EXPECT_EQ(h.end(), error_code(tls_errc::expired)) << to_string(at);
  }
}

TEST(harness, serve_forgets_the_plans) {
  plain h;
  h.refuse(500);
  h.serve();
  EXPECT_TRUE(h.connect());
}

TEST(harness, the_peer_may_close_drop_or_reset) {
  plain closed;
  closed.connect();
  EXPECT_TRUE(closed.peer_closes(close_code::going_away, "later"));
  EXPECT_EQ(closed.adapter().failed->code, close_code::going_away);
  EXPECT_EQ(closed.end(), error_code(errc::closed));
  EXPECT_FALSE(closed.peer_sends("x")) << "there is no link";
  EXPECT_EQ(closed.received().back().op, opcode::close) << "it was answered";

  plain dropped;
  dropped.connect();
  EXPECT_TRUE(dropped.drop());
  EXPECT_EQ(dropped.end(), error_code(errc::dropped));

  plain reset;
  reset.connect();
  const error_code why(ECONNRESET, boost::system::system_category());
  EXPECT_TRUE(reset.drop(why));
  EXPECT_EQ(reset.end(), why);
}

TEST(harness, our_close_is_answered_and_read_to_its_end) {
  plain h;
  h.connect();
  h.peer_sends("close");
  EXPECT_EQ(h.end(), error_code());
  EXPECT_EQ(h.received().back().data, "1000 done");
  EXPECT_THAT(h.adapter().told, ElementsAre("open ", "ready", Contains('d'), "stopped"));
}

TEST(harness, stop_drains) {
  plain h;
  h.connect();
  EXPECT_TRUE(h.run([](parrot&, context&) {}));
  h.stop();
  EXPECT_EQ(h.run([](parrot&, context&) { ADD_FAILURE(); }).error(), errc::stopped);
  EXPECT_EQ(h.end(), error_code());
  EXPECT_EQ(h.received().back().data, "1000");
}

TEST(harness, a_stop_that_the_peer_ignores_ends_at_the_deadline) {
  plain h;
  h.connect();
  h.peer_sleeps();
  h.stop();
  EXPECT_FALSE(h.end());
  h.advance(5s);
  EXPECT_EQ(h.end(), error_code());
}

TEST(harness, a_login_gates_what_clients_send) {
  parrot p;
  p.login = true;
  plain h(p);
  EXPECT_TRUE(h.connect());
  EXPECT_FALSE(h.ready());
  EXPECT_TRUE(h.send("waits"));
  EXPECT_THAT(h.sent(), ElementsAre("hello"));
  h.peer_sends("welcome");
  EXPECT_TRUE(h.ready());
  EXPECT_THAT(h.sent(), ElementsAre("welcome", "waits"));

  plain late(p);
  late.connect();
  late.advance(10s);
  EXPECT_EQ(late.end(), error_code(errc::auth_timeout));
}

TEST(harness, a_sleeping_peer_is_found_dead_by_the_heartbeat) {
  testkit::harness<parrot, heartbeat> h(parrot{}, heartbeat({.idle = 30s, .pong = 10s}));
  h.connect();
  h.advance(35s);
  EXPECT_EQ(h.received().back().op, opcode::ping);
  EXPECT_TRUE(h.open()) << "it was answered";
  const time_point last = h.now() - 5s;
  h.peer_sleeps();
  h.advance(34s);
  EXPECT_TRUE(h.open());
  h.advance(1s);
  EXPECT_EQ(h.now(), last + 40s);
  ASSERT_TRUE(h.adapter().failed);
  EXPECT_EQ(h.adapter().failed->error, errc::pong_timeout);
}

TEST(harness, a_peer_that_wakes_reads_what_it_missed) {
  plain h;
  h.connect();
  h.peer_sleeps();
  h.send("kept");
  EXPECT_THAT(h.sent(), ElementsAre("hello"));
  h.peer_sleeps(false);
  EXPECT_THAT(h.sent(), ElementsAre("kept"));
}

TEST(harness, a_blocked_socket_runs_into_the_write_deadline) {
  plain h;
  h.connect();
  h.block_writes();
  h.send("stuck");
  h.advance(30s - 1ns);
  EXPECT_TRUE(h.open());
  h.block_writes(false);
  EXPECT_THAT(h.sent(), ElementsAre("hello", "stuck"));
  h.block_writes();
  h.send("lost");
  h.advance(30s);
  EXPECT_EQ(h.end(), error_code(errc::write_timeout));
}

TEST(harness, the_peer_may_break_the_protocol) {
  plain h;
  h.connect();
  const std::byte reserved[] = {std::byte{0xC1}, std::byte{0}};
  EXPECT_TRUE(h.peer_writes(reserved));
  h.advance(5s);
  EXPECT_EQ(h.end(), error_code(framing_errc::reserved_bits));
}

TEST(harness, the_peer_chooses_a_subprotocol) {
  const options o{.url = "ws://peer.test/feed?x=1", .subprotocols = {"a", "b"}};
  plain first(o, parrot{});
  first.connect();
  EXPECT_EQ(first.adapter().told.at(0), "open a");
  EXPECT_EQ(first.requests().at(0).target, "/feed?x=1");
  plain second(o, parrot{});
  second.choose("b");
  second.connect();
  EXPECT_EQ(second.adapter().told.at(0), "open b");
}

TEST(harness, an_exception_of_a_hook_is_told) {
  plain h;
  h.connect();
  h.peer_sends("throw");
  EXPECT_EQ(h.end(), error_code(errc::hook_threw));
  EXPECT_THAT(h.client().last_detail(), HasSubstr("parrot::on_message: no"));
}

TEST(harness, the_log_is_kept) {
  testkit::harness<parrot, trace> h;
  h.connect();
  EXPECT_THAT(h.log(), Contains(HasSubstr("open link=1")));
}

TEST(harness, options_are_checked) {
  plain h(options{.url = "http://no"}, parrot{});
  EXPECT_FALSE(h.connect());
  EXPECT_EQ(h.end(), error_code(errc::invalid_url));
}

// Each with a clock of its own.
TEST(harness, two_worlds_do_not_meet) {
  plain a(retrying(10s));
  plain b(retrying(10s));
  a.refuse(503);
  b.refuse(503);
  a.connect();
  b.connect();
  a.advance(10s);
  EXPECT_TRUE(a.open());
  EXPECT_FALSE(b.open());
  b.advance(10s);
  EXPECT_TRUE(b.open());
  EXPECT_THAT(a.sent(), ElementsAre("hello"));
  EXPECT_THAT(b.sent(), ElementsAre("hello"));
}

TEST(harness, a_dial_without_delay_that_never_succeeds_is_a_bug) {
  struct hasty : adapter<hasty, on::connecting, on::error> {
    admission on_connecting(context&, handshake&) { return admission::refuse(errc::unavailable); }
    reaction on_error(context&, const failure&) { return reaction::retry_after(0s); }
  };
  testkit::harness<hasty> h;
  EXPECT_THROW(h.connect(), std::logic_error);
}

TEST(fail_at_each_step, counts_and_fails_each_step_in_turn) {
  std::vector<std::string> failed;
  const auto scenario = [&](const testkit::fault& f) {
    plain h(options{.url = "wss://peer.test/"}, retrying(1s));
    h.inject(f);
    h.connect(1min);
    h.peer_sends("a");
    h.peer_sends("b");
    h.advance(1min);
    EXPECT_TRUE(h.open()) << f.what();
    h.stop();
    EXPECT_EQ(h.end(), error_code()) << f.what();
  };
  const auto check = [&](const testkit::fault& f) {
    EXPECT_EQ(f.happened(), f.step() != 0) << f.step();
    if (f.happened()) failed.push_back(f.what());
  };
  EXPECT_EQ(testkit::fail_at_each_step(scenario, check), 9u);
  EXPECT_THAT(failed,
              ElementsAre("step 1: resolving", "step 2: connecting", "step 3: securing",
                          "step 4: upgrading", "step 5: a message to the peer",
                          "step 6: a message of the peer", "step 7: a message to the peer",
                          "step 8: a message of the peer", "step 9: a message to the peer"));
}

}  // namespace harness_test

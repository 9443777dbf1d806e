#include <hawser/context.hpp>

#include "support/bench_link.hpp"
#include "support/frames.hpp"

#include <gtest/gtest.h>

#include <array>
#include <span>
#include <string>
#include <vector>

namespace context_test {

using namespace hawser::test;
using hawser::close_code;
using hawser::context;
using hawser::effects;
using hawser::errc;
using hawser::framing_errc;
using hawser::lane;
using hawser::opcode;
using hawser::time_point;
using namespace std::chrono_literals;

struct fixture {
  explicit fixture(bool open = true) { link.open = open; }
  effects fx;
  hawser::link_state link;
  context c{fx, link, time_point{}};
};

TEST(context, a_fail_of_no_error_is_a_refusal) {
  fixture f;
  f.c.fail({}, "so");
  ASSERT_EQ(f.fx.list().size(), 1u);
  EXPECT_EQ(std::get<effects::fail>(f.fx.list()[0]).error, errc::refused_by_hook);
}

TEST(context, records_what_a_hook_wants_in_order) {
  fixture f;
  EXPECT_TRUE(f.c.send("text", lane::governor));
  EXPECT_TRUE(f.c.send(hawser::as_bytes("binary")));
  EXPECT_TRUE(f.c.send(hawser::buffer(hawser::as_bytes("given")), opcode::text, lane::receipts));
  EXPECT_TRUE(f.c.send(""));
  EXPECT_TRUE(f.c.ping(hawser::as_bytes("p")));
  f.c.close(close_code::going_away, "why");
  f.c.fail(errc::pong_timeout, "dead");
  f.c.stop();
  const auto& l = f.fx.list();
  ASSERT_EQ(l.size(), 8u);
  const struct {
    opcode op;
    hawser::lane lane;
    std::string_view text;
  } want[] = {{opcode::text, lane::governor, "text"},
              {opcode::binary, lane::bulk, "binary"},
              {opcode::text, lane::receipts, "given"},
              {opcode::text, lane::bulk, ""}};
  for (std::size_t i = 0; i < std::size(want); ++i) {
    const auto& s = std::get<effects::send>(l[i]);
    EXPECT_EQ(s.op, want[i].op) << i;
    EXPECT_EQ(s.lane, want[i].lane) << i;
    EXPECT_EQ(hawser::as_text(f.fx.payload(s)), want[i].text) << i;
  }
  EXPECT_EQ(hawser::as_text(f.fx.take(std::get<effects::send>(l[2])).view()), "given");
  EXPECT_EQ(hawser::as_text(f.fx.bytes(std::get<effects::ping>(l[4]).payload)), "p");
  EXPECT_EQ(std::get<effects::close>(l[5]).code, close_code::going_away);
  EXPECT_EQ(f.fx.text(std::get<effects::close>(l[5]).reason), "why");
  EXPECT_EQ(std::get<effects::fail>(l[6]).error, errc::pong_timeout);
  EXPECT_EQ(f.fx.text(std::get<effects::fail>(l[6]).detail), "dead");
  EXPECT_TRUE(std::holds_alternative<effects::stop>(l[7]));
  f.fx.clear();
  EXPECT_TRUE(f.fx.empty());
}

TEST(context, what_is_asked_of_a_link_comes_with_its_own_fields) {
  fixture f;
  f.c.begin_login();
  f.c.set_ready();
  f.c.await_ack(4);
  f.c.acked(6);
  f.c.heartbeat();
  f.c.subscription("t", hawser::subscription_event::kind::failed, errc::subscription_timeout);
  f.c.defer_retry(7s);
  f.c.defer_retry(-7s);
  f.c.recycle();
  f.c.reauthenticate();
  f.c.offload("key", [] {});
  const auto& l = f.fx.list();
  std::vector<std::string_view> names;
  for (const auto& e : l) names.push_back(name_of(e));
  EXPECT_EQ(names,
            (std::vector<std::string_view>{"begin_login", "set_ready", "await_ack", "acked",
                                           "heartbeat", "subscription", "defer_retry",
                                           "defer_retry", "recycle", "reauthenticate", "offload"}));
  EXPECT_EQ(std::get<effects::await_ack>(l[2]).id, 4u);
  EXPECT_EQ(std::get<effects::acked>(l[3]).id, 6u);
  EXPECT_EQ(f.fx.text(std::get<effects::subscription>(l[5]).topic), "t");
  EXPECT_EQ(std::get<effects::subscription>(l[5]).error, errc::subscription_timeout);
  EXPECT_EQ(std::get<effects::defer_retry>(l[6]).after, 7s);
  EXPECT_EQ(std::get<effects::defer_retry>(l[7]).after, 0s);
  EXPECT_EQ(f.fx.work(std::get<effects::offload>(l[10])).key, "key");
}

// Whoever asks for it waits for what never comes.
TEST(context, what_needs_a_link_is_refused_aloud_without_one) {
  const struct {
    std::string_view what;
    void (*ask)(context&);
  } each[] = {
      {"begin_login", [](context& c) { c.begin_login(); }},
      {"set_ready", [](context& c) { c.set_ready(); }},
      {"await_ack", [](context& c) { c.await_ack(2); }},
      {"acked", [](context& c) { c.acked(); }},
      {"heartbeat", [](context& c) { c.heartbeat(); }},
      {"subscription",
       [](context& c) { c.subscription("t", hawser::subscription_event::kind::subscribe); }},
      {"defer_retry", [](context& c) { c.defer_retry(1s); }},
      {"recycle", [](context& c) { c.recycle(); }},
      {"reauthenticate", [](context& c) { c.reauthenticate(); }},
  };
  for (const auto& e : each) {
    fixture f(false);
    line_sink log(hawser::log_level::warn);
    context c(f.fx, f.link, time_point{}, &log);
    e.ask(c);
    EXPECT_TRUE(f.fx.empty()) << e.what;
    EXPECT_EQ(log.lines, std::vector{"a hook asked for " + std::string(e.what) +
                                     " without an open link: it has no effect"});
    EXPECT_EQ(log.levels, std::vector{hawser::log_level::warn});
    e.ask(f.c);  // Nobody listens.
    EXPECT_TRUE(f.fx.empty()) << e.what;
  }
}

TEST(context, what_concerns_the_client_needs_no_link) {
  fixture f(false);
  f.c.close(close_code::normal, "why");
  f.c.stop();
  f.c.fail(errc::hook_threw, "dead");
  f.c.offload("key", [] {});
  ASSERT_EQ(f.fx.list().size(), 4u);
  for (const auto& e : f.fx.list()) EXPECT_TRUE(without_link(e)) << name_of(e);
  fixture open;
  EXPECT_TRUE(open.c.send("x"));
  open.c.recycle();
  for (const auto& e : open.fx.list()) EXPECT_FALSE(without_link(e)) << name_of(e);
}

TEST(context, bytes_are_binary_and_chars_are_text_however_they_are_held) {
  fixture f;
  const std::uint8_t plain[] = {'a', 'b'};
  EXPECT_TRUE(f.c.send(std::vector<std::uint8_t>{'a', 'b'}));
  EXPECT_TRUE(f.c.send(std::vector<std::byte>{std::byte{'a'}, std::byte{'b'}}));
  EXPECT_TRUE(f.c.send(std::array<std::uint8_t, 2>{'a', 'b'}));
  EXPECT_TRUE(f.c.send(std::span<const std::uint8_t>(plain)));
  EXPECT_TRUE(f.c.send(plain));
  for (const auto& e : f.fx.list()) {
    const auto& s = std::get<effects::send>(e);
    EXPECT_EQ(s.op, opcode::binary);
    EXPECT_EQ(hawser::as_text(f.fx.payload(s)), "ab");
  }
  f.fx.clear();
  EXPECT_TRUE(f.c.send(std::string("ab")));
  EXPECT_TRUE(f.c.send({"abc", 2}));
  for (const auto& e : f.fx.list()) {
    const auto& s = std::get<effects::send>(e);
    EXPECT_EQ(s.op, opcode::text);
    EXPECT_EQ(hawser::as_text(f.fx.payload(s)), "ab");
  }
}

TEST(context, nothing_is_sent_without_an_open_link) {
  fixture f(false);
  EXPECT_EQ(f.c.send("x").error(), errc::not_connected);
  EXPECT_EQ(f.c.send(hawser::as_bytes("x")).error(), errc::not_connected);
  hawser::buffer kept(hawser::as_bytes("mine"));
  EXPECT_EQ(f.c.send(std::move(kept)).error(), errc::not_connected);
  EXPECT_EQ(hawser::as_text(kept.view()), "mine");
  EXPECT_EQ(f.c.ping({}).error(), errc::not_connected);
  EXPECT_TRUE(f.fx.empty());
}

// RFC 6455 section 5.5.1: nothing is sent behind a Close, so nothing is taken either.
TEST(context, nothing_is_taken_behind_a_close) {
  const auto refused = [](context& c) {
    hawser::buffer kept(hawser::as_bytes("mine"));
    EXPECT_EQ(c.send("x").error(), errc::not_connected);
    EXPECT_EQ(c.send(hawser::as_bytes("x")).error(), errc::not_connected);
    EXPECT_EQ(c.send(std::move(kept)).error(), errc::not_connected);
    EXPECT_EQ(hawser::as_text(kept.view()), "mine");
  };
  fixture closed;
  EXPECT_TRUE(closed.c.send("before"));
  closed.c.close();
  refused(closed.c);
  EXPECT_EQ(closed.fx.list().size(), 2u);
  closed.fx.clear();
  EXPECT_TRUE(closed.c.send("the next pass knows by the queue"));

  fixture failed;
  failed.c.fail(errc::pong_timeout, "dead");
  refused(failed.c);

  scripted_entropy entropy;
  hawser::mask_source masks(entropy);
  hawser::send_queue queue(hawser::role::client, masks, {});
  fixture closing;
  closing.link.queue = &queue;
  EXPECT_TRUE(closing.c.send("x"));
  queue.finish(close_code::normal, {}, false);
  refused(closing.c);
}

// RFC 6455 section 8.1: the peer would end the link for it.
TEST(context, a_text_that_is_not_utf8_is_not_taken) {
  fixture f;
  for (const std::string_view bad : {"\xFF", "cut \xE2\x82", "\xED\xA0\x80"}) {
    EXPECT_EQ(f.c.send(bad).error(), framing_errc::bad_utf8);
    hawser::buffer kept(hawser::as_bytes(bad));
    EXPECT_EQ(f.c.send(std::move(kept), opcode::text).error(), framing_errc::bad_utf8);
    EXPECT_EQ(hawser::as_text(kept.view()), bad);
  }
  EXPECT_TRUE(f.fx.empty());
  EXPECT_TRUE(f.c.send("\xE2\x82\xAC"));
  EXPECT_TRUE(f.c.send(hawser::as_bytes("\xFF")));
  EXPECT_TRUE(f.c.send(hawser::buffer(hawser::as_bytes("\xFF"))));
}

TEST(context, a_ping_has_at_most125_bytes) {
  fixture f;
  EXPECT_TRUE(f.c.ping(hawser::as_bytes(letters(125))));
  EXPECT_EQ(f.c.ping(hawser::as_bytes(letters(126))).error(), framing_errc::message_too_big);
  EXPECT_EQ(f.fx.list().size(), 1u);
}

// The bound counts what this pass of the chain has recorded already, lane by lane.
TEST(context, a_full_lane_is_told_at_once_and_nothing_is_taken) {
  scripted_entropy entropy;
  hawser::mask_source masks(entropy);
  const hawser::lane_limits each{.frames = 3, .bytes = 10};
  hawser::send_queue queue(hawser::role::client, masks, {each, each, each, each});
  fixture f;
  f.link.queue = &queue;
  EXPECT_TRUE(f.c.send("12345"));
  EXPECT_EQ(f.c.send("123456").error(), errc::queue_full);
  EXPECT_TRUE(f.c.send("12345"));
  EXPECT_TRUE(f.c.send(""));
  EXPECT_EQ(f.c.send("").error(), errc::queue_full);
  hawser::buffer kept(hawser::as_bytes("mine"));
  EXPECT_EQ(f.c.send(std::move(kept)).error(), errc::queue_full);
  EXPECT_EQ(hawser::as_text(kept.view()), "mine");
  EXPECT_TRUE(f.c.send("other", lane::control));
  EXPECT_TRUE(f.c.ping({})) << "pings are in no lane";
  EXPECT_EQ(f.fx.list().size(), 5u);
  f.fx.clear();
  EXPECT_TRUE(f.c.send("again"));
}

TEST(context, the_last_wake_time_counts) {
  fixture f;
  EXPECT_EQ(f.c.wake_time(), hawser::never);
  f.c.wake_at(time_point(2s));
  f.c.wake_at(time_point(1s));
  EXPECT_EQ(f.c.wake_time(), time_point(1s));
  f.c.cancel_wake();
  EXPECT_EQ(f.c.wake_time(), hawser::never);
}

TEST(context, logs_only_what_the_sink_wants) {
  fixture f;
  EXPECT_FALSE(f.c.wants(hawser::log_level::error));
  f.c.log(hawser::log_level::error, "nobody listens");
  line_sink sink(hawser::log_level::warn);
  const context c(f.fx, f.link, time_point{}, &sink);
  EXPECT_TRUE(c.wants(hawser::log_level::warn));
  EXPECT_FALSE(c.wants(hawser::log_level::info));
  c.log(hawser::log_level::info, "no");
  c.log(hawser::log_level::error, "yes");
  EXPECT_EQ(sink.lines, std::vector<std::string>{"yes"});
}

}  // namespace context_test

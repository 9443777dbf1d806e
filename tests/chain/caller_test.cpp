// Calls without a socket: the chain of a caller and its hidden plug-in.
#include <hawser/caller.hpp>

#include "support/bench_link.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace caller_test {

using namespace std::chrono_literals;
using hawser::call_id;
using hawser::call_result;
using hawser::context;
using hawser::delivery;
using hawser::errc;
using hawser::pending;

struct question {
  std::string text;
};
struct reading {
  int value = 0;
};

struct rpc : hawser::adapter<rpc, hawser::on::message>, hawser::caller<rpc, question, reading> {
  std::vector<std::pair<call_id, std::string>> written = {};
  std::optional<errc> refusal = {};
  bool throws = false;

  hawser::verdict on_message(context&, const hawser::inbound&) { return hawser::handled; }
  hawser::result<hawser::send_id> on_call(context& c, call_id id, const question& q) {
    if (throws) throw std::runtime_error("no pen");
    if (refusal) return *refusal;
    written.emplace_back(id, q.text);
    return c.send(q.text);
  }
};
static_assert(hawser::plugin<rpc>);

using hooks = hawser::detail::call_hooks<rpc>;

struct fixture : hawser::test::bench_link<rpc, hooks> {
  fixture() : bench_link(rpc{}, hooks{}) {}

  rpc& adapter() { return plugins.get<rpc>(); }
  void open_ready() {
    open();
    link.ready = true;
    at([&](context& c) { plugins.ready(c, {link.number}); });
  }
  void lose() {
    drop();
    link.ready = false;
  }
  pending<reading> call(std::string text, hawser::call_options o = {}) {
    return at([&](context& c) { return adapter().call(c, {std::move(text)}, o); });
  }
  void reply(call_id id, int value) {
    at([&](context& c) { adapter().reply(c, id, reading{value}); });
  }
};

TEST(caller, a_reply_ends_its_call) {
  fixture f;
  f.open_ready();
  auto p = f.call("a");
  auto q = f.call("b");
  EXPECT_EQ(f.adapter().written.size(), 2u);
  EXPECT_FALSE(p.ready());
  f.reply(2, 20);
  f.reply(1, 10);
  const auto r = p.get(0s);
  EXPECT_EQ(r.value->value, 10);
  EXPECT_EQ(r.delivery, delivery::acked);
  EXPECT_EQ(q.get(0s).value->value, 20);
  EXPECT_EQ(f.adapter().pending_calls(), 0u);
  EXPECT_EQ(p.get(0s).value.error(), errc::call_cancelled);  // It was taken.
  EXPECT_FALSE(p);
}

TEST(caller, a_refusal_ends_its_call_too) {
  fixture f;
  f.open_ready();
  auto p = f.call("a");
  f.at([&](context& c) { f.adapter().refuse(c, p.id(), errc::unauthorized); });
  const auto r = p.get(0s);
  EXPECT_EQ(r.value.error(), errc::unauthorized);
  EXPECT_EQ(r.delivery, delivery::acked);
}

TEST(caller, a_call_waits_for_a_link_that_is_ready) {
  fixture f;
  auto p = f.call("a");
  auto q = f.call("b");
  EXPECT_TRUE(f.adapter().written.empty());
  f.open_ready();
  EXPECT_EQ(f.adapter().written,
            (std::vector<std::pair<call_id, std::string>>{{p.id(), "a"}, {q.id(), "b"}}));
  EXPECT_EQ(f.plugins.pending_calls(f.link.number), 2u);
  EXPECT_EQ(f.plugins.pending_calls(f.link.number + 1), 0u);
}

// A login may be a call.
TEST(caller, a_hook_may_call_before_the_link_is_ready) {
  fixture f;
  f.open();
  auto p = f.call("login");
  EXPECT_EQ(f.adapter().written.size(), 1u);
}

TEST(caller, the_deadline_counts_from_the_call) {
  fixture f;
  auto p = f.call("a", {.deadline = 5s});
  f.now += 2s;
  f.open_ready();
  auto q = f.call("b", {.deadline = 1s});
  EXPECT_EQ(f.plugins.next_wake(), f.now + 1s);
  ASSERT_TRUE(f.wake());
  const auto late = q.get(0s);
  EXPECT_EQ(late.value.error(), errc::call_timeout);
  EXPECT_EQ(late.delivery, delivery::maybe_sent);
  EXPECT_EQ(f.plugins.next_wake(), f.now + 2s);
  ASSERT_TRUE(f.wake());
  EXPECT_TRUE(p.ready());
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
}

TEST(caller, a_call_that_never_found_a_link_times_out_unsent) {
  fixture f;
  auto p = f.call("a", {.deadline = 5s});
  ASSERT_TRUE(f.wake());
  const auto r = p.get(0s);
  EXPECT_EQ(r.value.error(), errc::call_timeout);
  EXPECT_EQ(r.delivery, delivery::never_sent);
}

TEST(caller, a_deadline_must_be_above_zero) {
  fixture f;
  EXPECT_EQ(f.call("a", {.deadline = 0s}).get(0s).value.error(), errc::invalid_option);
  EXPECT_EQ(f.adapter().pending_calls(), 0u);
  auto p = f.call("a", {.deadline = hawser::duration::max()});  // Clamped: no overflow.
  EXPECT_GT(f.plugins.next_wake(), f.now + 24h);
}

TEST(caller, a_drop_loses_what_must_not_be_repeated_and_keeps_the_rest) {
  fixture f;
  f.open_ready();
  auto once = f.call("once");
  auto again = f.call("again", {.idempotent = true});
  f.lose();
  const auto r = once.get(0s);
  EXPECT_EQ(r.value.error(), errc::call_lost);
  EXPECT_EQ(r.delivery, delivery::maybe_sent);
  auto queued = f.call("queued");
  EXPECT_FALSE(again.ready());
  f.adapter().written.clear();
  f.open_ready();
  EXPECT_EQ(f.adapter().written, (std::vector<std::pair<call_id, std::string>>{
                                     {again.id(), "again"}, {queued.id(), "queued"}}));
  f.reply(again.id(), 1);
  EXPECT_EQ(again.get(0s).value->value, 1);
}

// Two links, as when one is recycled: the end of the predecessor concerns its own calls only, and
// what may be repeated goes to the one that is open.
TEST(caller, the_end_of_another_link_concerns_its_own_calls_only) {
  fixture f;
  f.open_ready();
  auto once = f.call("1");
  auto again = f.call("2", {.idempotent = true});
  f.link.number = 2;
  f.at([&](context& c) { f.plugins.ready(c, {2, true}); });
  auto fresh = f.call("3");
  EXPECT_EQ(f.plugins.pending_calls(1), 2u);
  EXPECT_EQ(f.plugins.pending_calls(2), 1u);
  f.adapter().written.clear();
  f.at([&](context& c) { f.plugins.drop(c, hawser::drop_info{.link = 1, .error = errc::closed}); });
  EXPECT_EQ(once.get(0s).value.error(), errc::call_lost);
  EXPECT_FALSE(fresh.ready());
  EXPECT_FALSE(again.ready());
  EXPECT_LE(f.plugins.next_wake(), f.now);
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(f.adapter().written, (std::vector<std::pair<call_id, std::string>>{{again.id(), "2"}}));
  EXPECT_EQ(f.plugins.pending_calls(2), 2u);
}

TEST(caller, dropping_the_handle_frees_the_entry_at_once) {
  fixture f;
  f.open_ready();
  {
    auto p = f.call("a");
    EXPECT_EQ(f.adapter().pending_calls(), 1u);
  }
  EXPECT_EQ(f.adapter().pending_calls(), 0u);
  EXPECT_EQ(f.adapter().unmatched_replies(), 0u);
  f.reply(1, 10);  // late
  EXPECT_EQ(f.adapter().unmatched_replies(), 1u);
  f.reply(77, 10);  // of nobody
  EXPECT_EQ(f.adapter().unmatched_replies(), 2u);
  auto p = f.call("b");
  f.reply(p.id(), 1);
  f.reply(p.id(), 2);  // twice
  EXPECT_EQ(p.get(0s).value->value, 1);
  EXPECT_EQ(f.adapter().unmatched_replies(), 3u);
}

TEST(caller, cancel_tells_whether_it_was_sent) {
  fixture f;
  auto queued = f.call("a");
  queued.cancel();
  auto r = queued.get(0s);
  EXPECT_EQ(r.value.error(), errc::call_cancelled);
  EXPECT_EQ(r.delivery, delivery::never_sent);
  f.open_ready();
  EXPECT_TRUE(f.adapter().written.empty());
  auto sent = f.call("b");
  sent.canceller().cancel();
  r = sent.get(0s);
  EXPECT_EQ(r.value.error(), errc::call_cancelled);
  EXPECT_EQ(r.delivery, delivery::maybe_sent);
}

TEST(caller, a_continuation_runs_after_the_hook_that_delivered) {
  fixture f;
  f.open_ready();
  int got = 0;
  auto p = f.call("a");
  const auto id = p.id();
  ASSERT_TRUE(std::move(p).then(
      [&](context&, call_result<reading> r) { got = r.value ? r.value->value : -1; }));
  EXPECT_EQ(f.adapter().pending_calls(), 1u);  // It is the client's now.
  f.reply(id, 10);
  EXPECT_EQ(got, 0);
  EXPECT_LE(f.plugins.next_wake(), f.now);
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(got, 10);
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
}

TEST(caller, a_continuation_may_call_again_and_come_late) {
  fixture f;
  f.open_ready();
  std::vector<int> got;
  auto p = f.call("a");
  f.reply(p.id(), 10);
  ASSERT_TRUE(std::move(p).then([&](context& c, call_result<reading> r) {
    got.push_back(r.value->value);
    auto second = f.adapter().call(c, {"b"});
    (void)std::move(second).then(
        [&](context&, call_result<reading> s) { got.push_back(s.value->value); });
  }));
  ASSERT_TRUE(f.wake());
  f.reply(2, 20);
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(got, (std::vector<int>{10, 20}));
}

TEST(caller, a_continuation_that_throws_is_named_and_the_others_run) {
  fixture f;
  f.open_ready();
  bool ran = false;
  auto p = f.call("a");
  auto q = f.call("b");
  (void)std::move(p).then([](context&, call_result<reading>) { throw std::runtime_error("x"); });
  (void)std::move(q).then([&](context&, call_result<reading>) { ran = true; });
  f.reply(1, 1);
  f.reply(2, 2);
  ASSERT_TRUE(f.wake());
  EXPECT_TRUE(ran);
  ASSERT_EQ(f.kinds(), std::vector{hawser::effects::fail::name});
  EXPECT_NE(f.failed_with().find("continuation: x"), std::string_view::npos);
}

TEST(caller, what_on_call_answers_decides) {
  fixture f;
  f.open_ready();
  f.adapter().refusal = errc::queue_full;
  const auto full = f.call("a").get(0s);
  EXPECT_EQ(full.value.error(), errc::queue_full);
  EXPECT_EQ(full.delivery, delivery::never_sent);
  f.adapter().refusal = errc::not_connected;  // The closing handshake has begun.
  auto waits = f.call("b");
  EXPECT_FALSE(waits.ready());
  f.adapter().refusal.reset();
  f.lose();
  f.open_ready();
  EXPECT_EQ(f.adapter().written.size(), 1u);
  f.adapter().throws = true;
  EXPECT_EQ(f.call("c").get(0s).value.error(), errc::hook_threw);
  ASSERT_EQ(f.kinds(), std::vector{hawser::effects::fail::name});
  EXPECT_NE(f.failed_with().find("rpc::on_call: no pen"), std::string_view::npos);
}

TEST(caller, too_many_calls_are_refused) {
  fixture f;
  std::vector<pending<reading>> all;
  for (int i = 0; i < 1024; ++i) all.push_back(f.call("a"));
  EXPECT_EQ(f.call("a").get(0s).value.error(), errc::too_many_calls);
  all.pop_back();
  EXPECT_FALSE(f.call("a").ready());
}

TEST(caller, the_end_of_the_client_ends_every_call) {
  fixture f;
  f.open_ready();
  auto sent = f.call("a");
  f.lose();
  auto queued = f.call("b");
  hawser::error_code told;
  auto continued = f.call("c");
  (void)std::move(continued).then(
      [&](context&, call_result<reading> r) { told = r.value.error(); });
  f.at([&](context& c) { f.plugins.stopped(c, {}); });
  EXPECT_EQ(queued.get(0s).value.error(), errc::stopped);
  EXPECT_EQ(told, errc::stopped);
  auto after = f.call("d");
  EXPECT_EQ(std::move(after).then([](context&, call_result<reading>) {}).error(), errc::stopped);
  EXPECT_EQ(after.get(0s).value.error(), errc::stopped);
}

TEST(caller, a_handle_may_outlive_its_client) {
  pending<reading> p;
  EXPECT_EQ(p.get(0s).value.error(), errc::call_cancelled);
  {
    fixture f;
    p = f.call("a");
  }
  EXPECT_EQ(p.get(0s).value.error(), errc::stopped);
}

TEST(caller, get_waits_no_longer_than_its_bound_and_the_call_goes_on) {
  fixture f;
  f.open_ready();
  auto p = f.call("a");
  const auto r = p.get(1ms);
  EXPECT_EQ(r.value.error(), errc::call_timeout);
  EXPECT_EQ(r.delivery, delivery::maybe_sent);
  std::thread other([&] { EXPECT_EQ(p.get(10s).value->value, 10); });
  f.reply(1, 10);
  other.join();
}

TEST(caller, the_routing_table_names_who_drives_the_calls) {
  EXPECT_NE(fixture().plugins.routing_table().find("ready: calls\n"), std::string::npos);
}

struct told_of_its_end : hawser::adapter<told_of_its_end, hawser::on::message>,
                         hawser::caller<told_of_its_end, std::shared_ptr<int>, int> {
  hawser::verdict on_message(context&, const hawser::inbound&) { return hawser::handled; }
  hawser::result<hawser::send_id> on_call(context& c, call_id, const std::shared_ptr<int>&) {
    return c.send("x");
  }
};

// Its end may ask for what the lock guards.
TEST(caller, a_request_that_is_one_too_many_is_let_go_of_without_the_lock) {
  using hooks_type = hawser::detail::call_hooks<told_of_its_end>;
  hawser::test::bench_link<told_of_its_end, hooks_type> f(told_of_its_end{}, hooks_type{});
  auto& a = f.plugins.get<told_of_its_end>();
  f.plugins.get<hooks_type>().registry().connect(1, nullptr, nullptr);
  const auto watched = [&] {
    return std::shared_ptr<int>(new int, [&](int* p) {
      delete p;
      (void)a.pending_calls();
    });
  };
  auto first = f.at([&](context& c) { return a.call(c, watched()); });
  auto second = f.at([&](context& c) { return a.call(c, watched()); });
  EXPECT_EQ(second.get(std::chrono::seconds(0)).value.error(), hawser::errc::too_many_calls);
}

}  // namespace caller_test

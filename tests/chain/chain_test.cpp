#include <hawser/adapter.hpp>
#include <hawser/behavior.hpp>
#include <hawser/behaviors/heartbeat.hpp>
#include <hawser/chain.hpp>

#include "support/bench_link.hpp"
#include "support/words.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace chain_test {

namespace on = hawser::on;
using hawser::context;
using hawser::time_point;

// What was called, in order, over all plug-ins.
std::vector<std::string> calls;

struct first : hawser::behavior<first, on::connecting, on::open, on::wake, on::message, on::sending,
                                on::error, on::authenticate> {
  hawser::admission on_connecting(context&, hawser::handshake&) {
    calls.push_back("first connecting");
    return admission;
  }
  void on_open(context& c, const hawser::open_info&) {
    calls.push_back("first open");
    if (wake != hawser::never) c.wake_at(wake);
  }
  void on_wake(context&, const hawser::wake_info&) { calls.push_back("first wake"); }
  hawser::verdict on_message(context&, const hawser::inbound&) {
    calls.push_back("first message");
    if (throws == 1) throw std::runtime_error("it broke");
    if (throws == 2) throw 42;
    return verdict;
  }
  hawser::permit on_sending(context&, const hawser::outbound&) {
    calls.push_back("first sending");
    if (throws == 1) throw std::runtime_error("it broke");
    return permit;
  }
  hawser::reaction on_error(context&, const hawser::failure&) {
    calls.push_back("first error");
    return reaction;
  }
  hawser::grant on_authenticate(context&, hawser::auth_request&) {
    calls.push_back("first authenticate");
    return grant;
  }
  hawser::result<void, hawser::error_info> validate() const {
    if (good) return {};
    return hawser::invalid_option("first is wrong");
  }
  hawser::admission admission = hawser::admission::go();
  hawser::verdict verdict = hawser::verdict::pass;
  hawser::permit permit = hawser::permit::pass();
  hawser::reaction reaction = hawser::reaction::pass();
  hawser::grant grant = hawser::grant::ready();
  time_point wake = hawser::never;
  int throws = 0;
  bool good = true;
};

struct second : hawser::behavior<second, on::open, on::wake> {
  void on_open(context& c, const hawser::open_info&) {
    calls.push_back("second open");
    if (throws) throw std::logic_error("opened wrongly");
    if (wake != hawser::never) c.wake_at(wake);
  }
  void on_wake(context& c, const hawser::wake_info&) {
    calls.push_back("second wake");
    if (again != hawser::never) c.wake_at(std::exchange(again, hawser::never));
  }
  hawser::result<void, hawser::error_info> validate() const {
    if (good) return {};
    return hawser::invalid_option("second is wrong");
  }
  time_point wake = hawser::never;
  time_point again = hawser::never;
  bool throws = false;
  bool good = true;
};

struct last : hawser::adapter<last, on::connecting, on::open, on::message, on::sending, on::error,
                              on::authenticate> {
  hawser::admission on_connecting(context&, hawser::handshake&) {
    calls.push_back("last connecting");
    return hawser::admission::go();
  }
  void on_open(context&, const hawser::open_info&) { calls.push_back("last open"); }
  hawser::verdict on_message(context&, const hawser::inbound&) {
    calls.push_back("last message");
    return hawser::handled;
  }
  hawser::permit on_sending(context&, const hawser::outbound&) {
    calls.push_back("last sending");
    return hawser::permit::pass();
  }
  hawser::reaction on_error(context&, const hawser::failure&) {
    calls.push_back("last error");
    return hawser::reaction::retry_after(std::chrono::seconds(3));
  }
  hawser::grant on_authenticate(context&, hawser::auth_request&) {
    calls.push_back("last authenticate");
    return hawser::grant::pending();
  }
};

struct sleepless : hawser::behavior<sleepless, on::open> {
  void on_open(context& c, const hawser::open_info&) {
    EXPECT_EQ(c.wake_time(), hawser::never);
    c.cancel_wake();
    c.wake_at(c.now());
  }
};

struct gauge : hawser::behavior<gauge, on::open> {
  int level = 3;
  void on_open(context&, const hawser::open_info&) {}
  void describe(hawser::description& d) const {
    d.add("level", level);
    if (level < 0) throw std::runtime_error("below the ground");
  }
};
struct silent : hawser::adapter<silent, on::open> {
  void on_open(context&, const hawser::open_info&) {}
};

}  // namespace chain_test

namespace chain_test {

using namespace chain_test;
using namespace std::chrono_literals;
using hawser::errc;
using hawser::test::bench_link;
using list = std::vector<std::string>;

struct fixture : bench_link<first, second, last> {
  explicit fixture(first f = {}, second s = {}) : bench_link(std::move(f), std::move(s), last{}) {
    calls.clear();
  }
  hawser::verdict message() {
    return at([&](context& c) { return plugins.message(c, hawser::inbound{}); });
  }
};

TEST(hook_chain, notify_hooks_reach_everybody_in_list_order) {
  fixture f;
  f.open();
  EXPECT_EQ(calls, (list{"first open", "second open", "last open"}));
}

TEST(hook_chain, deciding_hooks_pass_on_until_one_decides) {
  fixture f;
  EXPECT_EQ(f.message(), hawser::handled);
  EXPECT_EQ(calls, (list{"first message", "last message"}));
  calls.clear();
  f.plugins.get<first>().verdict = hawser::handled;
  EXPECT_EQ(f.message(), hawser::handled);
  EXPECT_EQ(calls, list{"first message"});
}

TEST(hook_chain, every_kind_of_decision_stops_at_the_first_that_does_not_pass) {
  fixture f;
  hawser::handshake h;
  hawser::auth_request request{h, {}};
  const auto ask = [&](bool decided) {
    calls.clear();
    const auto a = f.at([&](context& c) { return f.plugins.connecting(c, h); });
    const auto p = f.at([&](context& c) { return f.plugins.sending(c, {}); });
    const auto r = f.at([&](context& c) { return f.plugins.error(c, {}); });
    const auto g = f.at([&](context& c) { return f.plugins.authenticate(c, request); });
    EXPECT_EQ(a.what(), decided ? hawser::admission::kind::refuse : hawser::admission::kind::go);
    EXPECT_EQ(p.what(), decided ? hawser::permit::kind::hold : hawser::permit::kind::pass);
    EXPECT_EQ(r.what(), decided ? hawser::reaction::kind::give_up : hawser::reaction::kind::retry);
    EXPECT_EQ(g.what(), decided ? hawser::grant::kind::refuse : hawser::grant::kind::pending);
    if (decided) {
      EXPECT_EQ(a.error(), errc::unavailable);
      EXPECT_EQ(p.until(), time_point(5s));
      EXPECT_EQ(g.error(), errc::unauthorized);
    } else {
      EXPECT_EQ(r.after(), 3s);
    }
  };
  ask(false);
  EXPECT_EQ(calls, (list{"first connecting", "last connecting", "first sending", "last sending",
                         "first error", "last error", "first authenticate", "last authenticate"}));
  first& decider = f.plugins.get<first>();
  decider.admission = hawser::admission::refuse(errc::unavailable);
  decider.permit = hawser::permit::hold_until(time_point(5s));
  decider.reaction = hawser::reaction::give_up();
  decider.grant = hawser::grant::refuse(errc::unauthorized);
  ask(true);
  EXPECT_EQ(calls,
            (list{"first connecting", "first sending", "first error", "first authenticate"}));
}

TEST(hook_chain, a_wake_is_for_the_one_whose_time_has_come) {
  first a;
  second b;
  a.wake = time_point(1002s);
  b.wake = time_point(1001s);
  fixture f(a, b);
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
  f.open();
  EXPECT_EQ(f.plugins.next_wake(), time_point(1001s));
  calls.clear();
  f.at([&](context& c) { f.plugins.wake(c, hawser::wake_info{}); });
  EXPECT_TRUE(calls.empty()) << "too early for both";
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(calls, list{"second wake"});
  EXPECT_EQ(f.plugins.next_wake(), time_point(1002s));
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(calls, (list{"second wake", "first wake"}));
  EXPECT_FALSE(f.wake()) << "each wakes once";
}

TEST(hook_chain, a_wake_may_ask_for_the_next) {
  second b;
  b.wake = time_point(1001s);
  b.again = time_point(1005s);
  fixture f({}, b);
  f.open();
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(f.plugins.next_wake(), time_point(1005s));
  ASSERT_TRUE(f.wake());
  EXPECT_FALSE(f.wake());
}

TEST(hook_chain, a_task_for_a_plug_in_sets_the_wake_of_that_plug_in) {
  fixture f;
  f.at([&](context& c) {
    f.plugins.enter<second>(c);
    EXPECT_EQ(c.wake_time(), hawser::never);
    c.wake_at(time_point(1001s));
  });
  EXPECT_EQ(f.plugins.next_wake(), time_point(1001s));
  calls.clear();
  ASSERT_TRUE(f.wake());
  EXPECT_EQ(calls, list{"second wake"});
}

// It would be due for ever, and the engine would do nothing else.
TEST(hook_chain, a_wake_for_a_plug_in_that_lists_no_wake_is_a_bug_and_has_no_effect) {
  hawser::test::bench_link<sleepless> f(sleepless{});
  hawser::test::line_sink lines(hawser::log_level::error);
  f.sink = &lines;
  EXPECT_DEBUG_DEATH(f.open(), "on::wake");
  EXPECT_EQ(f.plugins.next_wake(), hawser::never);
  EXPECT_FALSE(f.wake());
#ifdef NDEBUG
  EXPECT_EQ(lines.lines.size(), 1u);
#endif
}

TEST(hook_chain, an_exception_of_a_deciding_hook_ends_the_link_and_names_it) {
  first a;
  a.throws = 1;
  fixture f(a);
  EXPECT_EQ(f.message(), hawser::verdict::pass);
  EXPECT_EQ(calls, list{"first message"}) << "the others are not asked";
  ASSERT_EQ(f.done.list().size(), 1u);
  EXPECT_EQ(f.recorded<hawser::effects::fail>().error, errc::hook_threw);
  EXPECT_EQ(f.failed_with(), "chain_test::first::on_message: it broke");
  f.plugins.get<first>().throws = 2;
  f.message();
  EXPECT_EQ(f.failed_with(),
            "chain_test::first::on_message: an exception that is no std::exception");
}

// What was to redact the message did not: it must not leave as it is.
TEST(hook_chain, an_exception_of_on_sending_refuses_the_message) {
  first a;
  a.throws = 1;
  fixture f(a);
  const auto p = f.at([&](context& c) { return f.plugins.sending(c, {}); });
  EXPECT_EQ(p.what(), hawser::permit::kind::refuse);
  EXPECT_EQ(p.error(), errc::hook_threw);
  EXPECT_EQ(calls, list{"first sending"});
  ASSERT_EQ(f.done.list().size(), 1u);
  EXPECT_EQ(f.failed_with(), "chain_test::first::on_sending: it broke");
}

TEST(hook_chain, an_exception_of_a_notify_hook_does_not_keep_it_from_the_others) {
  second b;
  b.throws = true;
  fixture f({}, b);
  f.open();
  EXPECT_EQ(calls, (list{"first open", "second open", "last open"}));
  ASSERT_EQ(f.done.list().size(), 1u);
  EXPECT_EQ(f.failed_with(), "chain_test::second::on_open: opened wrongly");
}

TEST(hook_chain, the_routing_table_says_who_is_asked_in_which_order) {
  const fixture f;
  EXPECT_EQ(f.plugins.routing_table(),
            "connecting: chain_test::first -> chain_test::last\n"
            "open: chain_test::first -> chain_test::second -> chain_test::last\n"
            "wake: chain_test::first -> chain_test::second\n"
            "message: chain_test::first -> chain_test::last\n"
            "sending: chain_test::first -> chain_test::last\n"
            "error: chain_test::first -> chain_test::last\n"
            "authenticate: chain_test::first -> chain_test::last\n");
}

TEST(hook_chain, wants_what_somebody_listed) {
  const fixture f;
  EXPECT_TRUE(f.plugins.wants(hawser::hook::open));
  EXPECT_TRUE(f.plugins.wants(hawser::hook::wake));
  EXPECT_FALSE(f.plugins.wants(hawser::hook::frame));
  EXPECT_FALSE(f.plugins.wants(hawser::hook::drop));
}

TEST(hook_chain, the_first_complaint_about_options_is_reported) {
  fixture f;
  EXPECT_TRUE(f.plugins.validate());
  f.plugins.get<second>().good = false;
  EXPECT_EQ(words_of(f.plugins.validate()), "second is wrong");
  f.plugins.get<first>().good = false;
  EXPECT_EQ(words_of(f.plugins.validate()), "first is wrong");
}

TEST(hook_chain, every_plugin_is_named_and_those_that_can_tell_of_themselves) {
  hawser::chain<chain_test::gauge, chain_test::silent> c{{}, {}};
  std::vector<hawser::description> told;
  c.describe(told);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].to_words({}), "chain_test::gauge: level 3");
  EXPECT_EQ(told[1].to_words({}), "chain_test::silent");
}

TEST(hook_chain, ours_tell_of_themselves_by_their_names_in_the_routing_table) {
  const hawser::chain<hawser::heartbeat, chain_test::silent> c{{}, {}};
  std::vector<hawser::description> told;
  c.describe(told);
  EXPECT_EQ(told[0].plugin(), "heartbeat");
  EXPECT_EQ(c.routing_table().substr(0, 15), "open: heartbeat");
}

TEST(hook_chain, a_plugin_that_throws_while_it_tells_keeps_nobody_from_it) {
  hawser::chain<chain_test::gauge, chain_test::silent> c{{}, {}};
  c.get<chain_test::gauge>().level = -1;
  std::vector<hawser::description> told;
  c.describe(told);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].to_words({}),
            "chain_test::gauge: level -1, error an exception left describe()");
}

}  // namespace chain_test

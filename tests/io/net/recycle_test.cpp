// Make before break: a client moves to a successor and nobody can tell by its messages.
#include "support/traveler.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <set>
#include <string>
#include <vector>

namespace hawser::test {
namespace recycle_test {

using namespace std::chrono_literals;

TEST(recycle, ten_times_under_load_loses_repeats_and_reorders_nothing) {
  exchange_state all;
  const auto server = serve(all);
  traveler t;
  t.total = 100'000;
  t.recycles = 10;
  client<traveler> c{{.url = server.url()}, t};
  EXPECT_FALSE(c.run()) << c.last_detail();
  expect_whole(c.get<traveler>(), all);
  EXPECT_EQ(c.snapshot().recycled, 10u);
  EXPECT_EQ(c.snapshot().refused, 0u);
  EXPECT_EQ(all.links, 11);
  for (const drop_info& d : c.get<traveler>().drops) {
    EXPECT_TRUE(d.clean);
    EXPECT_EQ(d.unsent, 0u);
    EXPECT_EQ(d.replaced, d.link != 11);
  }
  EXPECT_EQ(c.get<traveler>().errors, 1);  // The end itself.
  const auto hold =
      std::chrono::duration_cast<std::chrono::microseconds>(c.snapshot().longest_hold);
  EXPECT_GT(hold, 0us);
  std::cout << "writes were held for " << hold.count() << " us at most\n";
}

// Counts the ends of messages; each is told once, wherever the message went.
struct accountant : behavior<accountant, on::settled> {
  std::set<send_id> told = {};
  int twice = 0;
  int never = 0;
  void on_settled(context&, const settled_info& s) {
    if (!told.insert(s.id).second) ++twice;
    if (s.delivery == delivery::never_sent) ++never;
  }
};

TEST(recycle, what_was_passed_on_has_one_end_like_any_message) {
  exchange_state all;
  const auto server = serve(all);
  traveler t;
  t.total = 20'000;
  t.recycles = 10;
  client<traveler, accountant> c{{.url = server.url()}, t};
  EXPECT_FALSE(c.run()) << c.last_detail();
  expect_whole(c.get<traveler>(), all);
  EXPECT_EQ(c.snapshot().recycled, 10u);
  EXPECT_EQ(c.get<accountant>().told.size(), 20'000u);
  EXPECT_EQ(c.get<accountant>().twice, 0);
  EXPECT_EQ(c.get<accountant>().never, 0);
}

// Each reply leads to the next call, from the hook that it came to.
struct caller_on_the_move : adapter<caller_on_the_move, on::ready, on::message>,
                            caller<caller_on_the_move, std::string, std::string> {
  int made = 0;
  int answered = 0;
  call_id last = 0;

  result<send_id> on_call(context& c, call_id id, const std::string& r) {
    last = id;
    return c.send(r);
  }
  void on_ready(context& c, const ready_info& r) {
    if (!r.successor) next(c);
  }
  void next(context& c) {
    if (++made % 500 == 0) c.recycle();
    (void)call(c, std::to_string(made - 1))
        .then([this](context& then, const call_result<std::string>& r) {
          EXPECT_TRUE(r.value) << r.value.error().message();
          ++answered;
          made < 5'000 ? next(then) : then.close();
        });
  }
  verdict on_message(context& c, const inbound& m) {
    reply(c, last, std::string(m.text()));
    return handled;
  }
};

// The predecessor is closed once it owes nothing; a call from one of its hooks is not its own.
TEST(recycle, calls_go_on_over_it) {
  acceptor_host server;  // It answers each call on the link that the call came by.
  client<caller_on_the_move> c{{.url = server.url(), .deadlines = {.handover = 1h}}};
  EXPECT_FALSE(c.run()) << c.last_detail();
  EXPECT_EQ(c.get<caller_on_the_move>().answered, 5'000);
  EXPECT_GE(c.snapshot().recycled, 9u);
}

TEST(recycle, a_successor_logs_in_before_it_takes_over) {
  exchange_state all;
  all.logins = true;
  const auto server = serve(all);
  traveler t;
  t.logs_in = true;
  t.recycles = 3;
  client<traveler> c{{.url = server.url()}, t};
  EXPECT_FALSE(c.run()) << c.last_detail();
  expect_whole(c.get<traveler>(), all);
  EXPECT_EQ(c.snapshot().recycled, 3u);
}

TEST(recycle, a_refused_successor_is_tried_again_while_the_predecessor_works_on) {
  exchange_state all;
  all.refuse = 2;
  const auto server = serve(all);
  traveler t;
  t.total = 20'000;
  client<traveler> c{{.url = server.url()}, t};
  EXPECT_FALSE(c.run()) << c.last_detail();
  expect_whole(c.get<traveler>(), all);
  EXPECT_EQ(c.get<traveler>().successor_errors, 2);
  EXPECT_EQ(c.snapshot().recycled, 1u);
}

TEST(recycle, nobody_who_wants_to_retry_ends_the_recycling_and_not_the_client) {
  exchange_state all;
  all.refuse = 1;
  const auto server = serve(all);
  for (const reaction answer : {reaction::pass(), reaction::give_up()}) {
    all.received = all.sent = all.links = 0;
    all.refuse = 1;
    traveler t;
    t.total = 20'000;
    t.answer = answer;
    client<traveler> c{{.url = server.url()}, t};
    EXPECT_FALSE(c.run()) << c.last_detail();
    expect_whole(c.get<traveler>(), all);
    EXPECT_EQ(c.get<traveler>().successor_errors, 1);
    EXPECT_EQ(c.snapshot().recycled, 0u);
  }
}

TEST(recycle, a_login_that_fails_leaves_the_predecessor_to_work_on) {
  exchange_state all;
  all.logins = true;
  all.opened = [](context& c, int link) {
    if (link == 2) c.close(close_code::try_again_later);
  };
  const auto server = serve(all);
  traveler t;
  t.logs_in = true;
  t.total = 20'000;
  client<traveler> c{{.url = server.url()}, t};
  EXPECT_FALSE(c.run()) << c.last_detail();
  expect_whole(c.get<traveler>(), all);
  EXPECT_EQ(c.get<traveler>().successor_errors, 1);
  EXPECT_EQ(c.snapshot().recycled, 1u);  // By the one after.
}

// Without a successor in reach the client ends where it would without recycling.
TEST(recycle, a_predecessor_that_dies_first_leaves_the_client_to_the_successor) {
  exchange_state all;
  all.heard = [](context& c, int received) {
    if (received == 500) c.close(close_code::going_away);
  };
  const auto server = serve(all);
  traveler t;
  t.total = 2'000'000;  // never reached: what was in flight is lost with the link
  t.recycles = 0;
  t.heard = [](context& c, int received) {
    if (received == 400) c.recycle();
  };
  t.answer = reaction::retry_after(1h);
  t.became_ready = [](context& c, const ready_info& r) {
    if (r.link == 2) c.close();
  };
  client<traveler> c{{.url = server.url()}, t};
  // on_error answers "in an hour", but a link is under way.
  EXPECT_FALSE(c.run()) << c.last_detail();
  EXPECT_EQ(all.links, 2);
}

TEST(recycle, a_hook_that_closes_the_predecessor_closes_the_client) {
  exchange_state all;
  const auto server = serve(all);
  traveler t;
  t.total = 20'000;
  t.became_ready = [](context& c, const ready_info& r) {
    if (r.successor) c.close(close_code::normal, "enough");
  };
  client<traveler> c{{.url = server.url()}, t};
  EXPECT_FALSE(c.run()) << c.last_detail();
  EXPECT_EQ(c.get<traveler>().out_of_order, 0);
  EXPECT_EQ(all.out_of_order, 0);
  EXPECT_EQ(all.received, c.get<traveler>().sent);  // What was taken went out before the Close.
}

// The close of a link that is about to be replaced is a close of the client, not of that link
// alone.
TEST(recycle, a_close_of_the_predecessor_while_the_successor_becomes_ready_closes_the_client) {
  acceptor_host server;
  client<traveler>* reach = nullptr;
  traveler t;
  t.total = 1'000'000;
  t.recycles = 0;
  t.became_ready = [](context& c, const ready_info& r) {
    if (!r.successor) c.recycle();
  };
  t.opened = [&](const open_info& o) {
    if (!o.successor) return;
    // It runs on the predecessor, which is the client's still.
    EXPECT_TRUE(reach->submit([](traveler&, context& predecessor) {
      EXPECT_EQ(predecessor.link().number, 1u);
      predecessor.close();
    }));
  };
  client<traveler> c{{.url = server.url(), .deadlines = {.handover = 1h}}, t};
  reach = &c;
  EXPECT_FALSE(c.run()) << c.last_detail();
  EXPECT_EQ(c.snapshot().recycled, 0u);
}

TEST(recycle, stop_ends_each_step_of_it) {
  for (int step = 0; step < 4; ++step) {
    exchange_state all;
    const auto server = serve(all);
    traveler t;
    t.total = 1'000'000;
    t.recycles = 0;
    t.heard = [step](context& c, int received) {
      if (received == 300) c.recycle();
      if (received == 300 && step == 0) c.stop();
      if (received == 301 && step == 1) c.stop();
      if (received == 340 && step == 2) c.stop();
    };
    t.became_ready = [step](context& c, const ready_info& r) {
      if (r.successor && step == 3) c.stop();
    };
    client<traveler> c{{.url = server.url()}, t};
    EXPECT_FALSE(c.run()) << step << c.last_detail();
    EXPECT_EQ(c.get<traveler>().out_of_order, 0) << step;
    EXPECT_EQ(all.out_of_order, 0) << step;
  }
}

// A chain that owes replies for as long as the test says.
struct indebted : chain<traveler> {
  using chain::chain;
  std::size_t pending_calls(std::uint64_t link) const noexcept override {
    return link == 1 ? debt : 0;
  }
  std::size_t debt = 1;
};

TEST(recycle, the_predecessor_is_kept_until_it_owes_nothing_but_not_for_ever) {
  exchange_state all;
  const auto server = serve(all);
  indebted sink{traveler{}};
  sink.get<traveler>().total = 20'000;
  io::engine e({.url = server.url(), .deadlines = {.handover = 30ms}}, sink, nullptr);
  EXPECT_FALSE(e.run()) << e.last_detail();
  expect_whole(sink.get<traveler>(), all);
  EXPECT_EQ(e.snapshot().recycled, 1u);
  EXPECT_GE(e.snapshot().longest_hold, 30ms);
}

// What waited at the successor goes out on the predecessor.
TEST(recycle, a_successor_that_dies_before_its_turn_gives_everything_back) {
  exchange_state all;
  std::vector<io::peer_handle> links;
  all.opened = [&](context&, int link) {
    links.push_back(all.sender);
    if (link == 2) all.sender = links[0];
  };
  const auto server = serve(all);
  indebted sink{traveler{}};
  traveler& t = sink.get<traveler>();
  t.total = 5'000;
  t.recycles = 0;
  t.answer = reaction::pass();
  io::engine e({.url = server.url(), .deadlines = {.handover = 1h}}, sink, nullptr);
  bool killed = false;
  t.heard = [&](context& c, int received) {
    if (received == 1'000) c.recycle();
    // Of the messages that are in flight when writes are held, one arrives here.
    if (e.snapshot().link == 2 && !std::exchange(killed, true)) {
      links[1].submit([](context& peer) { peer.fail(errc::hook_threw, "a peer that dies"); });
    }
  };
  EXPECT_FALSE(e.run()) << e.last_detail();
  EXPECT_TRUE(killed);
  expect_whole(t, all);
  EXPECT_EQ(t.successor_errors, 1);
  EXPECT_EQ(e.snapshot().recycled, 0u);
}

}  // namespace recycle_test
}  // namespace hawser::test

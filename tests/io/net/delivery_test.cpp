// Every message that a client took ends exactly once, and is told how.
#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"
#include "support/raw_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace hawser::test {
namespace delivery_test {

using namespace std::chrono_literals;

struct told {
  send_id id = 0;
  hawser::delivery delivery = delivery::never_sent;
  error_code error = {};
};

// Does what the test says at each event, and remembers what it is told.
struct teller : adapter<teller, on::open, on::ready, on::message, on::sending, on::settled,
                        on::drop, on::stopped> {
  std::function<void(context&)> opened = [](context&) {};
  std::function<void(context&)> ready = [](context&) {};
  std::function<void(context&, std::string_view)> heard = [](context&, std::string_view) {};
  std::function<permit(context&, const outbound&)> ask = [](context&, const outbound&) {
    return permit::pass();
  };
  std::function<void()> settled = [] {};
  std::vector<told> ends = {};
  std::size_t at_drop = 0;  // of the ends, those that were told before on_drop
  std::size_t unsent = 0;

  void on_open(context& c, const open_info&) { opened(c); }
  void on_ready(context& c, const ready_info&) { ready(c); }
  verdict on_message(context& c, const inbound& m) {
    heard(c, m.text());
    return handled;
  }
  permit on_sending(context& c, const outbound& o) { return ask(c, o); }
  void on_settled(context&, const settled_info& s) {
    ends.push_back({s.id, s.delivery, s.error});
    settled();
  }
  void on_drop(context&, const drop_info& d) {
    at_drop = ends.size();
    unsent += d.unsent;
  }
  void on_stopped(context&, const stop_info&) {}
};

std::vector<told> run(teller a, const acceptor_host& server, std::size_t* at_drop = nullptr,
                      limits l = {}, deadlines d = {}) {
  client<teller> c{{.url = server.url(), .deadlines = d, .limits = l}, std::move(a)};
  (void)c.run();
  if (at_drop != nullptr) *at_drop = c.get<teller>().at_drop;
  return c.get<teller>().ends;
}

TEST(delivery, what_is_written_may_have_arrived) {
  acceptor_host server;
  send_id id = 0;
  std::size_t before = 0;
  teller a;
  a.ready = [&](context& c) { id = c.send("hello").value(); };
  a.heard = [&](context& c, std::string_view) { c.close(); };
  const auto ends = run(a, server, &before);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].id, id);
  EXPECT_EQ(ends[0].delivery, delivery::maybe_sent);
  EXPECT_FALSE(ends[0].error);
}

TEST(delivery, an_awaited_message_ends_acknowledged) {
  acceptor_host server;
  send_id id = 0;
  teller a;
  a.ready = [&](context& c) {
    id = c.send("hello").value();
    c.await_ack(id);
  };
  a.heard = [&](context& c, std::string_view) {
    c.acked(id);
    c.acked(id);
    c.close();
  };
  const auto ends = run(a, server);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].delivery, delivery::acked);
}

TEST(delivery, without_its_acknowledgment_it_ends_with_the_link_before_on_drop) {
  acceptor_host server;
  std::size_t before = 0;
  teller a;
  a.ready = [&](context& c) { c.await_ack(c.send("hello").value()); };
  a.heard = [&](context& c, std::string_view) { c.fail(errc::unavailable, "enough"); };
  const auto ends = run(a, server, &before);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].delivery, delivery::maybe_sent);
  EXPECT_EQ(ends[0].error, errc::unavailable);
  EXPECT_EQ(before, 1u);
}

TEST(delivery, what_a_thread_sends_may_be_awaited_in_on_sending) {
  acceptor_host server;
  client<teller>* reach = nullptr;
  result<send_id> id = errc::stopped;
  teller a;
  a.ready = [&](context&) { std::thread([&] { id = reach->send("hello"); }).join(); };
  a.ask = [&](context& c, const outbound& o) {
    c.await_ack(o.id);
    return permit::pass();
  };
  a.heard = [&](context& c, std::string_view) {
    c.acked(id.value());
    c.close();
  };
  client<teller> c{{.url = server.url()}, a};
  reach = &c;
  (void)c.run();
  const auto& ends = c.get<teller>().ends;
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].id, id.value());
  EXPECT_EQ(ends[0].id % 2, 1u);
  EXPECT_EQ(ends[0].delivery, delivery::acked);
}

TEST(delivery, what_on_sending_refuses_was_never_sent) {
  acceptor_host server;
  teller a;
  a.ready = [&](context& c) {
    (void)c.send("no");
    (void)c.send("yes");
  };
  a.ask = [](context&, const outbound& o) {
    return o.text() == "no" ? permit::refuse(errc::rate_exceeded) : permit::pass();
  };
  a.heard = [&](context& c, std::string_view) { c.close(); };
  const auto ends = run(a, server);
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_EQ(ends[0].delivery, delivery::never_sent);
  EXPECT_EQ(ends[0].error, errc::rate_exceeded);
  EXPECT_EQ(ends[1].delivery, delivery::maybe_sent);
}

TEST(delivery, what_is_held_at_the_end_was_never_sent) {
  acceptor_host server;
  std::size_t before = 0;
  teller a;
  a.ready = [&](context& c) {
    (void)c.send("held");
    (void)c.send("go", lane::control);
  };
  a.ask = [](context& c, const outbound& o) {
    return o.text() == "held" ? permit::hold_until(c.now() + 1h) : permit::pass();
  };
  a.heard = [&](context& c, std::string_view) { c.close(); };
  const auto ends = run(a, server, &before);
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_EQ(ends[1].delivery, delivery::never_sent);
  EXPECT_EQ(ends[1].error, errc::closed);
  EXPECT_EQ(before, 2u);
}

TEST(delivery, what_waits_for_a_login_that_fails_was_never_sent) {
  acceptor_host server;
  client<teller>* reach = nullptr;
  teller a;
  a.opened = [&](context& c) {
    c.begin_login();
    std::thread([&] { EXPECT_TRUE(reach->send("after the login")); }).join();
  };
  client<teller> c{{.url = server.url(), .deadlines = {.authenticate = 30ms}}, a};
  reach = &c;
  EXPECT_EQ(c.run(), errc::auth_timeout);
  const auto& ends = c.get<teller>().ends;
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].delivery, delivery::never_sent);
  EXPECT_EQ(ends[0].error, errc::auth_timeout);
  EXPECT_EQ(c.get<teller>().unsent, 1u);
}

// Nothing else happens that would carry the news.
TEST(delivery, a_refusal_is_told_at_once) {
  acceptor_host server;
  client<teller>* reach = nullptr;
  teller a;
  a.ready = [&](context&) { std::thread([&] { EXPECT_TRUE(reach->send("no")); }).join(); };
  a.ask = [](context&, const outbound&) { return permit::refuse(errc::rate_exceeded); };
  a.settled = [&] { reach->stop(); };
  client<teller> c{{.url = server.url()}, a};
  reach = &c;
  EXPECT_FALSE(c.run());
  ASSERT_EQ(c.get<teller>().ends.size(), 1u);
  EXPECT_EQ(c.get<teller>().ends[0].error, errc::rate_exceeded);
}

TEST(delivery, mail_that_nobody_read_was_never_sent) {
  acceptor_host server;
  client<teller>* reach = nullptr;
  teller a;
  a.ready = [&](context& c) {
    std::thread([&] { EXPECT_TRUE(reach->send("too late")); }).join();
    c.fail(errc::unavailable, "enough");
  };
  client<teller> c{{.url = server.url()}, a};
  reach = &c;
  (void)c.run();
  const auto& ends = c.get<teller>().ends;
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].delivery, delivery::never_sent);
}

TEST(delivery, one_too_many_unacknowledged_ends_the_link) {
  acceptor_host server;
  teller a;
  a.ready = [&](context& c) {
    for (int i = 0; i < 3; ++i) c.await_ack(c.send("hello").value());
  };
  client<teller> c{{.url = server.url(), .limits = {.unacknowledged = 2}}, a};
  EXPECT_EQ(c.run(), errc::too_many_unacknowledged);
  EXPECT_EQ(c.get<teller>().ends.size(), 3u);
}

struct fussy : adapter<fussy, on::ready, on::settled> {
  void on_ready(context& c, const ready_info&) {
    for (int i = 0; i < 200; ++i) (void)c.send(std::string(64 * 1024, 'x'));
  }
  void on_settled(context& c, const settled_info&) { c.fail(errc::unavailable, "enough"); }
};

// The first message is out, the socket takes no more: what the hook wants does not wait for it.
TEST(delivery, what_on_settled_wants_is_done_though_the_socket_is_full) {
  std::promise<void> over;
  raw_server server([&](const raw_server::link& l) {
    l.accept_upgrade();
    over.get_future().wait();
  });
  client<fussy> c{{.url = server.url(), .deadlines = {.write_progress = 300ms, .close = 100ms}}};
  EXPECT_EQ(c.run(), errc::unavailable);
  over.set_value();
}

// Ends its link after so many messages, in one way or the other.
struct fickle : adapter<fickle, on::open, on::message> {
  explicit fickle(unsigned s) : seed(s) {}
  std::uint64_t seed;
  std::uint64_t left = 0;
  void on_open(context& c, const open_info& o) {
    left = std::mt19937_64(seed + o.link)() % 40;
    if (left == 0) c.fail(errc::unavailable, "at once");
  }
  verdict on_message(context& c, const inbound& m) {
    if (left == 0) return handled;
    if (m.data.size() < 100) (void)c.send(m.text());
    if (--left != 0) return handled;
    if (m.data.size() % 2 == 0) {
      c.close(close_code::going_away);
    } else {
      c.fail(errc::unavailable, "enough");
    }
    return handled;
  }
};

TEST(delivery, every_id_ends_exactly_once_over_links_that_break) {
  for (unsigned seed = 0; seed < 5; ++seed) {
    acceptor_host server(
        [=](io::peer_handle) { return std::make_unique<chain<fickle>>(fickle(seed)); });
    std::mutex mutex;
    std::vector<send_id> taken;
    const auto take = [&](const result<send_id>& r) {
      const std::lock_guard lock(mutex);
      if (r) taken.push_back(*r);
    };
    std::mt19937 random(seed);
    teller a;
    const auto some = [&](context& c) {
      for (unsigned i = 0; i < random() % 5; ++i) {
        const auto l = static_cast<lane>(random() % lane_count);
        const auto r = c.send(std::string(random() % 7 == 0 ? 90000 : random() % 200, 'x'), l);
        take(r);
        if (r && random() % 3 == 0) c.await_ack(*r);
        if (r && random() % 6 == 0) c.acked(*r);
      }
    };
    a.ready = some;
    a.heard = [&](context& c, std::string_view) { some(c); };
    a.ask = [&](context& c, const outbound&) {
      const auto dice = random() % 20;
      return dice == 0   ? permit::refuse({})
             : dice == 1 ? permit::hold_until(c.now() + 1ms)
                         : permit::pass();
    };
    client<teller, reconnect> c{
        {.url = server.url()}, a, reconnect{{.base = 1ms, .cap = 2ms, .seed = 1}}};
    std::thread runs([&] { (void)c.run(); });
    std::thread sends([&] {
      const auto until = std::chrono::steady_clock::now() + 10s;
      while (c.snapshot().links < 8 && std::chrono::steady_clock::now() < until) {
        take(c.send(std::string(50, 'y')));
        std::this_thread::yield();
      }
    });
    sends.join();
    c.stop();
    runs.join();
    std::map<send_id, int> count;
    for (const told& t : c.get<teller>().ends) ++count[t.id];
    EXPECT_EQ(count.size(), taken.size());
    for (const send_id id : taken) ASSERT_EQ(count[id], 1) << "seed " << seed << " id " << id;
    EXPECT_GE(c.snapshot().links, 8u);
  }
}

}  // namespace delivery_test
}  // namespace hawser::test

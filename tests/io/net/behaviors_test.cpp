// Behaviors on real links: what no virtual time shows.
#include <hawser/behaviors/auth.hpp>
#include <hawser/behaviors/rate_limit.hpp>
#include <hawser/behaviors/subscriptions.hpp>
#include <hawser/hawser.hpp>

#include "io/system/environment.hpp"
#include "support/acceptor_host.hpp"
#include "support/raw_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace hawser::test {
namespace behaviors_test {

using namespace std::chrono_literals;

struct listener : adapter<listener, on::open> {
  void on_open(context&, const open_info&) {}
};

struct beating : adapter<beating, on::heartbeat, on::message> {
  std::vector<std::uint64_t> counts = {};
  verdict on_heartbeat(context& c, const heartbeat_info& h) {
    counts.push_back(h.count);
    EXPECT_TRUE(c.send("beat", lane::control));
    return handled;
  }
  verdict on_message(context& c, const inbound&) {
    if (counts.size() == 3) c.close();
    return handled;
  }
};

TEST(behaviors, an_application_heartbeat_keeps_a_link) {
  acceptor_host server;
  client<beating, heartbeat> c{
      {.url = server.url()},
      {},
      heartbeat({.idle = 20ms, .pong = 10s, .kind = heartbeat::kind::application})};
  EXPECT_FALSE(c.run()) << c.last_detail();
  EXPECT_EQ(c.get<beating>().counts, (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(behaviors, a_token_fetched_on_another_thread_is_in_the_request) {
  std::string request;
  raw_server server([&](const raw_server::link& l) {
    request = l.read_request();
    l.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  });
  std::optional<std::thread> worker;
  auth a({.fetch = [&](token_ticket t) {
    worker.emplace([ticket = std::move(t)]() mutable { ticket.grant({"s3cr3t", 1h}); });
  }});
  client<listener, auth> c{{.url = server.url()}, {}, std::move(a)};
  EXPECT_EQ(c.run(), errc::upgrade_refused);
  worker->join();
  EXPECT_NE(request.find("Authorization: Bearer s3cr3t\r\n"), std::string::npos) << request;
}

struct chatty : adapter<chatty, on::open, on::message> {
  std::vector<std::string> heard = {};
  time_point begin = {};
  duration took = {};
  void on_open(context& c, const open_info&) {
    begin = c.now();
    for (const char* text : {"1", "2", "3", "4", "5"}) EXPECT_TRUE(c.send(text));
  }
  verdict on_message(context& c, const inbound& m) {
    heard.emplace_back(m.text());
    took = c.now() - begin;
    if (heard.size() == 5) c.close();
    return handled;
  }
};

TEST(behaviors, what_a_rate_limit_queues_goes_out_in_order_at_its_rate) {
  acceptor_host server;
  client<chatty, rate_limit> c{
      {.url = server.url()}, {}, rate_limit({.client = {.per_second = 50, .burst = 1}})};
  EXPECT_FALSE(c.run()) << c.last_detail();
  EXPECT_EQ(c.get<chatty>().heard, (std::vector<std::string>{"1", "2", "3", "4", "5"}));
  EXPECT_GE(c.get<chatty>().took, 80ms);
}

// Subscribes by echo: what comes back is confirmed.
struct reader : adapter<reader, on::message, on::subscription> {
  std::vector<std::string> told = {};
  void on_subscription(context& c, const subscription_event& s) {
    if (s.what == subscription_event::kind::subscribe) {
      EXPECT_TRUE(c.send(s.topic, lane::control));
    }
    if (s.what == subscription_event::kind::confirmed) told.emplace_back(s.topic);
    if (told.size() == 3) c.close();
  }
  verdict on_message(context& c, const inbound& m) {
    c.subscription(m.text(), subscription_event::kind::confirmed);
    return handled;
  }
};

TEST(behaviors, subscriptions_are_asked_and_confirmed_over_the_wire) {
  acceptor_host server;
  client<reader, subscriptions> c{{.url = server.url()}};
  EXPECT_TRUE(c.get<subscriptions>().subscribe("a"));
  EXPECT_TRUE(c.get<subscriptions>().subscribe("b"));
  EXPECT_TRUE(c.submit([&](reader&, context& x) {
    EXPECT_TRUE(c.get<subscriptions>().subscribe(x, "c"));
  })) << "before run(): what is submitted waits for it";
  EXPECT_FALSE(c.run()) << c.last_detail();
  std::vector<std::string> told = c.get<reader>().told;
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told, (std::vector<std::string>{"a", "b", "c"}));
}

// All of them end with the tenth attempt that has failed: nobody listens there.
struct quitter : adapter<quitter, on::wake, on::connecting> {
  explicit quitter(std::shared_ptr<unsigned> count) : dials(std::move(count)) {}
  std::shared_ptr<unsigned> dials;
  admission on_connecting(context& c, handshake& h) {
    EXPECT_EQ(h.endpoint.substr(0, 15), "ws://127.0.0.1:");
    if (++*dials == 11) c.stop();
    c.wake_at(c.now() + 10ms);
    return admission::go();
  }
  void on_wake(context& c, const wake_info&) {
    if (*dials >= 10) return c.stop();
    c.wake_at(c.now() + 10ms);
  }
};
using resilient = resilient_client<quitter>;

// The failures that the circuit of so many clients has seen, and whether it is closed.
std::pair<unsigned, bool> dial_nobody(unsigned clients) {
  std::uint16_t port = 0;
  ::close(listen_on_loopback(port));
  const auto circuit = std::make_shared<shared_circuit>();
  const auto dials = std::make_shared<unsigned>(0);
  const auto loop = std::make_shared<io::loop>();
  std::vector<std::unique_ptr<resilient>> all;
  unsigned ended = 0;
  for (unsigned i = 0; i < clients; ++i) {
    all.push_back(std::make_unique<resilient>(
        loop, options{.url = "ws://127.0.0.1:" + std::to_string(port)}, quitter(dials), trace{},
        heartbeat{}, recycle{}, circuit_breaker({.circuit = circuit}),
        reconnect({.base = 1ms, .cap = 5ms})));
    EXPECT_TRUE(all.back()->start([&](error_code ec) {
      EXPECT_FALSE(ec) << "it would have gone on";
      if (++ended == clients) loop->stop();
    }));
  }
  loop->run();
  return circuit->use([](hawser::circuit& c) {
    return std::pair(c.failures(), c.state() == circuit::kind::closed);
  });
}

TEST(behaviors, one_resilient_client_dials_again_and_its_circuit_stays_closed) {
  const auto [failures, closed] = dial_nobody(1);
  EXPECT_GE(failures, 9u);
  EXPECT_TRUE(closed);
}

TEST(behaviors, the_resilient_clients_of_a_process_share_their_circuit) {
  const auto [failures, closed] = dial_nobody(2);
  EXPECT_GE(failures, 9u);
  (void)closed;  // The tenth may have been under way at the end.
}

// A name with two addresses.
std::shared_ptr<io::loop> loop_of_two(std::uint16_t first, std::uint16_t second) {
  const auto look_up = [=](const std::string& host, std::uint16_t, error_code&) {
    EXPECT_EQ(host, "two.test");
    const auto local = boost::asio::ip::address_v4::loopback();
    return std::vector<boost::asio::ip::tcp::endpoint>{{local, first}, {local, second}};
  };
  return std::make_shared<io::loop>(std::make_shared<io::system_environment>(look_up));
}

// Runs a client to its end.
template <class Client>
void run_on(const std::shared_ptr<io::loop>& loop, Client& c) {
  EXPECT_TRUE(c.start([&](error_code) { loop->stop(); }));
  loop->run();
}

// The first address takes TCP and no more. Whoever of the process dials next begins with the other.
TEST(behaviors, an_address_that_fails_behind_tcp_is_tried_last) {
  struct guest : adapter<guest, on::open> {
    bool opened = false;
    void on_open(context& c, const open_info&) {
      opened = true;
      c.close();
    }
  };
  for (const bool hangs : {false, true}) {
    raw_server broken([&](const raw_server::link& l) {
      hangs ? l.wait_for_end() : static_cast<void>(l.read_request());
    });
    acceptor_host good;
    const auto loop = loop_of_two(broken.port(), good.port());
    options o{.url = "ws://two.test"};
    if (hangs) o.deadlines.upgrade = 50ms;
    client<listener> first{loop, o, {}};
    run_on(loop, first);
    EXPECT_EQ(first.snapshot().at, phase::stopped);
    EXPECT_EQ(first.snapshot().last_error, hangs ? errc::upgrade_timeout : errc::dropped);
    client<guest> second{loop, {.url = "ws://two.test"}, {}};
    run_on(loop, second);
    EXPECT_TRUE(second.get<guest>().opened) << second.last_detail();
  }
}

TEST(behaviors, an_address_that_fails_the_tls_handshake_is_tried_last) {
  std::atomic<int> others{0};
  const auto no_tls = [](const raw_server::link& l) { l.write("no TLS here\r\n"); };
  raw_server broken(no_tls);
  raw_server other([&](const raw_server::link& l) {
    ++others;
    no_tls(l);
  });
  const auto loop = loop_of_two(broken.port(), other.port());
  client<listener> first{loop, {.url = "wss://two.test"}, {}};
  run_on(loop, first);
  EXPECT_EQ(others, 0);
  client<listener> second{loop, {.url = "wss://two.test"}, {}};
  run_on(loop, second);
  EXPECT_EQ(others, 1);
}

}  // namespace behaviors_test
}  // namespace hawser::test

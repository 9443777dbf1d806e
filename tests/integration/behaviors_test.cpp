// Behaviors on real links: what no virtual time shows.
#include <hawser/behaviors/auth.hpp>
#include <hawser/behaviors/rate_limit.hpp>
#include <hawser/behaviors/subscriptions.hpp>
#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"
#include "support/raw_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace hawser::testing {
namespace {

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

TEST(Behaviors, AnApplicationHeartbeatKeepsALink) {
  acceptor_host server;
  client<beating, heartbeat> c{
      {.url = server.url()},
      {},
      heartbeat({.idle = 20ms, .pong = 10s, .kind = heartbeat::kind::application})};
  EXPECT_FALSE(c.run()) << c.last_detail();
  EXPECT_EQ(c.get<beating>().counts, (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(Behaviors, ATokenFetchedOnAnotherThreadIsInTheRequest) {
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

TEST(Behaviors, WhatARateLimitQueuesGoesOutInOrderAtItsRate) {
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

TEST(Behaviors, SubscriptionsAreAskedAndConfirmedOverTheWire) {
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

// Ends of its own accord: nobody listens there.
TEST(Behaviors, TheResilientStackDialsAgainAndItsCircuitOpens) {
  struct quitter : adapter<quitter, on::wake, on::connecting> {
    unsigned dials = 0;
    admission on_connecting(context& c, handshake& h) {
      EXPECT_EQ(h.endpoint.substr(0, 15), "ws://127.0.0.1:");
      if (dials++ == 0) c.wake_at(c.now() + 300ms);
      return admission::go();
    }
    void on_wake(context& c, const wake_info&) { c.stop(); }
  };
  std::uint16_t port = 0;
  ::close(listen_on_loopback(port));
  resilient_client<quitter> c{{.url = "ws://127.0.0.1:" + std::to_string(port)},
                              {},
                              trace{},
                              heartbeat{},
                              recycle{},
                              circuit_breaker{},
                              reconnect({.base = 1ms, .cap = 5ms, .seed = 1})};
  EXPECT_FALSE(c.run());
  EXPECT_EQ(c.get<quitter>().dials, 5u);
  EXPECT_EQ(c.get<circuit_breaker>().state(), circuit::kind::open);
  EXPECT_EQ(c.get<circuit_breaker>().failures(), 5u);
}

}  // namespace
}  // namespace hawser::testing

// A client that recycles under numbered traffic, and a server that moves its sender with it.
#pragma once

#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace hawser::test {

using std::chrono_literals::operator""s;

// What the links of one server share; used on its loop alone.
struct exchange_state {
  io::peer_handle sender;  // the newest link
  int received = 0;
  int sent = 0;
  int links = 0;
  int out_of_order = 0;
  bool logins = false;  // they move the sender
  int refuse = 0;       // as many upgrades, from the second link on
  std::function<void(context&, int link)> opened = [](context&, int) {};
  std::function<void(context&, int received)> heard = [](context&, int) {};
};

// Answers each message with the next of its own, on the newest link: a peer that moves its sender
// at a message boundary.
struct moving_sender : adapter<moving_sender, on::connecting, on::open, on::message> {
  exchange_state* all;
  io::peer_handle self;

  admission on_connecting(context&, handshake&) {
    if (all->links == 0 || all->refuse == 0) return admission::go();
    --all->refuse;
    return admission::refuse(errc::unavailable);
  }
  void on_open(context& c, const open_info&) {
    ++all->links;
    if (all->links == 1 || !all->logins) all->sender = self;
    all->opened(c, all->links);
  }
  verdict on_message(context& c, const inbound& m) {
    if (m.text() == "login") {
      if (c.send("welcome", lane::control)) all->sender = self;
      return handled;
    }
    if (m.text() != std::to_string(all->received)) ++all->out_of_order;
    ++all->received;
    const int next = all->sent++;
    all->sender.submit([next](context& to) { (void)to.send(std::to_string(next)); });
    all->heard(c, all->received);
    return handled;
  }
};

inline acceptor_host serve(exchange_state& all) {
  return acceptor_host([&all](io::peer_handle h) {
    moving_sender s;
    s.all = &all;
    s.self = std::move(h);
    return std::make_unique<chain<moving_sender>>(std::move(s));
  });
}

// Sends `total` numbered messages, 64 in flight, and recycles `recycles` times on the way.
struct traveler : adapter<traveler, on::open, on::ready, on::drop, on::message, on::error> {
  int total = 1000;
  int recycles = 1;
  int sent = 0;
  int received = 0;
  int out_of_order = 0;
  int recycled = 0;
  std::vector<drop_info> drops = {};
  int errors = 0;
  int successor_errors = 0;
  reaction answer = reaction::retry_after(0s);
  bool begun = false;
  bool logs_in = false;
  std::function<void(const open_info&)> opened = [](const open_info&) {};
  std::function<void(context&, int received)> heard = [](context&, int) {};
  std::function<void(context&, const ready_info&)> became_ready = [](context&, const ready_info&) {
  };

  void on_open(context& c, const open_info& o) {
    opened(o);
    if (!logs_in) return;
    c.begin_login();
    EXPECT_TRUE(c.send("login", lane::control));
  }
  void on_ready(context& c, const ready_info& r) {
    became_ready(c, r);
    if (std::exchange(begun, true)) return;
    while (sent < std::min(64, total)) send_next(c);
  }
  void send_next(context& c) {
    if (c.send(std::to_string(sent))) ++sent;  // Not once the client closes.
  }
  verdict on_message(context& c, const inbound& m) {
    if (m.text() == "welcome") {
      c.set_ready();
      return handled;
    }
    if (m.text() != std::to_string(received)) ++out_of_order;
    ++received;
    heard(c, received);
    if (sent < total) send_next(c);
    if (recycled < recycles && received >= (recycled + 1) * total / (recycles + 1)) {
      ++recycled;
      c.recycle();
      c.recycle();  // One is under way: no effect.
    }
    if (received == total) c.close();
    return handled;
  }
  void on_drop(context&, const drop_info& d) {
    drops.push_back(d);
    drops.back().reason = {};
  }
  reaction on_error(context&, const failure& f) {
    ++(f.successor ? successor_errors : errors);
    return ended_in_order(f.error, f.code, f.own_close) ? reaction::pass() : answer;
  }
};

inline void expect_whole(const traveler& t, const exchange_state& all) {
  EXPECT_EQ(t.received, t.total);
  EXPECT_EQ(all.received, t.total);
  EXPECT_EQ(t.out_of_order, 0);
  EXPECT_EQ(all.out_of_order, 0);
}

}  // namespace hawser::test

// The same scenario over sockets and in the test kit's world: the hooks see the same.
#include <hawser/client.hpp>
#include <hawser/testkit.hpp>

#include "support/acceptor_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hawser::test {
namespace testkit_test {

using namespace std::chrono_literals;

std::string said(const error_code& ec) { return ec ? ec.message() : "no error"; }

// Uses what a plug-in can use, and writes down what it is told.
struct witness : adapter<witness, on::connecting, on::authenticate, on::open, on::ready, on::drop,
                         on::wake, on::frame, on::message, on::sending, on::error, on::stopped,
                         on::heartbeat, on::subscription, on::renewed> {
  std::vector<std::string> told = {};
  int links = 0;
  bool held = false;

  void tell(std::string what) { told.push_back(std::move(what)); }

  admission on_connecting(context& c, handshake& h) {
    tell("connecting " + h.target + " " + std::to_string(h.attempt));
    h.headers.push_back({"X-Attempt", std::to_string(h.attempt)});
    if (told.size() == 1) return admission::wait_until(c.now() + 1ms);
    return admission::go();
  }
  grant on_authenticate(context&, auth_request& a) {
    tell(a.live ? "authenticate live" : "authenticate");
    a.bearer("t0ken");
    return grant::ready();
  }
  void on_open(context& c, const open_info& o) {
    tell("open " + std::to_string(o.link) + " " + std::string(o.subprotocol));
    c.begin_login();
    EXPECT_TRUE(c.send("login", lane::control));
    EXPECT_TRUE(c.ping(as_bytes("p")));
    ++links;
  }
  void on_ready(context& c, const ready_info& r) {
    tell("ready " + std::to_string(r.link));
    for (const char* text : {"one", "no", "held", "behind"}) EXPECT_TRUE(c.send(text));
    EXPECT_TRUE(c.send("before", lane::control));
    c.wake_at(c.now() + 2ms);
  }
  void on_drop(context&, const drop_info& d) {
    tell("drop " + said(d.error) + " " + std::to_string(static_cast<int>(d.code)) + " " +
         std::string(d.reason) + (d.clean ? " clean" : "") +
         (d.by == link_end::ours ? " ours " : " peer's ") + std::to_string(d.unsent));
  }
  void on_wake(context&, const wake_info&) { tell("wake"); }
  void on_frame(context&, const frame_info& f) {
    tell((f.outbound ? "> " : "< ") + std::to_string(static_cast<int>(f.op)) + " " +
         std::to_string(f.size));
  }
  verdict on_message(context& c, const inbound& m) {
    tell("message " + std::string(m.text()));
    if (m.text() != "welcome") return handled;
    c.set_ready();
    c.heartbeat();
    c.subscription("prices", subscription_event::kind::subscribe);
    c.reauthenticate();
    c.defer_retry(3ms);
    return handled;
  }
  permit on_sending(context& c, const outbound& m) {
    tell("sending " + std::string(m.text()));
    if (m.text() == "no") return permit::refuse(errc::rate_exceeded);
    if (m.text() == "held" && !std::exchange(held, true)) return permit::hold_until(c.now() + 1ms);
    return permit::pass();
  }
  reaction on_error(context&, const failure& f) {
    tell("error " + std::string(to_string(f.at)) + " " + said(f.error) + " " +
         (f.retry_after ? std::to_string(f.retry_after->count()) : "-"));
    held = false;
    return links < 2 ? reaction::retry_after(1ms) : reaction::pass();
  }
  void on_stopped(context&, const stop_info& s) { tell("stopped " + said(s.error)); }
  verdict on_heartbeat(context& c, const heartbeat_info& h) {
    tell("heartbeat " + std::to_string(h.count));
    EXPECT_TRUE(c.send("beat", lane::control));
    return handled;
  }
  void on_subscription(context&, const subscription_event& e) {
    tell("subscription " + std::string(e.topic));
  }
  void on_renewed(context&, const credentials& n) { tell("renewed " + n.headers.back().name); }
};

// What the peer does: welcomes the login, and restarts once it has all messages of a link.
constexpr std::string_view last = "behind";

struct restarting : adapter<restarting, on::connecting, on::message> {
  admission on_connecting(context&, handshake& h) {
    h.subprotocol = h.subprotocols.at(0);
    return admission::go();
  }
  verdict on_message(context& c, const inbound& m) {
    if (m.text() == "login") (void)c.send("welcome");
    if (m.text() == last) c.close(close_code::service_restart, "restart");
    return handled;
  }
};

options at(std::string url) { return {.url = std::move(url), .subprotocols = {"v2", "v1"}}; }

std::vector<std::string> over_sockets() {
  acceptor_host server(
      [](io::peer_handle) { return std::make_unique<chain<restarting>>(restarting{}); });
  client<witness> c{at(server.url() + "/feed"), witness{}};
  EXPECT_EQ(c.run(), errc::unavailable) << c.last_detail();
  return c.get<witness>().told;
}

std::vector<std::string> in_the_kit() {
  testkit::harness<witness> h(at("ws://peer.test/feed"), witness{});
  h.connect(1ms);
  for (int link = 1; link <= 2; ++link) {
    EXPECT_TRUE(h.open()) << link;
    EXPECT_THAT(h.sent(), ::testing::ElementsAre("login"));
    h.peer_sends("welcome");
    h.advance(2ms);
    EXPECT_EQ(h.sent().back(), last);
    h.peer_closes(close_code::service_restart, "restart");
    h.advance(1ms);
  }
  EXPECT_EQ(h.end(), error_code(errc::unavailable));
  return h.adapter().told;
}

// The wake of a link and the peer's pong may come before or after its messages: they are looked at
// apart.
TEST(testkit, the_hooks_see_what_they_see_over_sockets) {
  std::vector<std::string> real = over_sockets();
  std::vector<std::string> kit = in_the_kit();
  for (auto* told : {&real, &kit}) {
    EXPECT_EQ(std::erase(*told, "< 10 1"), 2u);
    EXPECT_LE(std::erase(*told, "wake"), 2u);
  }
  EXPECT_THAT(kit, ::testing::ElementsAreArray(real));
}

}  // namespace testkit_test
}  // namespace hawser::test

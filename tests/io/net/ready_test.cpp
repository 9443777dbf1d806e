// A link is usable once its login is through; what plug-ins ask of each other reaches them.
#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"
#include "support/raw_server.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace hawser::test {
namespace ready_test {

using namespace std::chrono_literals;

// Logs in with a message that the server sends back.
struct member : adapter<member, on::open, on::ready, on::message, on::stopped> {
  bool answer = true;
  std::vector<std::string> heard = {};
  std::optional<stop_info::reason> why = {};
  std::string until = "from a thread";
  std::function<void()> opened = [] {};

  void on_open(context& c, const open_info&) {
    c.begin_login();
    EXPECT_FALSE(c.link().ready);
    EXPECT_TRUE(c.send("login"));
    opened();
  }
  void on_ready(context& c, const ready_info& r) {
    EXPECT_TRUE(c.link().ready);
    EXPECT_EQ(r.link, c.link().number);
    heard.push_back("ready");
    EXPECT_TRUE(c.send("from on_ready"));
  }
  verdict on_message(context& c, const inbound& m) {
    heard.emplace_back(m.text());
    if (m.text() == "login" && answer) c.set_ready();
    if (m.text() == until) c.close();
    return handled;
  }
  void on_stopped(context&, const stop_info& s) { why = s.why; }
};

TEST(ready, what_threads_send_waits_for_the_login) {
  acceptor_host server;
  client<member>* reach = nullptr;
  member a;
  a.opened = [&] { std::thread([&] { EXPECT_TRUE(reach->send("from a thread")); }).join(); };
  client<member> c{{.url = server.url()}, a};
  reach = &c;
  EXPECT_FALSE(c.run()) << c.last_detail();
  EXPECT_EQ(c.get<member>().heard,
            (std::vector<std::string>{"login", "ready", "from on_ready", "from a thread"}));
  EXPECT_EQ(c.get<member>().why, stop_info::reason::closed);
}

TEST(ready, a_login_that_is_not_answered_ends_the_link) {
  acceptor_host server;
  member a;
  a.answer = false;
  client<member> c{{.url = server.url(), .deadlines = {.authenticate = 50ms}}, a};
  EXPECT_EQ(c.run(), errc::auth_timeout);
  EXPECT_EQ(c.get<member>().heard, (std::vector<std::string>{"login"}));
  EXPECT_NE(c.last_detail().find("login"), std::string::npos) << c.last_detail();
  EXPECT_EQ(c.get<member>().why, stop_info::reason::given_up);
}

struct asking : adapter<asking, on::open, on::authenticate, on::renewed, on::heartbeat,
                        on::subscription, on::error, on::stopped> {
  grant live = grant::ready();
  bool later = false;
  std::vector<std::string> told = {};
  std::optional<auth_ticket> ticket = {};
  std::optional<duration> retry_after = {};
  std::optional<stop_info::reason> why = {};
  error_code error = {};

  void on_open(context& c, const open_info&) {
    EXPECT_TRUE(c.wants(hook::heartbeat));
    EXPECT_FALSE(c.wants(hook::message));
    c.heartbeat();
    c.heartbeat();
    c.subscription("prices", subscription_event::kind::subscribe);
    c.subscription("prices", subscription_event::kind::failed, errc::subscription_timeout);
    c.reauthenticate();
    c.defer_retry(7s);
    if (!live.passes()) c.close();
  }
  verdict on_heartbeat(context&, const heartbeat_info& h) {
    told.push_back("heartbeat " + std::to_string(h.count));
    return handled;
  }
  void on_subscription(context&, const subscription_event& e) {
    told.push_back(std::string(e.topic) + (e.error ? " " + e.error.message() : ""));
  }
  grant on_authenticate(context&, auth_request& r) {
    if (!r.live) return grant::ready();
    EXPECT_TRUE(r.request.endpoint.starts_with("ws://127.0.0.1:"));
    if (later) {
      ticket.emplace(r.defer());
      ticket->grant({{"Authorization", "new"}});
      return grant::pending();
    }
    r.bearer("t0ken");
    return live;
  }
  void on_renewed(context& c, const credentials& n) {
    EXPECT_EQ(n.link, c.link().number);
    for (const header& h : n.headers) told.push_back(h.name + "=" + h.value);
    c.close();
  }
  reaction on_error(context&, const failure& f) {
    retry_after = f.retry_after;
    return reaction::pass();
  }
  void on_stopped(context&, const stop_info& s) {
    why = s.why;
    error = s.error;
  }
};

TEST(ready, what_plug_ins_ask_of_each_other_reaches_them) {
  acceptor_host server;
  for (const bool later : {false, true}) {
    asking a;
    a.later = later;
    client<asking> c{{.url = server.url()}, std::move(a)};
    EXPECT_FALSE(c.run()) << c.last_detail();
    const asking& seen = c.get<asking>();
    EXPECT_EQ(seen.told, (std::vector<std::string>{
                             "heartbeat 1", "heartbeat 2", "prices",
                             "prices subscription not confirmed in time",
                             later ? "Authorization=new" : "Authorization=Bearer t0ken"}));
    EXPECT_EQ(seen.retry_after, 7s);
  }
}

TEST(ready, refused_new_credentials_leave_the_link_as_it_is) {
  acceptor_host server;
  asking a;
  a.live = grant::refuse(errc::unauthorized);
  client<asking> c{{.url = server.url()}, std::move(a)};
  EXPECT_FALSE(c.run()) << c.last_detail();  // It closed itself; nothing failed.
  EXPECT_EQ(c.get<asking>().told.size(), 4u);
}

TEST(ready, the_end_is_told_with_its_reason) {
  using reason = stop_info::reason;
  const struct {
    const char* answer;
    errc error;
    reason why;
    std::optional<duration> retry_after;
  } refusals[] = {
      {"401 Unauthorized\r\n", errc::unauthorized, reason::auth, {}},
      {"404 Not Found\r\n", errc::upgrade_refused, reason::permanent, {}},
      {"503 Busy\r\nRetry-After: 30\r\n", errc::unavailable, reason::given_up, 30s},
  };
  for (const auto& refusal : refusals) {
    raw_server server([&](const raw_server::link& l) {
      l.read_request();
      l.write("HTTP/1.1 " + std::string(refusal.answer) + "Content-Length: 0\r\n\r\n");
    });
    client<asking> c{{.url = server.url()}};
    EXPECT_EQ(c.run(), refusal.error) << c.last_detail();
    EXPECT_EQ(c.get<asking>().why, refusal.why) << refusal.answer;
    EXPECT_EQ(c.get<asking>().error, refusal.error);
    EXPECT_EQ(c.get<asking>().retry_after, refusal.retry_after);
  }
}

// The end is told to whom waits for it, though nothing began: by run(), not by what came before it.
TEST(ready, a_client_that_was_stopped_before_it_ran_tells_once_it_runs) {
  client<asking> c{{.url = "ws://127.0.0.1:9"}};
  c.stop();
  EXPECT_FALSE(c.get<asking>().why);
  EXPECT_FALSE(c.run());
  EXPECT_EQ(c.get<asking>().why, stop_info::reason::asked);
}

}  // namespace ready_test
}  // namespace hawser::test

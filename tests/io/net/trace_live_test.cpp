// The trace of links that live: the clock is the engine's, the switch is another thread's.
#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"
#include "support/line_log.hpp"
#include "support/words.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace trace_live_test {

using hawser::context;
using hawser::log_level;
using hawser::trace;
using hawser::trace_control;
using hawser::test::acceptor_host;
using hawser::test::echo_peer;
using hawser::test::line_log;

// Sends back what comes, until somebody stops it or `most` have come.
struct volley : hawser::adapter<volley, hawser::on::open, hawser::on::message> {
  int most = 0;
  int received = 0;
  void on_open(context& c, const hawser::open_info&) { EXPECT_TRUE(c.send("ball")); }
  hawser::verdict on_message(context& c, const hawser::inbound& m) {
    if (++received == most) {
      c.close();
    } else {
      (void)c.send(m.text());  // refused once the link closes
    }
    return hawser::handled;
  }
};

std::shared_ptr<trace_control> control(std::string_view spec) {
  auto made = std::make_shared<trace_control>();
  EXPECT_EQ(words_of(made->set(spec)), "");
  return made;
}

TEST(trace_live, times_the_hooks_of_both_sides) {
  const auto theirs = std::make_shared<line_log>(log_level::error);
  acceptor_host server([&](hawser::io::peer_handle) {
    return std::make_unique<hawser::chain<trace, echo_peer>>(
        trace({.control = control("on hooks=message"), .log = theirs}), echo_peer{});
  });
  const auto ours = std::make_shared<line_log>(log_level::error);
  hawser::client<volley, trace> client{{.url = server.url(), .log = ours},
                                       volley{{}, 3},
                                       trace({.control = control("on hooks=message")})};
  EXPECT_FALSE(client.run()) << client.last_detail();
  for (line_log* log : {ours.get(), theirs.get()}) {
    EXPECT_EQ(log->count("message link=1 asked "), 3u) << log->all();
    EXPECT_EQ(log->count("s; stopped by "), 3u) << log->all();
    EXPECT_EQ(log->count("routing table: message: "), 1u) << log->all();
  }
}

TEST(trace_live, is_switched_while_the_link_lives) {
  acceptor_host server;
  const auto log = std::make_shared<line_log>(log_level::error);
  hawser::client<volley, trace> client{{.url = server.url(), .log = log}};
  const auto control = client.get<trace>().control();
  std::thread runner([&] { EXPECT_FALSE(client.run()) << client.last_detail(); });
  EXPECT_TRUE(control->set("on hooks=message,frame payloads=8"));
  EXPECT_TRUE(log->wait_for("message link=1 asked ", 10));
  EXPECT_TRUE(log->wait_for("< text 4 bytes link=1 crc=7432485b \"ball\""));
  EXPECT_TRUE(control->set("on hooks=sending,frame payloads=0"));
  EXPECT_TRUE(log->wait_for("> text 4 bytes link=1 crc=7432485b"));
  EXPECT_TRUE(control->set("off"));
  client.stop();
  runner.join();
  EXPECT_EQ(log->count("drop "), 0u) << log->all();
}

}  // namespace trace_live_test

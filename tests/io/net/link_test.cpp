// A client and an acceptor of ours over loopback.
#include <hawser/hawser.hpp>
#include <hawser/io/acceptor.hpp>

#include "support/acceptor_host.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace link_test {

using namespace std::chrono_literals;

using hawser::test::acceptor_host;

// Sends `total` numbered messages, `window` in flight, then closes.
struct counter : hawser::adapter<counter, hawser::on::open, hawser::on::message> {
  int total = 1000;
  int window = 64;
  int sent = 0;
  int received = 0;
  std::size_t size = 0;
  std::string text(int i) const {
    std::string s = std::to_string(i) + " ";
    s.resize(std::max(size, s.size()), 'x');
    return s;
  }
  void on_open(hawser::context& c, const hawser::open_info&) {
    while (sent < std::min(window, total)) EXPECT_TRUE(c.send(text(sent++)));
  }
  hawser::verdict on_message(hawser::context& c, const hawser::inbound& m) {
    EXPECT_EQ(m.text(), text(received));
    ++received;
    if (sent < total) {
      EXPECT_TRUE(c.send(text(sent++)));
    }
    if (received == total) c.close();
    return hawser::handled;
  }
};

TEST(link, carries_messages_in_order_both_ways) {
  acceptor_host server;
  hawser::client<counter, hawser::trace, hawser::heartbeat> client{{.url = server.url()}};
  EXPECT_FALSE(client.run()) << client.last_detail();
  EXPECT_EQ(client.get<counter>().received, 1000);
  EXPECT_EQ(client.snapshot().received, 1000u);
}

TEST(link, carries_messages_around_every_length_boundary) {
  acceptor_host server;
  for (const std::size_t size : {125u, 126u, 65535u, 65536u, 200'000u, 3'000'000u}) {
    counter c;
    c.total = 5;
    c.window = 3;
    c.size = size;
    hawser::client<counter> client{{.url = server.url()}, c};
    EXPECT_FALSE(client.run()) << size << ": " << client.last_detail();
    EXPECT_EQ(client.get<counter>().received, 5) << size;
  }
}

TEST(link, a_closed_port_ends_with_its_reason) {
  hawser::client<counter> client{{.url = "ws://127.0.0.1:1"}};
  const auto ec = client.run();
  EXPECT_EQ(ec, hawser::condition::transient) << ec.message();
  EXPECT_NE(client.last_detail().find("connect 127.0.0.1:1"), std::string::npos)
      << client.last_detail();
}

TEST(link, a_plug_in_cannot_break_out_of_the_request) {
  acceptor_host server;
  struct smuggler : hawser::adapter<smuggler, hawser::on::authenticate> {
    hawser::grant on_authenticate(hawser::context&, hawser::auth_request& a) {
      a.bearer("x\r\nX-Admin: yes");
      return hawser::grant::ready();
    }
  };
  hawser::client<smuggler> client{{.url = server.url()}};
  EXPECT_EQ(client.run(), hawser::errc::invalid_option);
  EXPECT_EQ(client.last_detail(), "headers: the value of 'Authorization' has a control character");
  EXPECT_EQ(client.snapshot().attempts, 0u);
}

// The close codes say what they mean for the next attempt.
struct closer_peer : hawser::adapter<closer_peer, hawser::on::open> {
  hawser::close_code code;
  void on_open(hawser::context& c, const hawser::open_info&) { c.close(code, "so"); }
};
struct nothing : hawser::adapter<nothing, hawser::on::drop> {
  hawser::error_code dropped;
  void on_drop(hawser::context&, const hawser::drop_info& d) { dropped = d.error; }
};

TEST(link, a_close_code_says_what_it_means) {
  const std::pair<hawser::close_code, hawser::errc> cases[] = {
      {hawser::close_code::policy_violation, hawser::errc::unauthorized},
      {hawser::close_code::service_restart, hawser::errc::unavailable},
      {hawser::close_code::try_again_later, hawser::errc::unavailable},
      {hawser::close_code::going_away, hawser::errc::closed}};
  for (const auto& [code, meaning] : cases) {
    acceptor_host server([code = code](hawser::io::peer_handle) {
      return std::make_unique<hawser::chain<closer_peer>>(closer_peer{{}, code});
    });
    hawser::client<nothing> client{{.url = server.url()}};
    EXPECT_EQ(client.run(), meaning) << static_cast<int>(code);
    EXPECT_EQ(client.get<nothing>().dropped, meaning);
  }
}

TEST(link, stop_before_run_ends_it_at_once) {
  hawser::client<counter, hawser::reconnect> client{{.url = "ws://127.0.0.1:1"}};
  client.stop();
  EXPECT_FALSE(client.run());
  EXPECT_EQ(client.snapshot().attempts, 0u);
}

TEST(link, stop_from_another_thread_drains) {
  acceptor_host server;
  struct idle : hawser::adapter<idle, hawser::on::open> {
    std::function<void()> opened;
    void on_open(hawser::context&, const hawser::open_info&) { opened(); }
  };
  idle adapter;
  hawser::client<idle, hawser::reconnect>* running = nullptr;
  adapter.opened = [&] { running->stop(); };
  hawser::client<idle, hawser::reconnect> client{{.url = server.url()}, adapter};
  running = &client;
  EXPECT_FALSE(client.run());
  EXPECT_EQ(client.snapshot().links, 1u);
}

}  // namespace link_test

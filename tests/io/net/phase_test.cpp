// A peer that stalls at each step of a link: its deadline fires, and stop() ends the step.
#include <hawser/hawser.hpp>

#include "io/system/environment.hpp"
#include "support/acceptor_host.hpp"
#include "support/line_log.hpp"
#include "support/raw_server.hpp"
#include "support/sockets.hpp"

#include <gtest/gtest.h>

#include <future>

namespace hawser::test {
namespace phase_test {

using namespace std::chrono_literals;

// Keeps what it is told, and stalls where it is asked to.
struct stalled : adapter<stalled, on::authenticate, on::open, on::drop, on::error> {
  bool ask = false;    // for credentials that never come
  bool flood = false;  // write more than any socket takes
  bool leave = false;  // begin the closing handshake
  std::optional<auth_ticket> ticket = {};
  phase failed_in = phase::idle;
  std::optional<drop_info> dropped = {};

  grant on_authenticate(context&, auth_request& r) {
    if (!ask) return grant::ready();
    ticket.emplace(r.defer());
    return grant::pending();
  }
  void on_open(context& c, const open_info&) {
    if (flood) {
      for (int i = 0; i < 15; ++i) (void)c.send(std::string(1'000'000, 'x'));
    }
    if (leave) c.close();
  }
  void on_drop(context&, const drop_info& d) { dropped = d; }
  reaction on_error(context&, const failure& f) {
    failed_in = f.at;
    return reaction::pass();
  }
};

struct stall {
  const char* name;
  errc error;  // what the deadline gives
  phase at;    // where it fires
  duration deadlines::*field;
  std::string scheme = "ws";
  raw_server::script serve = {};  // empty: nobody accepts
  std::string host = "127.0.0.1";
};

// Each leaves the connection as it is until the scene is over.
void silent(const raw_server::link&) {}
void half_an_answer(const raw_server::link& l) {
  l.read_request();
  l.write("HTTP/1.1 101 Switch");
}
void refusal_without_end(const raw_server::link& l) {
  l.read_request();
  l.write("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 10\r\n\r\n...");
}
void deaf(const raw_server::link& l) { l.accept_upgrade(); }
void never_closes(const raw_server::link& l) {
  l.accept_upgrade();
  l.wait_for_end();  // Or the client could not tell it from one that ends.
}

const stall stalls[] = {
    {"authenticate", errc::auth_timeout, phase::authenticating, &deadlines::authenticate},
    {"resolve", errc::resolve_timeout, phase::resolving, &deadlines::resolve, "ws", {}, "stalls"},
    {"connect", errc::connect_timeout, phase::connecting, &deadlines::connect},
    {"secure", errc::secure_timeout, phase::securing, &deadlines::secure, "wss", silent},
    {"upgrade", errc::upgrade_timeout, phase::upgrading, &deadlines::upgrade, "ws", silent},
    {"half_an_answer", errc::upgrade_timeout, phase::upgrading, &deadlines::upgrade, "ws",
     half_an_answer},
    {"refusal_without_end", errc::unavailable, phase::upgrading, &deadlines::upgrade, "ws",
     refusal_without_end},
    {"write", errc::write_timeout, phase::open, &deadlines::write_progress, "ws", deaf},
    {"close", errc::close_timeout, phase::closing, &deadlines::close, "ws", never_closes},
};

class each_phase : public ::testing::TestWithParam<stall> {
 protected:
  // A loop, a client on it, and a peer that stalls.
  struct scene {
    explicit scene(const stall& s, duration of_the_phase) {
      if (s.serve) {
        server.emplace([serve = s.serve, gate = ending](const raw_server::link& l) {
          serve(l);
          gate.wait();
        });
      }
      options o;
      o.url =
          s.scheme + "://" + s.host + ":" + std::to_string(server ? server->port() : full.port());
      // Whatever else may end the attempt takes longer than a test that passes.
      o.deadlines = {1h, 1h, 1h, 1h, 1h, 1h, 1h};
      o.deadlines.*s.field = of_the_phase;
      stalled a;
      a.ask = s.at == phase::authenticating;
      a.flood = s.at == phase::open;
      a.leave = s.at == phase::closing;
      c.emplace(loop, o, std::move(a));
    }
    ~scene() {
      over.set_value();
      loop->stop();
      if (thread.joinable()) thread.join();
      c.reset();
    }
    std::future<error_code> start() {
      EXPECT_TRUE(c->start([this](error_code ec) { ended.set_value(ec); }));
      thread = std::thread([this] { loop->run(); });
      return ended.get_future();
    }
    std::promise<void> over;
    std::shared_future<void> ending = over.get_future().share();
    std::shared_ptr<io::loop> loop =
        std::make_shared<io::loop>(std::make_shared<io::system_environment>(
            [gate = ending](const std::string&, std::uint16_t, error_code&) {
              gate.wait();
              return std::vector<boost::asio::ip::tcp::endpoint>();
            }));
    std::optional<raw_server> server;
    black_hole full;
    std::optional<client<stalled>> c;
    std::promise<error_code> ended;
    std::thread thread;
  };
};

INSTANTIATE_TEST_SUITE_P(stalls, each_phase, ::testing::ValuesIn(stalls),
                         [](const auto& p) { return std::string(p.param.name); });

TEST_P(each_phase, its_deadline_fires) {
  scene s(GetParam(), 50ms);
  auto end = s.start();
  ASSERT_EQ(end.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(end.get(), GetParam().error) << s.c->last_detail();
  const stalled& told = s.c->get<stalled>();
  EXPECT_EQ(told.failed_in, GetParam().at);
  const bool opened = GetParam().at == phase::open || GetParam().at == phase::closing;
  ASSERT_EQ(told.dropped.has_value(), opened);
  if (!opened) return;
  EXPECT_EQ(told.dropped->by, link_end::ours);
  EXPECT_FALSE(told.dropped->clean);
}

TEST_P(each_phase, stop_ends_it) {
  const bool drains = GetParam().at == phase::open || GetParam().at == phase::closing;
  scene s(GetParam(), 1h);
  auto end = s.start();
  while (s.c->snapshot().at != GetParam().at) std::this_thread::yield();
  s.c->stop();
  if (drains) s.c->stop();  // The first one waits for the peer, an hour here.
  ASSERT_EQ(end.wait_for(patience), std::future_status::ready);
  EXPECT_FALSE(end.get());
}

TEST_P(each_phase, destroying_the_client_ends_it) {
  scene s(GetParam(), 1h);
  auto end = s.start();
  while (s.c->snapshot().at != GetParam().at) std::this_thread::yield();
  std::promise<void> gone;
  s.loop->post([&] {
    s.c.reset();
    gone.set_value();
  });
  ASSERT_EQ(gone.get_future().wait_for(patience), std::future_status::ready);
  EXPECT_EQ(end.wait_for(0s), std::future_status::timeout);  // Nobody is told.
}

TEST(phases, a_stop_drains_within_the_close_deadline) {
  raw_server server(never_closes);
  client<stalled> c{{.url = server.url(), .deadlines = {.close = 50ms}}};
  auto end = std::async(std::launch::async, [&] { return c.run(); });
  while (c.snapshot().at != phase::open) std::this_thread::yield();
  c.stop();
  ASSERT_EQ(end.wait_for(patience), std::future_status::ready);
  EXPECT_FALSE(end.get());
}

// A client that stalls in its upgrade: how long the acceptor's deadline lets it.
bool is_let_go(const std::string& says) {
  io::acceptor_options o;
  o.deadlines.upgrade = 50ms;
  acceptor_host server(o);
  const int fd = connect_to(server.port());
  ::send(fd, says.data(), says.size(), MSG_NOSIGNAL);
  const ::timeval bound{std::chrono::seconds(patience).count(), 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  std::array<char, 1024> rest{};
  ssize_t n = 1;
  while (n > 0) n = ::recv(fd, rest.data(), rest.size(), 0);
  const bool ended = n == 0 || errno == ECONNRESET;
  ::close(fd);
  return ended;
}

TEST(phases, an_acceptor_lets_go_of_a_client_that_stalls) {
  EXPECT_TRUE(is_let_go(""));
  EXPECT_TRUE(is_let_go("GET / HTTP/1.1\r\nHost: x\r\n"));
  EXPECT_TRUE(is_let_go("GET / HTTP/1.1\r\n\r\n"));  // Refused, and does not leave.
}

}  // namespace phase_test
}  // namespace hawser::test

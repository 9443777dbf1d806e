// What the I/O shell does at its edges: ends that come twice or early, peers that do not cooperate.
#include <hawser/hawser.hpp>

#include "support/acceptor_host.hpp"
#include "support/line_log.hpp"
#include "support/raw_server.hpp"
#include "support/sockets.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <future>
#include <sys/un.h>

namespace hawser::test {
namespace shell_test {

using namespace std::chrono_literals;

// Runs a client on a thread; a run that does not end in time fails instead of hanging.
template <class Client>
class running {
 public:
  explicit running(Client& c)
      : client_(c), end_(std::async(std::launch::async, [&c] { return c.run(); })) {}
  bool ended() { return end_.wait_for(patience) == std::future_status::ready; }
  error_code result() { return end_.get(); }

 private:
  Client& client_;
  std::future<error_code> end_;
};

struct opener : adapter<opener, on::open, on::drop> {
  std::function<void(context&)> opened = [](context&) {};
  error_code dropped;
  std::size_t unsent = 0;
  void on_open(context& c, const open_info&) { opened(c); }
  void on_drop(context&, const drop_info& d) {
    dropped = d.error;
    unsent = d.unsent;
  }
};

TEST(shell, a_second_stop_ends_a_link_that_lingers) {
  std::promise<void> answered;
  raw_server server([&](const raw_server::link& l) {
    l.accept_upgrade();
    l.read();  // The Close of stop().
    l.write(server_frame(8, "\x03\xe8"));
    answered.set_value();
    l.wait_for_end();  // TCP stays open: the client waits for its end.
  });
  opener a;
  client<opener>* self = nullptr;
  a.opened = [&](context&) { self->stop(); };
  client<opener> c{{.url = server.url(), .deadlines = {.close = 1h}}, a};
  self = &c;
  running<client<opener>> run(c);
  ASSERT_EQ(answered.get_future().wait_for(patience), std::future_status::ready);
  while (c.snapshot().at != phase::stopped) std::this_thread::yield();
  c.stop();
  ASSERT_TRUE(run.ended());
  EXPECT_FALSE(run.result());
}

TEST(shell, a_stop_ahead_of_run_holds) {
  io::loop l;
  l.stop();
  auto ran = std::async(std::launch::async, [&] { l.run(); });
  EXPECT_EQ(ran.wait_for(patience), std::future_status::ready);
  l.stop();  // Ends it in any case.
}

TEST(shell, nobody_is_told_of_the_end_of_a_client_that_is_gone) {
  const auto loop = std::make_shared<io::loop>();
  bool told = false;
  {
    client<opener> c{loop, {.url = "ws://127.0.0.1:1"}, opener{}};
    EXPECT_TRUE(c.start([&](error_code) { told = true; }));
  }
  loop->post([&] { loop->stop(); });
  loop->run();
  EXPECT_FALSE(told);
}

TEST(shell, a_plug_in_of_an_accepted_link_may_stop_it) {
  struct leaver : adapter<leaver, on::open> {
    void on_open(context& c, const open_info&) {
      c.stop();
      for (int i = 0; i < 100; ++i) (void)c.send("more");  // The list of effects grows meanwhile.
    }
  };
  acceptor_host server([](io::peer_handle) { return std::make_unique<chain<leaver>>(leaver{}); });
  client<opener> c{{.url = server.url()}};
  running<client<opener>> run(c);
  ASSERT_TRUE(run.ended());
  EXPECT_EQ(run.result(), errc::closed);
  EXPECT_NE(c.last_detail().find("1001"), std::string::npos) << c.last_detail();
}

TEST(shell, what_is_held_at_the_close_is_counted_as_unsent) {
  struct holder : behavior<holder, on::sending> {
    permit on_sending(context& c, const outbound&) { return permit::hold_until(c.now() + 20ms); }
  };
  raw_server server([](const raw_server::link& l) {
    l.accept_upgrade();
    l.wait_for_end();  // No Close comes back: the hold times pass meanwhile.
  });
  opener a;
  a.opened = [](context& c) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(c.send("held"));
    c.close();
  };
  client<opener, holder> c{{.url = server.url(), .deadlines = {.close = 200ms}}, a};
  EXPECT_TRUE(c.run());
  EXPECT_EQ(c.get<opener>().unsent, 3u);
}

TEST(shell, what_is_held_is_bounded_in_bytes) {
  struct holder : behavior<holder, on::sending> {
    permit on_sending(context& c, const outbound&) { return permit::hold_until(c.now() + 1h); }
  };
  acceptor_host server;
  opener a;
  client<opener, holder>* self = nullptr;
  a.opened = [&](context&) {  // One at a time: a context sees what itself has recorded.
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(self->submit([i](opener&, context& c) {
        const auto r = c.send(std::string(400, 'x'));
        EXPECT_EQ(r.has_value(), i < 2);
        EXPECT_TRUE(r || r.error() == errc::queue_full) << "what is held is in the lane, too";
      }));
    }
    EXPECT_TRUE(self->submit([](opener&, context& c) { c.close(); }));
  };
  options o{.url = server.url()};
  o.limits.lanes.fill({.frames = 100, .bytes = 1000});
  client<opener, holder> c{o, a};
  self = &c;
  EXPECT_FALSE(c.run());
  EXPECT_EQ(c.get<opener>().unsent, 2u);
}

TEST(shell, what_on_frame_asks_for_is_written) {
  struct reaction_to_frames : behavior<reaction_to_frames, on::frame> {
    void on_frame(context& c, const frame_info& f) {
      if (f.outbound && f.op == opcode::text) c.close(close_code::normal, "seen");
    }
  };
  acceptor_host server;
  opener a;
  a.opened = [](context& c) { EXPECT_TRUE(c.send("quiet")); };
  client<opener, reaction_to_frames> c{{.url = server.url(), .deadlines = {.close = 1h}}, a};
  running<client<opener, reaction_to_frames>> run(c);
  ASSERT_TRUE(run.ended());
  EXPECT_FALSE(run.result()) << c.last_detail();
}

TEST(shell, a_close_that_a_reset_follows_is_still_reported) {
  for (int i = 0; i < 20; ++i) {
    raw_server server([](const raw_server::link& l) {
      l.accept_upgrade();
      l.write(server_frame(8, "\x03\xf0why"));  // 1008
      l.reset_at_end();
    });
    opener a;
    a.opened = [](context& c) {
      for (int n = 0; n < 50; ++n) (void)c.send(std::string(60'000, 'x'));
    };
    client<opener> c{{.url = server.url()}, a};
    const auto ec = c.run();
    if (ec.category() == boost::system::system_category()) continue;  // The reset came first.
    EXPECT_EQ(ec, errc::unauthorized) << c.last_detail();
    EXPECT_NE(c.last_detail().find("1008 why"), std::string::npos) << c.last_detail();
    return;
  }
  FAIL() << "the Close never got through";
}

TEST(shell, a_refused_client_that_goes_on_sending_holds_up_nobody) {
  acceptor_host server;
  std::atomic<bool> over{false};
  std::thread flood([&] {
    const int fd = connect_to(server.port());
    std::string bytes = "GET / HTTP/1.1\r\n\r\n" + std::string(65536, 'x');
    while (!over && ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
    }
    ::close(fd);
  });
  opener a;
  a.opened = [](context& c) { c.close(); };
  for (int i = 0; i < 20; ++i) {
    client<opener> c{{.url = server.url()}, a};
    running<client<opener>> run(c);
    const bool ended = run.ended();
    EXPECT_TRUE(ended);
    if (!ended) over = true;
    EXPECT_FALSE(run.result());
  }
  over = true;
  flood.join();
}

TEST(shell, an_acceptor_takes_no_path_that_is_not_its_own) {
  temp_folder folder;
  io::acceptor_options o;
  o.unix_socket = folder / "socket";
  std::ofstream(*o.unix_socket) << "precious";
  EXPECT_THROW(acceptor_host{o}, std::runtime_error);
  std::string content;
  std::ifstream(*o.unix_socket) >> content;
  EXPECT_EQ(content, "precious");

  o.unix_socket = folder / "served";
  acceptor_host first(o);
  EXPECT_THROW(acceptor_host{o}, std::runtime_error);
  opener a;
  a.opened = [](context& c) { c.close(); };
  client<opener> c{{.url = "ws://localhost", .unix_socket = o.unix_socket}, a};
  EXPECT_FALSE(c.run()) << c.last_detail();
}

TEST(shell, a_socket_that_nobody_serves_is_replaced) {
  temp_folder folder;
  io::acceptor_options o;
  o.unix_socket = folder / "socket";
  const int dead = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::copy(o.unix_socket->begin(), o.unix_socket->end(), at.sun_path);
  ASSERT_EQ(::bind(dead, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ::close(dead);
  acceptor_host server(o);
  opener a;
  a.opened = [](context& c) { c.close(); };
  client<opener> c{{.url = "ws://localhost", .unix_socket = o.unix_socket}, a};
  EXPECT_FALSE(c.run()) << c.last_detail();
}

}  // namespace shell_test
}  // namespace hawser::test

// What ends links in the middle: the idle timeout of a proxy, and peers that are killed under load.
#include "peers/fixture.hpp"

#include <atomic>
#include <thread>

namespace hawser::test {
namespace outage_test {

using namespace std::chrono_literals;

// --- our client behind a proxy that ends what is silent for a second ----------------------------

class client_idle : public PeersTest, public ::testing::WithParamInterface<between> {
 protected:
  void SetUp() override {
    HAWSER_NEED_PEER(speaker::node);
    HAWSER_NEED_PEER(GetParam());
    server_peer_.emplace(speaker::node);
    front_.emplace(fronting(GetParam(), server_peer_->port(), 1));
  }
  std::optional<echo_server> server_peer_;
  std::optional<front> front_;
};

// Stays until it has been open for `stay`, if pongs tell it the time.
struct guest_of_proxy : adapter<guest_of_proxy, on::open, on::frame, on::drop> {
  duration stay = 60s;
  time_point opened = never;
  error_code dropped = {};
  link_end by = {};
  bool clean = true;
  close_code code = close_code::normal;
  void on_open(context& c, const open_info&) { opened = c.now(); }
  void on_frame(context& c, const frame_info& f) {
    if (!f.outbound && f.op == opcode::pong && c.now() - opened > stay) c.close();
  }
  void on_drop(context&, const drop_info& d) {
    dropped = d.error;
    code = d.code;
    by = d.by;
    clean = d.clean;
  }
};

TEST_P(client_idle, is_dropped_without_a_close) {
  client<guest_of_proxy, time_limit> c{calling(front_->url())};
  const error_code ec = run(c);
  EXPECT_EQ(ec, errc::dropped) << c.last_detail();
  EXPECT_EQ(ec, condition::transient);
  const guest_of_proxy& said = c.get<guest_of_proxy>();
  EXPECT_EQ(said.dropped, ec);
  EXPECT_EQ(said.by, link_end::peers);
  EXPECT_FALSE(said.clean);
  EXPECT_EQ(said.code, close_code::abnormal);
  ASSERT_TRUE(server_peer_->peer().says("closed 1006")) << server_peer_->peer().all();
}

TEST_P(client_idle, survives_by_its_heartbeat) {
  guest_of_proxy g;
  g.stay = 3s;
  client<guest_of_proxy, time_limit, heartbeat> c{
      calling(front_->url()), g, {}, heartbeat({.idle = 200ms, .pong = 10s})};
  EXPECT_FALSE(run(c)) << c.last_detail();
  EXPECT_EQ(c.snapshot().links, 1u);
  EXPECT_EQ(c.get<guest_of_proxy>().dropped, errc::closed);
  ASSERT_TRUE(server_peer_->peer().says("closed 1000")) << server_peer_->peer().all();
}

INSTANTIATE_TEST_SUITE_P(peers, client_idle, ::testing::Values(between::nginx, between::haproxy),
                         test_name<between>);

// --- restarts under load ------------------------------------------------------------------------

// Sends numbered messages without an end, 64 on their way, and says how far it came on each link.
struct streamer : adapter<streamer, on::open, on::message, on::drop, on::error> {
  std::shared_ptr<line_log> log;
  std::size_t next = 0;
  std::size_t first = 0;
  std::size_t returned = 0;
  void on_open(context& c, const open_info&) {
    first = next;
    returned = 0;
    for (int i = 0; i < 64; ++i) send_next(c);
  }
  void send_next(context& c) {
    if (c.send(std::to_string(next))) ++next;  // Refused once stop() was called.
  }
  verdict on_message(context& c, const inbound& m) {
    EXPECT_EQ(m.text(), std::to_string(first + returned));
    if (++returned == 1000) {
      log->write(log_level::info, "streams on link " + std::to_string(m.link));
    }
    send_next(c);
    return handled;
  }
  void on_drop(context&, const drop_info& d) {
    log->write(log_level::info, "lost " + std::to_string(d.link) + ": " + d.error.message());
  }
  reaction on_error(context&, const failure& f) {
    EXPECT_EQ(f.error, condition::transient) << f.detail;
    return reaction::pass();
  }
};

class client_under_load : public ClientTest {
 protected:
  /// Streams while `restart` is called three times, each time in the middle of the stream.
  template <class Restart>
  void stream_through(Restart restart) {
    streamer s;
    s.log = log_;
    options o = to("/echo");
    o.log = {};
    client<streamer, reconnect> c{o, s, reconnect({.base = 5ms, .cap = 50ms})};
    std::thread runner([&] { EXPECT_FALSE(c.run()) << c.last_detail(); });
    for (int link = 1; link <= 4; ++link) {
      const bool streams = log_->wait_for("streams on link " + std::to_string(link));
      EXPECT_TRUE(streams) << log_->all();
      if (!streams) break;
      if (link < 4) restart();
    }
    c.stop();
    runner.join();
    EXPECT_EQ(c.snapshot().links, 4u) << log_->all();
    EXPECT_EQ(log_->count("lost"), 4u) << log_->all();
  }
};

TEST_P(client_under_load, comes_back_to_a_restarted_server) {
  stream_through([&] {
    server_peer_->kill();
    server_peer_->start();
  });
}

using client_under_load_by_proxy = client_under_load;

TEST_P(client_under_load_by_proxy, comes_back_to_a_restarted_proxy) {
  stream_through([&] {
    front_->kill();
    front_->start();
  });
}

const std::vector<speaker> both = {speaker::python, speaker::node};
INSTANTIATE_TEST_SUITE_P(peers, client_under_load,
                         routes(both, {between::nothing, between::nginx, between::haproxy}),
                         test_name<route>);
INSTANTIATE_TEST_SUITE_P(peers, client_under_load_by_proxy,
                         routes(both, {between::nginx, between::haproxy}), test_name<route>);

}  // namespace outage_test
}  // namespace hawser::test

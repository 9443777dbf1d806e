// A peer that falls silent without a word: the bound of heartbeat, against a real socket.
#include <hawser/hawser.hpp>

#include "support/raw_server.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace hawser::test {
namespace half_open_test {

using namespace std::chrono_literals;

struct patient : adapter<patient, on::frame, on::drop> {
  std::optional<duration> silence = {};
  error_code why = {};
  int pings = 0;
  void on_frame(context&, const frame_info& f) { pings += f.outbound && f.op == opcode::ping; }
  void on_drop(context& c, const drop_info& d) {
    silence = c.now() - c.link().last_inbound;
    why = d.error;
  }
};

// How long that may take at most is for heartbeat_test, whose time does not depend on the machine.
TEST(half_open, a_silent_peer_is_noticed_by_one_ping_idle_plus_pong_behind_its_last_byte) {
  constexpr auto idle = 120ms;
  constexpr auto pong = 80ms;
  raw_server server([](const raw_server::link& l) {
    l.accept_upgrade(server_frame(1, "the last byte"));
    l.wait_for_end();  // It reads, so that TCP looks well, and answers no ping.
  });
  client<patient, heartbeat> c{{.url = server.url(), .deadlines = {.close = 50ms}},
                               patient{},
                               heartbeat({.idle = idle, .pong = pong})};
  EXPECT_EQ(c.run(), errc::pong_timeout) << c.last_detail();
  const patient& seen = c.get<patient>();
  EXPECT_EQ(seen.why, errc::pong_timeout);
  ASSERT_TRUE(seen.silence);
  EXPECT_GE(*seen.silence, idle + pong);
  EXPECT_EQ(seen.pings, 1);
}

}  // namespace half_open_test
}  // namespace hawser::test

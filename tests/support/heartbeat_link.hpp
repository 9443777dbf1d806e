// A heartbeat without a socket.
#pragma once

#include <hawser/behaviors/heartbeat.hpp>

#include "support/bench_link.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace hawser::test {

using namespace std::chrono_literals;

struct heartbeat_link : bench_link<heartbeat> {
  explicit heartbeat_link(heartbeat::options o = {}) : bench_link(heartbeat(o)) {}

  // A frame came; its bytes are life whatever it is.
  void receive(opcode op, bytes_view payload) {
    link.last_inbound = now;
    at([&](context& c) {
      plugins.frame(c, {.outbound = false, .op = op, .size = payload.size(), .payload = payload});
    });
  }
  // Wakes; whether that ends the link.
  bool dies() {
    EXPECT_TRUE(wake());
    return kinds() == std::vector{effects::fail::name};
  }
  // Wakes; whether that does nothing.
  bool rests() {
    EXPECT_TRUE(wake());
    return done.empty();
  }
  duration idle() { return plugins.get<heartbeat>().idle(); }
  // Wakes and returns the payload of the ping that this must send.
  bytes ping() {
    EXPECT_TRUE(wake());
    EXPECT_EQ(kinds(), std::vector{effects::ping::name});
    if (done.empty()) return {};
    const auto p = done.bytes(recorded<effects::ping>().payload);
    return {p.begin(), p.end()};
  }
};

}  // namespace hawser::test

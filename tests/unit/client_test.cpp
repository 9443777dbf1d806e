// The client's handle, without a link.
#include <hawser/client.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace std::chrono_literals;
using hawser::context;
using hawser::errc;
namespace on = hawser::on;

// Nothing listens there.
const hawser::options nowhere{.url = "ws://127.0.0.1:1"};

// Never dials; ends when it wakes.
struct sleeper : hawser::adapter<sleeper, on::connecting, on::wake> {
  int asked = 0;
  hawser::admission on_connecting(context& c, hawser::handshake&) {
    if (++asked > 1) return hawser::admission::refuse(errc::unavailable);
    return hawser::admission::wait_until(c.now() + 10s);
  }
  void on_wake(context& c, const hawser::wake_info&) { c.stop(); }
};

TEST(Client, ATaskMaySetTheWakeOfTheAdapter) {
  hawser::client<sleeper> client{nowhere};
  hawser::time_point seen = hawser::time_point{};
  ASSERT_TRUE(client.submit([&](sleeper&, context& c) {
    seen = c.wake_time();
    c.wake_at(c.now());
  }));
  EXPECT_FALSE(client.run()) << "nobody woke it";
  EXPECT_EQ(seen, hawser::never);
}

}  // namespace

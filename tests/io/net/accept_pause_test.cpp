// What an acceptor does while no link can be accepted, by an environment that has none to give.
#include <hawser/io/acceptor.hpp>

#include "io/system/environment.hpp"
#include "support/line_log.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace accept_pause_test {

using namespace hawser;
using namespace std::chrono_literals;

// A clock that stands; the wait that was set last, and who waits for a link.
class no_descriptors final : public io::system_environment {
 public:
  struct kept final : io::timer {
    explicit kept(no_descriptors& n) : of(n) {}
    void set(time_point t, std::function<void(time_point)> f) override {
      of.at = t;
      of.due = std::move(f);
    }
    void cancel() noexcept override { of.due = nullptr; }
    no_descriptors& of;
  };
  struct door final : io::listener {
    explicit door(no_descriptors& n) : of(n) {}
    result<std::uint16_t, error_info> listen(const io::listen_at& where) override {
      return where.port;
    }
    void accept(std::function<void(error_code, io::accepted)> done) override {
      of.waits = std::move(done);
    }
    void close() noexcept override { of.waits = nullptr; }
    no_descriptors& of;
  };
  time_point now() const noexcept override { return time_point{1000s}; }
  std::unique_ptr<io::timer> make_timer(io::loop::impl&) override {
    return std::make_unique<kept>(*this);
  }
  std::unique_ptr<io::listener> make_listener(const std::shared_ptr<io::loop::impl>&) override {
    return std::make_unique<door>(*this);
  }
  void fail(boost::system::errc::errc_t why) {
    const auto taken = std::exchange(waits, nullptr);
    taken(make_error_code(why), {});
  }
  void pass_time() {
    const auto taken = std::exchange(due, nullptr);
    taken(at);
  }

  time_point at = never;
  std::function<void(time_point)> due;
  std::function<void(error_code, io::accepted)> waits;
};

TEST(accept_pause, tries_again_after_a_while_by_its_own_clock_and_tells_once) {
  const auto environment = std::make_shared<no_descriptors>();
  const auto log = std::make_shared<hawser::test::line_log>();
  const auto loop = std::make_shared<io::loop>(environment);
  io::acceptor server(loop, {.port = 4711, .log = log},
                      [](io::peer_handle) -> std::unique_ptr<event_sink> { return nullptr; });
  ASSERT_EQ(server.listen().value(), 4711);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(environment->waits);
    environment->fail(boost::system::errc::too_many_files_open);
    EXPECT_FALSE(environment->waits) << "accepting again at once would spin";
    EXPECT_EQ(environment->at, time_point{1000s} + 100ms);
    environment->pass_time();
  }
  EXPECT_EQ(log->count("no link can be accepted"), 1u);
  environment->fail(boost::system::errc::not_enough_memory);  // That is news.
  EXPECT_EQ(log->count("no link can be accepted"), 2u);
}

}  // namespace accept_pause_test

// The timer of a client and of a peer.
#include "io/loop/loop.hpp"
#include "io/system/environment.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace timer_test {

using namespace hawser;
using namespace std::chrono_literals;

// Keeps what was set, as a loop does whose timers are due together.
class kept_waits final : public io::system_environment {
 public:
  struct kept final : io::timer {
    explicit kept(kept_waits& w) : of(w) {}
    void set(time_point t, std::function<void(time_point)> due) override {
      of.times.push_back(t);
      of.waits.push_back(std::move(due));
    }
    void cancel() noexcept override {}
    kept_waits& of;
  };
  std::unique_ptr<io::timer> make_timer(io::loop::impl&) override {
    return std::make_unique<kept>(*this);
  }
  std::vector<time_point> times;
  std::vector<std::function<void(time_point)>> waits;
};

struct owner : std::enable_shared_from_this<owner> {
  explicit owner(io::loop& on) : timer(on.get()) {}
  void wake_by(time_point t) {
    timer.wake_by(t, *this, [this](time_point now) { told.push_back(now); });
  }
  std::vector<time_point> told;
  io::coarse_timer timer;
};

TEST(coarse_timer, is_only_moved_earlier_and_may_be_set_again_once_it_came) {
  const auto environment = std::make_shared<kept_waits>();
  io::loop loop(environment);
  const auto o = std::make_shared<owner>(loop);
  const time_point t{1000s};
  o->wake_by(t);
  o->wake_by(t + 1s);
  o->wake_by(t);
  o->wake_by(t - 1s);
  EXPECT_EQ(environment->times, (std::vector<time_point>{t, t - 1s}));
  environment->waits.back()(t);
  EXPECT_EQ(o->told, std::vector<time_point>{t});
  o->wake_by(t + 1s);
  EXPECT_EQ(environment->times.back(), t + 1s);
}

// Its time had come already when its owner went: the loop still calls.
TEST(coarse_timer, that_is_gone_tells_nobody) {
  const auto environment = std::make_shared<kept_waits>();
  io::loop loop(environment);
  auto o = std::make_shared<owner>(loop);
  const std::weak_ptr<owner> gone = o;
  o->wake_by(time_point{1000s});
  o.reset();
  EXPECT_TRUE(gone.expired());
  environment->waits.back()(time_point{1000s});
}

}  // namespace timer_test

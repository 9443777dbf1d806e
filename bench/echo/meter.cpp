#include "meter.hpp"

#include "allocations.hpp"

#include <ctime>

namespace bench {
namespace {

std::chrono::nanoseconds clock(clockid_t id) noexcept {
  timespec t{};
  ::clock_gettime(id, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace

meter::reading meter::read() const noexcept {
  return {seen_, allocations(), clock(CLOCK_MONOTONIC), clock(CLOCK_THREAD_CPUTIME_ID)};
}

bool meter::look() noexcept {
  next_look_ = seen_ + look_every;
  const reading now = read();
  switch (phase_) {
    case phase::fresh:
      begin_ = now;
      phase_ = phase::warming;
      break;
    case phase::warming:
      if (now.wall - begin_.wall < warm_up_) break;
      begin_ = now;
      phase_ = phase::measuring;
      break;
    case phase::measuring: {
      if (now.wall - begin_.wall < window_) break;
      const auto messages = static_cast<double>(now.messages - begin_.messages);
      sample_.rate = messages * 1e9 / static_cast<double>((now.wall - begin_.wall).count());
      sample_.cpu = static_cast<double>((now.cpu - begin_.cpu).count()) / messages;
      sample_.allocations = static_cast<double>(now.allocations - begin_.allocations) / messages;
      phase_ = phase::done;
      break;
    }
    case phase::done:
      break;
  }
  return phase_ != phase::done;
}

}  // namespace bench

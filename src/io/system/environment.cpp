// The environment of a program: the clocks, the threads and the network of the system.
#include "io/system/environment.hpp"

#include <hawser/io/crypto.hpp>

#include "io/system/listener.hpp"
#include "io/system/route.hpp"
#include "io/system/timer.hpp"
#include "io/system/worker.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace hawser::io {
namespace {

class loop_thread final : public running {
 public:
  explicit loop_thread(std::shared_ptr<loop> what)
      : thread_([on = std::move(what)] { on->run(); }) {}
  ~loop_thread() override { thread_.join(); }

 private:
  std::thread thread_;
};

}  // namespace

// Never destroyed: a client may be, after everything static.
const std::shared_ptr<environment>& environment::system() {
  static const auto* const one =
      new std::shared_ptr<environment>(std::make_shared<system_environment>());
  return *one;
}

system_environment::system_environment(resolver look_up) : look_up_(std::move(look_up)) {}

time_point system_environment::now() const noexcept { return std::chrono::steady_clock::now(); }

std::chrono::system_clock::time_point system_environment::wall() const noexcept {
  return std::chrono::system_clock::now();
}

void system_environment::fill(std::span<std::byte> out) { random_bytes(out); }

std::unique_ptr<running> system_environment::run(std::shared_ptr<loop> what) {
  return std::make_unique<loop_thread>(std::move(what));
}

std::unique_ptr<worker> system_environment::make_worker(std::function<duration()> turn) {
  return std::make_unique<thread_worker>(std::move(turn));
}

bool system_environment::wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                              time_point until, const std::function<bool()>& over) {
  return changed.wait_until(lock, until, over);
}

std::unique_ptr<listener> system_environment::make_listener(const std::shared_ptr<loop::impl>& on) {
  return std::make_unique<system_listener>(on);
}

std::unique_ptr<timer> system_environment::make_timer(loop::impl& on) {
  return std::make_unique<system_timer>(on.context);
}

std::unique_ptr<route> system_environment::make_route(const std::shared_ptr<loop::impl>& on,
                                                      destination to) {
  return std::make_unique<system_route>(on, std::move(to), look_up_);
}

}  // namespace hawser::io

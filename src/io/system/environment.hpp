// The environment of a program: the clocks, the threads and the network of the system.
#pragma once

#include <hawser/io/environment.hpp>

#include "io/system/resolver.hpp"

namespace hawser::io {

/// Test environments derive from it and put something else in the place of a part.
class system_environment : public environment {
 public:
  explicit system_environment(resolver look_up = &look_up_addresses);

  time_point now() const noexcept override;
  std::chrono::system_clock::time_point wall() const noexcept override;
  void fill(std::span<std::byte> out) override;
  std::unique_ptr<running> run(std::shared_ptr<loop> what) override;
  std::unique_ptr<worker> make_worker(std::function<duration()> turn) override;
  bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, time_point until,
            const std::function<bool()>& over) override;
  std::unique_ptr<timer> make_timer(loop::impl& on) override;
  std::unique_ptr<route> make_route(const std::shared_ptr<loop::impl>& on, destination to) override;
  std::unique_ptr<listener> make_listener(const std::shared_ptr<loop::impl>& on) override;

 private:
  resolver look_up_;
};

}  // namespace hawser::io

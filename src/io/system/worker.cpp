// A thread that takes turns.
#include "io/system/worker.hpp"

#include <utility>

namespace hawser::io {

thread_worker::thread_worker(std::function<duration()> turn)
    : turn_(std::move(turn)), thread_([this] { run(); }) {}

void thread_worker::wake() {
  {
    const std::lock_guard guard(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void thread_worker::stop() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void thread_worker::run() {
  while (true) {
    const duration left = turn_();
    if (left <= duration::zero()) continue;
    std::unique_lock lock(mutex_);
    const auto called = [this] { return woken_ || stopping_; };
    if (left == duration::max()) {
      changed_.wait(lock, called);
    } else {
      changed_.wait_for(lock, left, called);
    }
    if (!std::exchange(woken_, false) && stopping_) return;
  }
}

}  // namespace hawser::io

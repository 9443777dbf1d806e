// A thread that takes turns.
#pragma once

#include <hawser/io/environment.hpp>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace hawser::io {

class thread_worker final : public worker {
 public:
  explicit thread_worker(std::function<duration()> turn);
  ~thread_worker() override { stop(); }

  void wake() override;
  void stop() override;

 private:
  void run();

  std::function<duration()> turn_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hawser::io

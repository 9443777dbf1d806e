// SIGTERM and SIGINT as something to wait for.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace hawser::cli {

/// Takes SIGTERM and SIGINT away from this thread and every one that it starts: they wait for a
/// termination.
void block_termination();

/// Takes both signals away as block_termination() does, and waits for them on a thread of its own.
/// The first one calls `f` there; the second ends the process.
class termination {
 public:
  explicit termination(std::function<void()> f);
  ~termination();

 private:
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace hawser::cli

// SIGTERM and SIGINT as something to wait for.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace hawser::cli {

/// Takes SIGTERM and SIGINT away from every thread that is started after it, and waits for them on
/// a thread of its own. The first one calls `f` there; the second ends the process.
class termination {
 public:
  explicit termination(std::function<void()> f);
  ~termination();

 private:
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace hawser::cli

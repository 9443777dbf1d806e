// SIGTERM, SIGINT and SIGUSR1 as something to wait for.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace hawser::cli {

/// Takes the three signals away from this thread and every one that it starts: they wait for a
/// termination.
void block_termination();

/// Takes the signals away as block_termination() does, and waits for them on a thread of its own.
/// The first SIGTERM or SIGINT calls `f` there; the second ends the process. Each SIGUSR1 calls
/// `usr1` there, if it is given.
class termination {
 public:
  explicit termination(std::function<void()> f, std::function<void()> usr1 = {});
  ~termination();

 private:
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace hawser::cli

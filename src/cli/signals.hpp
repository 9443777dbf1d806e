// SIGTERM, SIGINT and SIGUSR1 as something to wait for.
#pragma once

#include <functional>

namespace hawser::cli {

/// Takes the three signals away from this thread and every one that it starts, for the rest of the
/// process: a thread of its own waits for them. The first SIGTERM or SIGINT is for the termination
/// that is there, or else for the next one; the second ends the process, whatever it does.
/// Whatever comes before this call ends the process, too: it has begun nothing then.
void watch_termination();

/// Takes the signals away as watch_termination() does. While it is there, the first SIGTERM or
/// SIGINT calls `f`, and each SIGUSR1 calls `usr1`, if it is given; at the time of the constructor
/// there, else on the thread that waits.
class termination {
 public:
  explicit termination(std::function<void()> f, std::function<void()> usr1 = {});
  ~termination();
  termination(const termination&) = delete;
  termination& operator=(const termination&) = delete;
};

}  // namespace hawser::cli

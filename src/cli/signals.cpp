#include "cli/signals.hpp"

#include <csignal>
#include <pthread.h>
#include <unistd.h>

namespace hawser::cli {

termination::termination(std::function<void()> f) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this, set, f = std::move(f)] {
    for (int count = 0;; ++count) {
      int signal = 0;
      sigwait(&set, &signal);
      if (over_) return;
      if (count == 1) _exit(128 + signal);
      f();
    }
  });
}

termination::~termination() {
  over_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

}  // namespace hawser::cli

#include "cli/signals.hpp"

#include <csignal>
#include <pthread.h>
#include <unistd.h>

namespace hawser::cli {
namespace {

sigset_t termination_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void block_termination() {
  const sigset_t set = termination_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

termination::termination(std::function<void()> f) {
  block_termination();
  thread_ = std::thread([this, set = termination_signals(), f = std::move(f)] {
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

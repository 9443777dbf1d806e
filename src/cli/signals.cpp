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
  sigaddset(&set, SIGUSR1);
  return set;
}

}  // namespace

void block_termination() {
  const sigset_t set = termination_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

termination::termination(std::function<void()> f, std::function<void()> usr1) {
  block_termination();
  thread_ =
      std::thread([this, set = termination_signals(), f = std::move(f), usr1 = std::move(usr1)] {
        for (int count = 0;;) {
          int signal = 0;
          sigwait(&set, &signal);
          if (over_) return;
          if (signal == SIGUSR1) {
            if (usr1) usr1();
            continue;
          }
          if (++count == 2) _exit(128 + signal);
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

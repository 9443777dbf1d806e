#include "cli/signals.hpp"

#include <csignal>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <unistd.h>
#include <utility>

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

// Never destroyed: its thread waits until the process ends.
class watch {
 public:
  static watch& instance() {
    static watch& only = *new watch;
    return only;
  }

  void begin(std::function<void()> end, std::function<void()> usr1) {
    const std::lock_guard guard(mutex_);
    end_ = std::move(end);
    usr1_ = std::move(usr1);
    tell();
  }
  void leave() {
    const std::lock_guard guard(mutex_);
    end_ = usr1_ = nullptr;
  }

 private:
  watch() {
    const sigset_t set = termination_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::thread([this, set] { run(set); }).detach();
  }

  [[noreturn]] void run(const sigset_t& set) {
    for (int count = 0;;) {
      int signal = 0;
      sigwait(&set, &signal);
      const bool ends = signal != SIGUSR1;
      if (ends && ++count == 2) _exit(128 + signal);
      const std::lock_guard guard(mutex_);
      asked_ = asked_ || ends;
      if (ends) {
        tell();
      } else if (usr1_) {
        usr1_();
      }
    }
  }

  void tell() {
    if (!asked_ || !end_) return;
    asked_ = false;
    end_();
  }

  std::mutex mutex_;
  std::function<void()> end_;
  std::function<void()> usr1_;
  bool asked_ = false;
};

}  // namespace

void watch_termination() { (void)watch::instance(); }

termination::termination(std::function<void()> f, std::function<void()> usr1) {
  watch::instance().begin(std::move(f), std::move(usr1));
}

termination::~termination() { watch::instance().leave(); }

}  // namespace hawser::cli

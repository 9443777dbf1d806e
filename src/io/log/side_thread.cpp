#include <hawser/io/side_thread.hpp>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <utility>

namespace hawser::io {
namespace {

std::atomic<int> left_threads{0};

// A thread inherits the mask of the one that starts it. What the kernel says of the thread itself
// is not kept from it: faults, and the stop of a job that uses its terminal from the background.
class no_signals {
 public:
  no_signals() {
    sigset_t most;
    sigfillset(&most);
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTTIN, SIGTTOU}) {
      sigdelset(&most, own);
    }
    pthread_sigmask(SIG_BLOCK, &most, &before_);
  }
  ~no_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  no_signals(const no_signals&) = delete;
  no_signals& operator=(const no_signals&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

struct side_thread::state {
  std::mutex mutex;
  std::condition_variable changed;
  std::thread thread;
  bool in_call = false;
  bool left = false;
  bool ended = false;
};

bool side_thread::self::may_block(const std::function<void()>& call) const {
  {
    const std::lock_guard guard(state_->mutex);
    state_->in_call = true;
    state_->changed.notify_all();
  }
  call();
  const std::lock_guard guard(state_->mutex);
  state_->in_call = false;
  return !state_->left;
}

side_thread::side_thread(std::function<void(const self&)> body)
    : state_(std::make_shared<state>()) {
  const no_signals for_the_new_one;
  const std::lock_guard guard(state_->mutex);
  state_->thread = std::thread([s = state_, f = std::move(body)] {
    f(self(s));
    const std::lock_guard end(s->mutex);
    if (s->left) --left_threads;
    s->ended = true;
    s->changed.notify_all();
  });
}

side_thread::~side_thread() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->ended || state_->in_call; });
  std::thread thread = std::move(state_->thread);
  if (state_->ended) {
    lock.unlock();
    thread.join();
    return;
  }
  state_->left = true;
  ++left_threads;
  thread.detach();
}

bool side_thread::any_left() noexcept { return left_threads != 0; }

}  // namespace hawser::io

#include <hawser/core/keyed_queue.hpp>
#include <hawser/io/offload.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

namespace hawser::io {

// Shared with the threads, which may have to be left behind: work cannot be interrupted.
struct offload_pool::state {
  explicit state(offload_options o) : most(o.threads), queue(o.queued) {}

  std::mutex mutex;
  std::condition_variable work;
  std::condition_variable idle;
  std::size_t most;
  std::size_t threads = 0;
  std::size_t resting = 0;
  bool stopped = false;
  keyed_queue<job> queue;
};

offload_pool::offload_pool(offload_options o) : state_(std::make_shared<state>(o)) {}

offload_pool::~offload_pool() { (void)stop(); }

result<void> offload_pool::submit(std::string key, job j) {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopped) return errc::stopped;
  if (auto r = state_->queue.push(std::move(key), std::move(j)); !r) return r;
  // One that rests may have been called already, for the job before.
  if (state_->queue.ready() > state_->resting && state_->threads < state_->most) {
    try {
      std::thread([s = state_] { run(s); }).detach();
      ++state_->threads;
    } catch (const std::system_error&) {  // The system has no thread left: the others do it.
      if (state_->threads != 0) return {};
      (void)state_->queue.clear();
      return errc::offload_full;
    }
  } else {
    state_->work.notify_one();
  }
  return {};
}

void offload_pool::run(const std::shared_ptr<state>& s) {
  std::unique_lock lock(s->mutex);
  while (true) {
    ++s->resting;
    s->work.wait(lock, [&] { return s->stopped || s->queue.ready() != 0; });
    --s->resting;
    auto taken = s->queue.take();
    if (!taken) break;
    lock.unlock();
    {
      job j = std::move(taken->second);
      error_code ec;
      try {
        j.work();
      } catch (...) {
        ec = errc::hook_threw;
      }
      j.work = nullptr;  // What it holds goes before it is said to be done.
      if (j.done) j.done(ec);
    }
    lock.lock();
    s->queue.done(taken->first);
    if (s->queue.ready() != 0) s->work.notify_one();
    if (s->queue.running() == 0) s->idle.notify_all();
  }
  --s->threads;
}

std::vector<offload_pool::job> offload_pool::stop() {
  const std::lock_guard lock(state_->mutex);
  state_->stopped = true;
  state_->work.notify_all();
  return state_->queue.clear();
}

bool offload_pool::wait(duration limit) {
  std::unique_lock lock(state_->mutex);
  return state_->idle.wait_for(lock, std::min(limit, reaction::longest),
                               [&] { return state_->queue.running() == 0; });
}

}  // namespace hawser::io

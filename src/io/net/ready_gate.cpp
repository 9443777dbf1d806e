#include <hawser/hook_answer.hpp>
#include <hawser/io/ready_gate.hpp>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

namespace hawser::io {

struct ready_gate::state {
  std::mutex mutex;
  std::condition_variable changed;
  bool ready = false;
  std::uint64_t times_ready = 0;
  error_code end;
  std::uint64_t last = 0;
  std::map<std::uint64_t, waiter> waiters;

  // A waiter may do what it likes: it is called without the lock.
  void release(std::unique_lock<std::mutex> lock) {
    const auto told = std::exchange(waiters, {});
    const error_code why = end;
    changed.notify_all();
    lock.unlock();
    for (const auto& [number, w] : told) w(why);
  }
};

ready_gate::ready_gate() : state_(std::make_shared<state>()) {}

void ready_gate::set(bool ready) {
  std::unique_lock lock(state_->mutex);
  if (std::exchange(state_->ready, ready) || !ready) return;
  ++state_->times_ready;
  state_->release(std::move(lock));
}

void ready_gate::end(error_code why) {
  std::unique_lock lock(state_->mutex);
  if (state_->end) return;
  state_->ready = false;
  state_->end = why;
  state_->release(std::move(lock));
}

// A link that was ready and is gone before the thread wakes was ready.
result<void> ready_gate::wait(duration bound) {
  const auto s = state_;
  std::unique_lock lock(s->mutex);
  const auto before = s->times_ready;
  const auto over = [&] { return s->ready || s->times_ready != before || s->end; };
  if (!s->changed.wait_for(lock, std::min(bound, reaction::longest), over)) {
    return errc::ready_timeout;
  }
  if (s->times_ready == before && s->end) return s->end;
  return {};
}

std::uint64_t ready_gate::add(waiter w) {
  std::unique_lock lock(state_->mutex);
  if (!state_->ready && !state_->end) {
    state_->waiters.emplace(++state_->last, std::move(w));
    return state_->last;
  }
  const error_code why = state_->end;
  lock.unlock();
  w(why);
  return 0;
}

void ready_gate::cancel(std::uint64_t number, error_code why) {
  std::unique_lock lock(state_->mutex);
  const auto taken = state_->waiters.extract(number);
  lock.unlock();
  if (taken) taken.mapped()(why);
}

}  // namespace hawser::io

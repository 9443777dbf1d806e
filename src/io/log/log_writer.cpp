#include "io/log/log_writer.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <set>
#include <utility>
#include <vector>

namespace hawser::io {
namespace {

// The lines of one turn, on the writer's thread: nothing here belongs to the writer.
class turn {
 public:
  turn(const side_thread::self& me, log_target& to) : me_(me), to_(to) {}

  /// False: the writer is gone.
  bool write(const std::string& text) {
    return me_.may_block([&] { written_ = to_.write(text); });
  }
  bool written() const noexcept { return written_; }

 private:
  const side_thread::self& me_;
  log_target& to_;
  bool written_ = false;
};

}  // namespace

struct log_writer::queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> waiting;
  std::size_t bytes = 0;      // of them
  std::uint64_t dropped = 0;  // behind them
  time_point moved = {};      // when the target took something last
  bool writing = false;
  bool over = false;
  bool inherited = false;  // from the parent: the target is the parent's still
  std::optional<side_thread> thread;
};

// All that are there, for fork(). What the other threads held at that moment is held for ever in
// the child: it is left alone there, never unlocked and never destroyed.
class log_writer::family {
 public:
  static family& instance() {
    static family& only = *new family;
    return only;
  }
  void add(log_writer* w) {
    const std::lock_guard guard(mutex_);
    all_.insert(w);
  }
  void remove(log_writer* w) {
    const std::lock_guard guard(mutex_);
    all_.erase(w);
  }

 private:
  family() {
    ::pthread_atfork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
                     [] { instance().begin_anew(); });
  }
  void begin_anew() {
    for (log_writer* w : all_) {
      (void)w->queue_.release();
      w->queue_ = std::make_unique<queue>();
      w->queue_->inherited = true;
    }
    mutex_.unlock();
  }

  std::mutex mutex_;
  std::set<log_writer*> all_;
};

log_writer::log_writer(std::shared_ptr<log_target> to,
                       std::function<std::string(std::uint64_t)> notice)
    : to_(std::move(to)), notice_(std::move(notice)), queue_(std::make_unique<queue>()) {
  start(*queue_);
  family::instance().add(this);
}

log_writer::~log_writer() {
  drain(last_words);
  family::instance().remove(this);
  {
    const std::lock_guard guard(queue_->mutex);
    queue_->over = true;
  }
  queue_->changed.notify_all();
}

void log_writer::start(queue& q) {
  if (std::exchange(q.inherited, false)) to_ = to_->after_fork();
  q.thread.emplace([this, &q](const side_thread::self& me) { run(me, q); });
}

void log_writer::put(std::string text) {
  queue& q = *queue_;
  const std::lock_guard guard(q.mutex);
  const bool has_room = q.waiting.size() < most_lines && q.bytes + text.size() <= most_bytes;
  if (q.dropped != 0 || !(has_room || q.waiting.empty())) {
    ++q.dropped;
    return;
  }
  if (!q.thread) start(q);
  q.bytes += text.size();
  q.waiting.push_back(std::move(text));
  q.changed.notify_all();
}

bool log_writer::drain(duration patience) {
  queue& q = *queue_;
  std::unique_lock lock(q.mutex);
  const time_point began = std::chrono::steady_clock::now();
  while (!q.waiting.empty() || q.writing) {
    // A reader that takes a line now and then is not waited for until it has them all.
    const time_point until = std::min(std::max(began, q.moved), began + 9 * patience) + patience;
    if (std::chrono::steady_clock::now() >= until) return false;
    q.changed.wait_until(lock, until);
  }
  return true;
}

void log_writer::run(const side_thread::self& me, queue& q) const {
  std::unique_lock started(q.mutex);  // Whoever starts us sets the target under it.
  const auto to = to_;
  started.unlock();
  turn t(me, *to);
  std::uint64_t lost = 0;  // and not told
  std::vector<std::string> batch;
  while (true) {
    std::uint64_t dropped = 0;
    {
      std::unique_lock lock(q.mutex);
      q.changed.wait(lock, [&q] { return q.over || !q.waiting.empty(); });
      if (q.over) return;
      batch = std::exchange(q.waiting, {});
      q.bytes = 0;
      dropped = std::exchange(q.dropped, 0);
      q.writing = true;
    }
    const auto tell = [&] {
      if (lost == 0) return true;
      if (!t.write(notice_(lost))) return false;
      if (t.written()) lost = 0;
      return true;
    };
    for (const std::string& line : batch) {
      if (!tell() || !t.write(line)) return;
      if (!t.written()) ++lost;
      const std::lock_guard guard(q.mutex);
      if (q.over) return;
      q.moved = std::chrono::steady_clock::now();
    }
    lost += dropped;
    if (!tell()) return;
    {
      const std::lock_guard guard(q.mutex);
      q.writing = false;
    }
    q.changed.notify_all();
  }
}

}  // namespace hawser::io

#include "io/log/log_writer.hpp"

#include <algorithm>
#include <utility>

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

log_writer::log_writer(std::shared_ptr<log_target> to,
                       std::function<std::string(std::uint64_t)> notice)
    : to_(std::move(to)), notice_(std::move(notice)) {
  thread_.emplace([this](const side_thread::self& me) { run(me); });
}

log_writer::~log_writer() {
  drain(last_words);
  {
    const std::lock_guard guard(mutex_);
    over_ = true;
  }
  changed_.notify_all();
}

void log_writer::put(std::string text) {
  const std::lock_guard guard(mutex_);
  const bool has_room = waiting_.size() < most_lines && bytes_ + text.size() <= most_bytes;
  if (dropped_ != 0 || !(has_room || waiting_.empty())) {
    ++dropped_;
    return;
  }
  bytes_ += text.size();
  waiting_.push_back(std::move(text));
  changed_.notify_all();
}

bool log_writer::drain(duration patience) {
  std::unique_lock lock(mutex_);
  const time_point began = std::chrono::steady_clock::now();
  while (!waiting_.empty() || writing_) {
    // A reader that takes a line now and then is not waited for until it has them all.
    const time_point until = std::min(std::max(began, moved_), began + 9 * patience) + patience;
    if (std::chrono::steady_clock::now() >= until) return false;
    changed_.wait_until(lock, until);
  }
  return true;
}

void log_writer::run(const side_thread::self& me) {
  const auto to = to_;
  turn t(me, *to);
  std::uint64_t lost = 0;  // and not told
  std::vector<std::string> batch;
  while (true) {
    std::uint64_t dropped = 0;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
      if (over_) return;
      batch = std::exchange(waiting_, {});
      bytes_ = 0;
      dropped = std::exchange(dropped_, 0);
      writing_ = true;
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
      const std::lock_guard guard(mutex_);
      if (over_) return;
      moved_ = std::chrono::steady_clock::now();
    }
    lost += dropped;
    if (!tell()) return;
    {
      const std::lock_guard guard(mutex_);
      writing_ = false;
    }
    changed_.notify_all();
  }
}

}  // namespace hawser::io

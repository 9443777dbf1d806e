#include "cli/printer.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace hawser::cli {
namespace {

// What a pipe that poll() calls writable takes without blocking (POSIX: PIPE_BUF).
constexpr std::size_t piece_size = 4096;

}  // namespace

printer::printer(int fd, std::size_t most, std::function<void()> when_failed)
    : fd_(fd),
      most_(most),
      when_failed_(std::move(when_failed)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  thread_.emplace([this](const io::side_thread::self& me) { run(me); });
}

printer::~printer() {
  {
    const std::lock_guard guard(mutex_);
    over_ = true;
  }
  ::eventfd_write(wake_, 1);
  thread_.reset();
  ::close(wake_);
}

void printer::answer(std::string line, std::function<void()> done) {
  push({std::move(line), std::move(done)});
}

void printer::news(std::string line) { push({std::move(line), {}}); }

void printer::push(entry e) {
  {
    const std::lock_guard guard(mutex_);
    const bool is_news = !e.done;
    if (is_news && news_ == most_) {
      ++skipped_;
      return;
    }
    if (is_news) ++news_;
    waiting_.push_back(std::move(e));
    if (waiting_.size() > 1) return;
  }
  ::eventfd_write(wake_, 1);
}

bool printer::finish() {
  std::unique_lock lock(mutex_);
  const auto idle = [this] { return waiting_.empty() && !writing_; };
  while (!idle() && give_up_at_ > std::chrono::steady_clock::now()) {
    // Waiting until time_point::max() overflows in some implementations.
    if (give_up_at_ == never) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, give_up_at_);
    }
  }
  return idle() && !failed_;
}

void printer::give_up_at(time_point t) {
  const std::lock_guard guard(mutex_);
  give_up_at_ = t;
  changed_.notify_all();
}

bool printer::failed() {
  const std::lock_guard guard(mutex_);
  return failed_;
}

std::string printer::complaint() {
  return failed() ? "standard output failed" : "standard output failed: its reader does not read";
}

void printer::run(const io::side_thread::self& me) {
  while (true) {
    const auto batch = take();
    bool good = true;
    if (batch.empty()) {
      // Nothing is asked of the descriptor: poll() then tells only that its reader has left.
      good = wait(0) != state::broken;
    } else {
      std::string text;
      for (const entry& e : batch) text.append(e.line).append("\n");
      if (!dead_) {
        const end how = write(text, me);
        if (how == end::over) return;
        good = how == end::written;
      }
      for (const entry& e : batch) {
        if (e.done) e.done();
      }
    }
    {
      const std::lock_guard guard(mutex_);
      if (over_) return;
      writing_ = false;
      if (!good) failed_ = true;
      changed_.notify_all();
    }
    if (!good) {
      dead_ = true;
      when_failed_();
    }
  }
}

std::vector<printer::entry> printer::take() {
  const std::lock_guard guard(mutex_);
  if (skipped_ != 0) {  // They came behind what waited.
    waiting_.push_back({"{\"skipped\":" + std::to_string(std::exchange(skipped_, 0)) + "}", {}});
  }
  news_ = 0;
  writing_ = !waiting_.empty();
  return std::exchange(waiting_, {});
}

printer::state printer::wait(short events) const {
  pollfd both[2] = {{dead_ ? -1 : fd_, events, 0}, {wake_, POLLIN, 0}};
  while (::poll(both, 2, -1) < 0 && errno == EINTR) {
  }
  if (both[1].revents != 0) {
    eventfd_t ignored = 0;
    ::eventfd_read(wake_, &ignored);
    return state::woken;
  }
  return (both[0].revents & POLLOUT) != 0 ? state::writable : state::broken;
}

printer::end printer::write(std::string_view text, const io::side_thread::self& me) {
  const int fd = fd_;
  while (!text.empty()) {
    const state s = wait(POLLOUT);
    if (s == state::broken) return end::failed;
    if (s == state::woken) {
      const std::lock_guard guard(mutex_);
      if (over_) return end::over;
      continue;
    }
    // Whole lines, if they fit: whatever else is written to that pipe then stands between lines.
    const auto feed = text.rfind('\n', piece_size - 1);
    const std::size_t size =
        feed == std::string_view::npos ? std::min(text.size(), piece_size) : feed + 1;
    ssize_t n = 0;
    int error = 0;
    const bool ours = me.may_block([&] {
      n = ::write(fd, text.data(), size);
      error = errno;
    });
    if (!ours) return end::over;
    if (n < 0 && (error == EINTR || error == EAGAIN)) continue;
    if (n <= 0) return end::failed;
    moved_ = std::chrono::steady_clock::now();
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return end::written;
}

}  // namespace hawser::cli

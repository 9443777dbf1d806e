#include <hawser/store/group_writer.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace hawser::io {

class group_writer::impl {
 public:
  impl(group_target& target, const limits& l) : target_(target), limits_(l) {
    thread_ = std::thread([this] { run(); });
  }

  result<void> submit(job j) {
    {
      const std::lock_guard guard(mutex_);
      if (stopping_) return errc::stopped;
      if (j.bounded && jobs_.size() >= limits_.queued) return errc::mailbox_full;
      jobs_.push_back(std::move(j));
    }
    wake_.notify_one();
    return {};
  }

  void stop() {
    {
      const std::lock_guard guard(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    while (true) {
      const duration left = target_.due_in();
      std::unique_lock lock(mutex_);
      const auto ready = [this] { return stopping_ || !jobs_.empty(); };
      if (left == duration::max()) {
        wake_.wait(lock, ready);
      } else {
        wake_.wait_for(lock, left, ready);
      }
      if (jobs_.empty() && stopping_) return;
      std::vector<job> group = gather();
      lock.unlock();
      write(group);
    }
  }

  std::vector<job> gather() {
    std::vector<job> group;
    std::size_t bytes = 0;
    while (!jobs_.empty() && group.size() < limits_.jobs && bytes < limits_.bytes) {
      bytes += jobs_.front().bytes;
      group.push_back(std::move(jobs_.front()));
      jobs_.pop_front();
    }
    return group;
  }

  void write(std::vector<job>& group) {
    const bool due = target_.due_in() <= duration::zero();
    if (group.empty() && !due) return;
    result<void> r = target_.begin();
    if (r) {
      if (due) target_.due();
      for (job& j : group) j.apply();
      r = target_.commit();
      if (!r) target_.rollback();
    }
    const error_code ec = r ? error_code{} : r.error();
    target_.settled(ec);
    for (job& j : group) {
      if (j.done) j.done(ec);
    }
  }

  group_target& target_;
  limits limits_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

group_writer::group_writer(group_target& target, const limits& l)
    : impl_(std::make_unique<impl>(target, l)) {}
group_writer::~group_writer() { stop(); }
result<void> group_writer::submit(job j) { return impl_->submit(std::move(j)); }
void group_writer::stop() { impl_->stop(); }

}  // namespace hawser::io

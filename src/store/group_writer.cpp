// Natural group commit: what comes while a group is on its way to the disk is the next group.
#include <hawser/io/environment.hpp>
#include <hawser/store/group_writer.hpp>

#include <algorithm>
#include <cassert>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace hawser::io {

class group_writer::impl {
 public:
  impl(group_target& target, const limits& l, environment& around)
      : target_(target), limits_(l), worker_(around.make_worker([this] { return turn(); })) {}

  result<void> submit(job j) {
    {
      const std::lock_guard guard(mutex_);
      if (stopping_) return errc::stopped;
      if (j.bounded && jobs_.size() >= limits_.queued) return errc::mailbox_full;
      jobs_.push_back(std::move(j));
      if (jobs_.size() != 1) return {};  // Whoever put the first one there has woken it.
    }
    worker_->wake();
    return {};
  }

  void stop() {
    {
      const std::lock_guard guard(mutex_);
      stopping_ = true;
    }
    worker_->stop();
  }

 private:
  // One group. When the next one is to be written, if no job comes before.
  duration turn() {
    std::vector<job> group = gather();
    write(group);
    {
      const std::lock_guard guard(mutex_);
      if (!jobs_.empty()) return duration::zero();
      if (stopping_) return duration::max();
    }
    return target_.due_in();
  }

  std::vector<job> gather() {
    std::vector<job> group;
    std::size_t bytes = 0;
    const std::lock_guard guard(mutex_);
    while (!jobs_.empty() && group.size() < limits_.jobs && bytes < limits_.bytes) {
      bytes += jobs_.front().bytes;
      group.push_back(std::move(jobs_.front()));
      jobs_.pop_front();
    }
    return group;
  }

  void write(std::vector<job>& group) {
    const bool due = target_.due_in() <= duration::zero();
    const bool writes =
        due || std::ranges::any_of(group, [](const job& j) { return bool(j.apply); });
    const error_code ec = writes ? commit(group, due) : error_code{};
    for (job& j : group) {
      if (j.done) j.done(ec);
    }
  }

  error_code commit(std::vector<job>& group, bool due) {
    result<void> r = target_.begin();
    if (r) {
      if (due) target_.due();
      for (job& j : group) {
        if (j.apply) j.apply();
      }
      r = target_.commit();
      if (!r) target_.rollback();
    }
    const error_code ec = r ? error_code{} : r.error();
    target_.settled(ec);
    return ec;
  }

  group_target& target_;
  limits limits_;
  std::mutex mutex_;
  std::deque<job> jobs_;
  bool stopping_ = false;
  std::unique_ptr<worker> worker_;  // last: its first turn may come before we are back
};

group_writer::group_writer(group_target& target, const limits& l, environment& around)
    : impl_(std::make_unique<impl>(target, l, around)) {}
group_writer::~group_writer() { stop(); }
result<void> group_writer::submit(job j) {
  assert(j.apply);
  return impl_->submit(std::move(j));
}
result<void> group_writer::after(std::function<void()> f, std::size_t bytes, bool bounded) {
  job j;  // without anything to apply
  j.done = [f = std::move(f)](error_code) { f(); };
  j.bytes = bytes;
  j.bounded = bounded;
  return impl_->submit(std::move(j));
}
void group_writer::stop() { impl_->stop(); }

}  // namespace hawser::io

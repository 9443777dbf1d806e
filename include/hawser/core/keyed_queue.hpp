// Work that keeps its order key by key.
#pragma once

#include <hawser/core/ring.hpp>
#include <hawser/error.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hawser {

/// Jobs with keys: those of one key are given out one at a time, in order; keys take turns. At most
/// `limit` jobs wait. A pure machine. Not thread-safe.
template <class Job>
class keyed_queue {
 public:
  explicit keyed_queue(std::size_t limit) : limit_(limit) {}

  /// errc::offload_full; then the job was not taken.
  result<void> push(std::string key, Job&& job) {
    if (waiting_ >= limit_) return errc::offload_full;
    const auto [at, fresh] = keys_.try_emplace(std::move(key));
    at->second.push(std::move(job));
    ++waiting_;
    if (fresh) turns_.push(at->first);
    return {};
  }
  /// A job that may run now, and its key, which is busy until done().
  std::optional<std::pair<std::string, Job>> take() {
    if (turns_.empty()) return std::nullopt;
    std::string key = turns_.pop();
    Job job = keys_.at(key).pop();
    --waiting_;
    ++running_;
    return std::pair(std::move(key), std::move(job));
  }
  /// The job of this key that was taken has run.
  void done(const std::string& key) {
    --running_;
    const auto at = keys_.find(key);
    if (at->second.empty()) {
      keys_.erase(at);
    } else {
      turns_.push(key);
    }
  }
  /// Takes all that wait; what was taken runs on.
  std::vector<Job> clear() {
    std::vector<Job> all;
    for (auto& [key, jobs] : keys_) {
      while (!jobs.empty()) all.push_back(jobs.pop());
    }
    while (!turns_.empty()) keys_.erase(turns_.pop());
    waiting_ = 0;
    return all;
  }
  /// Jobs that may run now.
  std::size_t ready() const noexcept { return turns_.size(); }
  std::size_t waiting() const noexcept { return waiting_; }
  std::size_t running() const noexcept { return running_; }

 private:
  std::size_t limit_;
  std::size_t waiting_ = 0;
  std::size_t running_ = 0;
  std::unordered_map<std::string, ring<Job>> keys_;  // with a job that waits or runs
  ring<std::string> turns_;                          // keys whose next job may run
};

}  // namespace hawser

// A log that a test can wait on, from any thread.
#pragma once

#include <hawser/log.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace hawser::test {

/// No wait of a test that passes comes near it.
inline constexpr std::chrono::seconds patience{30};

class line_log final : public log_sink {
 public:
  explicit line_log(log_level threshold = log_level::info) : threshold_(threshold) {}

  void write(log_level, std::string_view line) noexcept override {
    const std::lock_guard guard(mutex_);
    lines_.emplace_back(line);
    changed_.notify_all();
  }
  log_level threshold() const noexcept override { return threshold_; }

  /// Whether a line with `part` in it is there, or comes in time.
  bool wait_for(const std::string& part, std::size_t times = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return count_locked(part) >= times; });
  }
  std::size_t count(const std::string& part) {
    const std::lock_guard guard(mutex_);
    return count_locked(part);
  }
  std::string all() {
    const std::lock_guard guard(mutex_);
    std::string out;
    for (const std::string& line : lines_) out += line + '\n';
    return out;
  }

 private:
  std::size_t count_locked(const std::string& part) const {
    std::size_t n = 0;
    for (const std::string& line : lines_) n += line.find(part) != std::string::npos;
    return n;
  }

  log_level threshold_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

}  // namespace hawser::test

// One device of the demo: feeds an edge process, keeps what was answered, and survives its deaths.
#pragma once

#include "cli/demo/process.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hawser::cli {

/// What the feeder was told: an event that is done.
struct answered_event {
  std::string key;
  std::string stream;
};

/// Starts an edge process, writes events to it and reads its answers, on a thread of its own. When
/// the process dies it is started anew and fed the unanswered events again, by their keys.
class feeder {
 public:
  struct config {
    std::string device;
    std::vector<std::string> arguments;  ///< of the edge process
    std::size_t events = 0;
    const std::atomic<bool>* over = nullptr;  ///< true: kill the process and end
  };

  explicit feeder(config c) : config_(std::move(c)) {}
  ~feeder() {
    stopping_ = true;
    kill();
    stop();
  }

  void start();
  /// Feeds no event from this number on, until told otherwise.
  void allow(std::size_t events) noexcept { allowed_ = events; }
  /// Kills the process now (SIGKILL); it is started again at once.
  void kill();
  /// Ends the process (SIGTERM) and the thread: everything is acknowledged then, unless it is over.
  void stop();

  const std::string& device() const noexcept { return config_.device; }
  std::size_t events() const noexcept { return config_.events; }
  bool all_answered() const noexcept { return answered_ + refused_ >= config_.events; }
  /// Events answered as done, events refused, and receipts that the cloud has acknowledged, so far.
  std::uint64_t answered() const noexcept { return answered_; }
  std::uint64_t refused() const noexcept { return refused_; }
  std::uint64_t acknowledged() const;
  /// Receipts that this process has put on disk and that are not acknowledged. What its predecessor
  /// left is not counted, since its last words may be missing.
  std::uint64_t in_flight() const;
  /// After stop(): in the order of the answers.
  const std::vector<answered_event>& record() const noexcept { return record_; }

 private:
  struct event {
    std::string key;
    std::string line;
  };
  struct progress {
    std::uint64_t last = 0;
    std::uint64_t acknowledged = 0;
  };

  void run();
  bool top_up(child_process& edge);
  void take(const std::string& line);
  event make_event(std::size_t number) const;

  config config_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> allowed_{0};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> refused_{0};

  // Of the thread only:
  std::deque<event> unanswered_;  // the oldest first; written to the process that lives
  std::size_t next_ = 0;          // the next new event
  std::vector<answered_event> record_;

  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<child_process> process_;
  std::map<std::string, progress> streams_;
};

}  // namespace hawser::cli

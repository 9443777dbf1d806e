// A peer as a child process, and a port that is kept for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace hawser::test {

/// A port of 127.0.0.1 that nobody else is given while this exists. The socket that keeps it never
/// listens, so a server may bind it as well (both say SO_REUSEADDR), die, and bind it again.
class kept_port {
 public:
  kept_port();
  ~kept_port();
  kept_port(const kept_port&) = delete;
  kept_port& operator=(const kept_port&) = delete;

  std::uint16_t number() const noexcept { return number_; }
  std::string text() const { return std::to_string(number_); }
  /// Whether somebody listens on it now.
  bool answers() const;

 private:
  int socket_;
  std::uint16_t number_ = 0;
};

/// A running peer. Dies with the thread that started it, and at the latest when it is destroyed.
class process {
 public:
  explicit process(std::vector<std::string> words);
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  /// Whether it wrote this line so often, or does so in time and before it ends.
  bool says(const std::string& line, std::size_t times = 1);
  /// Waits for its end that long.
  bool ends_within(std::chrono::milliseconds time);
  /// Waits until `port` is listened on. Throws with what the peer said if it ends before.
  void wait_for(const kept_port& port);
  /// SIGKILL, and waits for its end.
  void kill();
  /// What it wrote, on standard output and standard error.
  std::string all();

 private:
  void read();

  pid_t pid_ = -1;
  int output_ = -1;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  bool ended_ = false;
  std::thread reader_;
};

}  // namespace hawser::test

// A child process with pipes to its standard input and output.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace hawser::cli {

/// Runs this program again with other arguments. Killed and reaped when destroyed, and killed when
/// the thread that made it ends.
class child_process {
 public:
  /// `quiet`: its standard error is thrown away. Throws std::runtime_error if it cannot be started.
  child_process(const std::vector<std::string>& arguments, bool quiet);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  /// Writes all of it. False: nobody reads any more.
  bool write(const std::string& text);
  void close_input();
  /// Whether read_line() has something to say within so many milliseconds.
  bool readable(int milliseconds);
  /// The next line of its output; nullopt at the end.
  std::optional<std::string> read_line();
  /// Nothing once it has been waited for. Thread-safe, also beside wait().
  void signal(int number) noexcept;
  /// Waits for its end: the exit code, or 128 + the signal.
  int wait();
  /// The same, but kills it when that takes longer, or when it is `over`.
  int wait_at_most(std::chrono::milliseconds limit, const std::atomic<bool>& over);

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::mutex reaping_;
  bool reaped_ = false;
  int status_ = 0;
  std::string buffer_;
  std::size_t at_ = 0;
};

}  // namespace hawser::cli

// The thread that writes a log: whoever logs never waits for the log's reader.
#pragma once

#include <hawser/io/side_thread.hpp>
#include <hawser/time.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::io {

/// Where the lines of a log_writer go. Used on its thread only, also after the writer is gone.
class log_target {
 public:
  virtual ~log_target() = default;
  /// Writes all of it; may block for ever. False: some of it is lost.
  virtual bool write(std::string_view text) = 0;
};

/// Bounds the lines that wait for a target that is slow, or blocks: what comes beyond is dropped,
/// and counted. Thread-safe.
class log_writer {
 public:
  static constexpr std::size_t most_lines = 16 * 1024;
  static constexpr std::size_t most_bytes = std::size_t{4} << 20;
  /// How long a target that takes nothing is waited for at the end.
  static constexpr duration last_words = std::chrono::seconds(1);

  /// `notice` makes the line that says how many were lost; it comes where they would have been.
  log_writer(std::shared_ptr<log_target> to, std::function<std::string(std::uint64_t)> notice);
  /// Waits as drain(last_words) does. What is not written then is given up.
  ~log_writer();
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  /// Text with its line feed. Never waits.
  void put(std::string text);
  /// Waits until all is written; false once the target has taken nothing for `patience`.
  bool drain(duration patience);

 private:
  void run(const side_thread::self& me);

  const std::shared_ptr<log_target> to_;
  const std::function<std::string(std::uint64_t)> notice_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> waiting_;
  std::size_t bytes_ = 0;      // of them
  std::uint64_t dropped_ = 0;  // behind them
  time_point moved_ = {};      // when the target took something last
  bool writing_ = false;
  bool over_ = false;
  std::optional<side_thread> thread_;
};

}  // namespace hawser::io

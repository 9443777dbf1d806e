// The thread that writes a log: whoever logs never waits for the log's reader.
#pragma once

#include <hawser/io/side_thread.hpp>
#include <hawser/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace hawser::io {

/// Where the lines of a log_writer go. Used on its thread only, also after the writer is gone.
class log_target {
 public:
  virtual ~log_target() = default;
  /// Writes all of it; may block for ever. False: some of it is lost.
  virtual bool write(std::string_view text) = 0;
  /// The same for a child that fork() has made, where this one may be in any state. Does not block.
  virtual std::shared_ptr<log_target> after_fork() const = 0;
};

/// Bounds the lines that wait for a target that is slow, or blocks: what comes beyond is dropped,
/// and counted. Thread-safe. A child of fork() has none of its threads, and begins anew: what
/// waited is its parent's, and with its first line it starts a thread of its own.
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
  struct queue;
  class family;

  void start(queue& q);
  void run(const side_thread::self& me, queue& q) const;

  std::shared_ptr<log_target> to_;
  const std::function<std::string(std::uint64_t)> notice_;
  std::unique_ptr<queue> queue_;
};

}  // namespace hawser::io

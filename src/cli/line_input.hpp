// Lines from a file or a pipe, until the end or until somebody calls it off.
#pragma once

#include <hawser/io/side_thread.hpp>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace hawser::cli {

/// Reads lines of bounded length from a descriptor, on a thread of its own: a read that blocks (who
/// shares the descriptor may be faster, whatever poll() said) is left behind when it is called off.
class line_input {
 public:
  enum class kind { line, too_long, end, failed };

  /// Opens `path`, which `option` names; "-" is standard input. Throws usage_error.
  line_input(const std::string& path, const std::string& option, std::size_t longest);
  ~line_input();

  /// Blocks for the next line, without its line feed. A line that is too long is skipped whole.
  /// Nothing is read before it is called, and at most 64 KiB more than it gives.
  kind next(std::string& line);
  /// Makes next() say `end` when it would have to read more. A line of which only a part was read
  /// is not given out. From any thread.
  void cancel();
  /// Whether there is more that next() did not give out, as far as that is known without waiting.
  bool has_more();
  /// Lines seen so far.
  std::size_t number() const noexcept { return number_; }

 private:
  struct source;
  bool fill();
  void run(const io::side_thread::self& me);

  const std::shared_ptr<const source> source_;
  const std::size_t longest_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t number_ = 0;
  enum class state { open, ended, failed, called_off } state_ = state::open;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool wanted_ = false;               // a piece; until it is there
  std::optional<std::string> piece_;  // empty text: the end; none: the read failed
  bool cancelled_ = false;
  std::optional<io::side_thread> thread_;
};

}  // namespace hawser::cli

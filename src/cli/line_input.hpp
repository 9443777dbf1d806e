// Lines from a file or a pipe, until the end or until somebody calls it off.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>

namespace hawser::cli {

/// Reads lines of bounded length from a descriptor.
class line_input {
 public:
  enum class kind { line, too_long, end, failed };

  /// Opens `path`; "-" is standard input. Throws usage_error.
  line_input(const std::string& path, std::size_t longest);
  ~line_input();

  /// Blocks for the next line, without its line feed. A line that is too long is skipped whole.
  kind next(std::string& line);
  /// Makes next() say `end` when it would have to read more. A line of which only a part was read
  /// is not given out. From any thread.
  void cancel();
  /// Whether there is more that next() did not give out, as far as that is known without waiting.
  bool has_more();
  /// Lines seen so far.
  std::size_t number() const noexcept { return number_; }

 private:
  bool fill();

  int fd_ = -1;
  int wake_[2] = {-1, -1};
  std::size_t longest_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t number_ = 0;
  bool ended_ = false;
  bool failed_ = false;
  bool cancelled_ = false;
};

}  // namespace hawser::cli

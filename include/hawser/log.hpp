// Where log lines go.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hawser {

enum class log_level : std::uint8_t { trace, debug, info, warn, error, off };

/// Receives finished lines, without a newline. Called on the strand of the client that writes; a
/// sink that several clients share must be thread-safe. Must not throw or block for long.
class log_sink {
 public:
  virtual ~log_sink() = default;
  virtual void write(log_level level, std::string_view line) noexcept = 0;
  /// Lines below this level need not be made. One that is written nevertheless was asked for by
  /// somebody, such as a trace_control that is on: show it, unless this is `off`.
  virtual log_level threshold() const noexcept = 0;
  /// The line as it may be shown: without credentials that its writer knows of. Whoever writes to
  /// another log what a hook was told asks the hook's.
  virtual std::string shown(std::string_view line) const { return std::string(line); }

  bool wants(log_level level) const noexcept { return level >= threshold(); }
};

}  // namespace hawser

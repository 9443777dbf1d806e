// Which slow hooks are told of, and when each hook is timed instead of each batch.
#pragma once

#include <hawser/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace hawser {

/// A clock is looked at once a batch of hooks: whether one of them was slow is judged by how long a
/// hook took in the batches before. From the first slow one on every hook is timed, until none was
/// slow for a minute. What is told of hooks of one kind is told at most once a minute. A pure
/// machine: the caller says what the time is. Not thread-safe.
class slow_hooks {
 public:
  static constexpr std::size_t kinds = 16;
  static constexpr duration pause = std::chrono::minutes(1);

  /// What is to be told of one kind.
  struct report {
    duration took = {};      ///< by the one that is told of
    std::uint64_t more = 0;  ///< others that were slow since the last report
    duration longest = {};   ///< of all of these
  };

  slow_hooks() = default;
  /// Slow is what takes longer than `limit`; 0: nothing is.
  explicit slow_hooks(duration limit) noexcept : limit_(limit), usual_(limit / 1000) {}

  duration limit() const noexcept { return limit_; }
  /// Whether each hook is to be timed.
  bool timing(time_point now) const noexcept { return now < timed_until_; }

  /// `calls` hooks, at least one, took so long together. True: one of them was slow.
  bool batch(std::uint64_t calls, duration took, time_point now) noexcept;
  /// A hook of this kind (below `kinds`) took so long: what to tell of it, if anything.
  std::optional<report> ran(std::size_t kind, duration took, time_point now);

 private:
  struct history {
    time_point told = never;  // never: not yet
    std::uint64_t more = 0;
    duration longest = {};
  };

  duration limit_ = {};
  duration usual_ = {};  // of one hook
  time_point timed_until_ = {};
  std::unique_ptr<std::array<history, kinds>> history_;  // made by the first slow hook
};

}  // namespace hawser

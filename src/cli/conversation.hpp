// What the thread that reads the input and the thread of the client know of each other.
#pragma once

#include <hawser/time.hpp>

#include "cli/printer.hpp"

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace hawser::cli {

/// Bounds what is on its way in both directions, and knows when nothing happens any more.
/// Thread-safe.
class conversation {
 public:
  static constexpr std::size_t most_messages = 1024;
  static constexpr std::size_t most_bytes = std::size_t{1} << 20;

  /// `stall`: how long a reader of the output that takes nothing may hold up the link.
  explicit conversation(duration stall) : stall_(stall) {}

  // --- the thread that reads the input

  /// Waits until the link is ready and has room for a message. False: it is over.
  bool wait_for_room();
  /// A message of that size is given to the client; it counts until it is framed. The number of the
  /// link that it is for.
  std::size_t sending(std::size_t size);
  /// It was not taken after all.
  void not_taken(std::size_t size, std::size_t for_link);
  /// Waits until something has changed, but not for long.
  void wait_a_moment();
  /// Waits until nothing came or went for so long, or until it is over. What came and is not
  /// written yet is no silence: the peer may be held up by it.
  void wait_for_silence(duration d);

  // --- the client's thread

  void ready();
  void dropped();
  /// A message was framed.
  void left(std::size_t size);
  void heard();
  enum class entry {
    taken,
    skipped,  ///< there is no room, and nobody waits for a slow reader any more
    stalled,  ///< the same, for the first time: the reader took nothing for `stall`
  };
  /// Waits until fewer than most_messages, and than most_bytes, wait to be written by `out`; takes
  /// one more.
  entry enter_output(std::size_t size, const printer& out);

  // --- any thread

  /// A message was written.
  void leave_output(std::size_t size);
  /// Nobody waits for a slow reader from here on.
  void hurry();
  /// The client has ended.
  void end();

  bool was_ready();
  /// Messages of ours that were never framed.
  std::size_t lost();
  /// Messages of the peer's that found no room.
  std::size_t skipped();

 private:
  struct load {
    std::size_t messages = 0;
    std::size_t bytes = 0;
    bool has_room() const noexcept { return messages < most_messages && bytes < most_bytes; }
    void add(std::size_t size) noexcept { ++messages, bytes += size; }
    void take(std::size_t size) noexcept { --messages, bytes -= size; }
  };
  void lose();

  const duration stall_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ready_ = false;
  bool was_ready_ = false;
  bool over_ = false;
  bool hurried_ = false;
  load out_;
  load in_;
  std::size_t lost_ = 0;
  std::size_t link_ = 0;  // links that were lost so far
  std::size_t skipped_ = 0;
  time_point active_ = {};  // when something came or went last
};

}  // namespace hawser::cli

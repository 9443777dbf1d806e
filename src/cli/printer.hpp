// Lines on a descriptor, written by a thread of its own: a reader that pauses holds nobody up.
#pragma once

#include <hawser/io/side_thread.hpp>
#include <hawser/time.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::cli {

/// Writes whole lines in the order in which they came. Once a write has failed, or the reader has
/// left, nothing more is written; what waits counts as written then.
class printer {
 public:
  /// What a reader still gets to take the last lines once the end is asked for.
  static constexpr duration last_words = std::chrono::seconds(1);

  /// `fd` stays open. At most `most` news wait. `when_failed` is called once, on the printer's
  /// thread, when the descriptor fails. Throws std::system_error.
  printer(int fd, std::size_t most, std::function<void()> when_failed);
  /// Gives up what waits. A write that blocks (a terminal calls itself writable with less room than
  /// a line, and then blocks) is left behind, see io::side_thread.
  ~printer();
  printer(const printer&) = delete;
  printer& operator=(const printer&) = delete;

  /// A line that must be written, `done` behind it, on the printer's thread. Never waits: the
  /// caller bounds how many are not done.
  void answer(std::string line, std::function<void()> done);
  /// A line that may be skipped: it is when too many wait. {"skipped":n} then says how many were.
  void news(std::string line);

  /// Waits until all is written; false if the descriptor failed or its reader took too long.
  bool finish();
  /// finish() waits no longer than this, now or later.
  void give_up_at(time_point t);
  bool failed();
  /// Why finish() said false.
  std::string complaint();
  /// When the reader took something last; when this began, if it never did.
  time_point moved() const noexcept { return moved_; }

 private:
  struct entry {
    std::string line;
    std::function<void()> done;  // empty: news
  };

  void push(entry e);
  void run(const io::side_thread::self& me);
  std::vector<entry> take();
  enum class state { writable, woken, broken };
  state wait(short events) const;
  enum class end { written, failed, over };
  end write(std::string_view text, const io::side_thread::self& me);

  const int fd_;
  const std::size_t most_;
  const std::function<void()> when_failed_;
  const int wake_;     // an eventfd
  bool dead_ = false;  // the descriptor, as the thread knows
  std::atomic<time_point> moved_ = std::chrono::steady_clock::now();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<entry> waiting_;
  std::size_t news_ = 0;       // of them
  std::uint64_t skipped_ = 0;  // since the last line that said so
  bool writing_ = false;
  bool failed_ = false;
  bool over_ = false;
  time_point give_up_at_ = never;
  std::optional<io::side_thread> thread_;
};

}  // namespace hawser::cli

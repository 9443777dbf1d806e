// Threads for heavy work, which must not hold up a strand.
#pragma once

#include <hawser/options.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hawser::io {

/// Runs jobs on at most offload_options::threads threads, which begin with the first job; jobs of
/// one key one after the other, in order. From any thread.
class offload_pool {
 public:
  /// `done` is called once, on the thread of the pool that ran `work`: errc::hook_threw if that
  /// threw.
  struct job {
    std::function<void()> work;
    std::function<void(error_code)> done;
  };

  explicit offload_pool(offload_options o);
  /// What runs goes on by itself; what waits is dropped without a word.
  ~offload_pool();
  offload_pool(const offload_pool&) = delete;
  offload_pool& operator=(const offload_pool&) = delete;

  /// errc::offload_full; errc::stopped after stop(). Then the job was not taken.
  result<void> submit(std::string key, job j);
  /// Takes no more; returns what has not begun.
  std::vector<job> stop();
  /// Waits until nothing runs, at most so long; whether that is so.
  bool wait(duration limit);

 private:
  struct state;
  static void run(const std::shared_ptr<state>& s);
  std::shared_ptr<state> state_;
};

}  // namespace hawser::io

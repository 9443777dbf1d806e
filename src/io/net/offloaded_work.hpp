// The heavy work of a client: how much of it is out, and until when its end is awaited.
#pragma once

#include <hawser/effects.hpp>
#include <hawser/io/offload.hpp>
#include <hawser/time.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace hawser::io {

/// Counts jobs from when they are taken to when their end was told. submit() from any thread, the
/// rest on the strand.
class offloaded_work {
 public:
  using done = std::function<void(context&, error_code)>;

  explicit offloaded_work(const offload_options& o) noexcept : options_(o) {}

  /// `tell` is called on a thread of the pool, once, and leads to told() on the strand.
  /// errc::offload_full, errc::stopped: it was not taken.
  result<void> submit(effects::job& work, std::function<void(error_code)> tell);
  /// One that was taken is over. Whether it was the last.
  bool told();
  /// Takes no more.
  void close();
  /// The client's end begins, and waits until then for what runs. What has not begun is to be told
  /// as stopped, by the way that all ends come. Empty, without a deadline: nothing is out.
  std::vector<offload_pool::job> end(time_point until);
  /// Nobody waits any longer. How many ends were not told; nullopt: nobody waited.
  std::optional<std::size_t> leave();
  /// Until what runs has ended, at most so long: it may use what goes with the client.
  void wait(duration limit);

  /// The end of the client waits.
  bool awaited() const noexcept { return deadline_ != never; }
  time_point deadline() const noexcept { return deadline_; }

 private:
  const offload_options options_;
  time_point deadline_ = never;
  std::mutex mutex_;
  std::unique_ptr<offload_pool> pool_;  // made with the first job
  std::size_t out_ = 0;                 // taken and not told
  bool closed_ = false;
};

}  // namespace hawser::io

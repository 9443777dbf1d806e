// Messages that wait for a link, within bounds.
#pragma once

#include <hawser/core/buffer.hpp>
#include <hawser/core/ws/frame.hpp>
#include <hawser/core/ws/lane.hpp>
#include <hawser/error.hpp>
#include <hawser/time.hpp>

#include <array>
#include <cstdint>
#include <list>
#include <optional>

namespace hawser {

/// What client::send() takes while there is no ready link.
struct offline_options {
  std::size_t messages = 0;                  ///< 0: nothing waits, errc::not_connected
  std::size_t bytes = std::size_t{1} << 20;  ///< of their payloads: errc::offline_full
  duration age = std::chrono::seconds(30);   ///< what waits longer ends: errc::offline_expired
};

/// Each lane in the order of the ids, which are given in the order of sending. A pure machine: the
/// caller says what the time is. Not thread-safe.
class offline_queue {
 public:
  struct message {
    std::uint64_t id = 0;
    opcode op = opcode::binary;
    hawser::lane lane = lane::bulk;
    buffer payload = {};
  };

  explicit offline_queue(const offline_options& o) noexcept : options_(o) {}

  bool enabled() const noexcept { return options_.messages != 0; }
  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }
  std::size_t bytes() const noexcept { return bytes_; }

  /// errc::offline_full: it was not taken.
  result<void> push(message&& m, time_point now);
  /// The next one of a lane; nullptr: there is none.
  const message* front(lane l) const noexcept;
  /// Takes front(l), which is there.
  message pop(lane l);
  /// Takes one that has waited too long.
  std::optional<message> take_expired(time_point now);
  /// Takes one, whichever.
  std::optional<message> take_any();
  /// When the next one has waited too long; never: none waits.
  time_point next_expiry() const noexcept;

 private:
  struct entry {
    message what;
    time_point until;
  };
  using queue = std::list<entry>;  // unlike a deque, nothing while it is empty
  queue& of(lane l) noexcept { return lanes_[static_cast<std::size_t>(l)]; }
  const queue& of(lane l) const noexcept { return lanes_[static_cast<std::size_t>(l)]; }

  offline_options options_;
  std::array<queue, lane_count> lanes_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace hawser

// What became of the messages of one link.
#pragma once

#include <hawser/core/ring.hpp>
#include <hawser/core/ws/delivery.hpp>
#include <hawser/core/ws/frame.hpp>
#include <hawser/core/ws/lane.hpp>
#include <hawser/error.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace hawser {

/// Follows every message of a link from when it was taken to its one end: a pure machine. A message
/// is known by its id, which is not 0 and names no other message. Bytes are counted over the whole
/// output of the link. In a steady state it allocates nothing. Not thread-safe.
class delivery_tracker {
 public:
  struct settled {
    std::uint64_t id = 0;
    hawser::lane lane = lane::bulk;
    hawser::delivery delivery = delivery::never_sent;
    error_code error = {};
  };

  /// At most `limit` messages may wait for their acknowledgment.
  explicit delivery_tracker(std::size_t limit) : limit_(limit) {}

  void taken(std::uint64_t id, lane l);
  /// It was framed: its last byte is byte number `end` of the output. Called in order of `end`.
  void framed(std::uint64_t id, std::uint64_t end);
  /// So many bytes of the output were given to the transport: what ends within them and awaits no
  /// acknowledgment has ended as maybe_sent.
  void written(std::uint64_t total);
  /// It will not be sent.
  void refused(std::uint64_t id, error_code ec);
  /// It ends when it is acknowledged, or with the link. No effect on a message that has ended.
  /// False: one too many.
  bool await_ack(std::uint64_t id);
  /// No effect on a message that has ended.
  void acked(std::uint64_t id);
  /// Another link has it from now on. Whether its acknowledgment is awaited; empty: it has ended.
  std::optional<bool> forget(std::uint64_t id) {
    const auto e = take(id);
    return e ? std::optional(e->awaited) : std::nullopt;
  }
  /// The link is over: whatever has not ended does, in order of ids.
  void drop(error_code ec);

  /// The next end to tell, oldest first.
  std::optional<settled> next();
  bool waiting() const noexcept { return !ended_.empty(); }
  /// Messages that have not ended.
  std::size_t alive() const noexcept { return count_; }
  std::size_t unacknowledged() const noexcept { return awaited_; }

 private:
  // Of a message that has not ended: a place in an open-addressed table.
  struct entry {
    std::uint64_t id = 0;  // 0: free
    hawser::lane lane = lane::bulk;
    bool framed = false;
    bool awaited = false;
  };
  struct frame {
    std::uint64_t id = 0;
    std::uint64_t end = 0;
  };

  std::size_t home(std::uint64_t id) const noexcept;
  entry* find(std::uint64_t id) noexcept;
  std::optional<entry> take(std::uint64_t id);
  void insert(const entry& e);
  void end(std::uint64_t id, delivery f, error_code ec);

  std::size_t limit_;
  std::vector<entry> table_;  // a power of two, at most half full
  std::size_t count_ = 0;
  std::size_t awaited_ = 0;
  ring<frame> frames_;  // not written yet
  ring<settled> ended_;
};

}  // namespace hawser

// What waits to be written: payloads in lanes, frames in chunks.
#pragma once

#include <hawser/core/buffer.hpp>
#include <hawser/core/buffer_pool.hpp>
#include <hawser/core/ws/delivery_tracker.hpp>
#include <hawser/core/ws/frame.hpp>
#include <hawser/core/ws/frame_reader.hpp>
#include <hawser/core/ws/lane.hpp>
#include <hawser/core/ws/mask.hpp>

#include <array>
#include <memory>
#include <vector>

namespace hawser {

/// The bound of one lane, wherever what is sent in it waits. Payloads that are framed already do
/// not count.
struct lane_limits {
  std::size_t frames = 16 * 1024;
  std::size_t bytes = std::size_t{16} << 20;
};

/// Pieces to write, oldest first. It lies on the stack of whoever writes them: each link would keep
/// room for it all the time.
class write_list {
 public:
  static constexpr std::size_t capacity = 16;

  write_list() noexcept {}  // Pieces beyond size() are not initialized.
  void add(bytes_view piece) noexcept { std::construct_at(&pieces_[size_++], piece); }

  const bytes_view* data() const noexcept { return pieces_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  bool full() const noexcept { return size_ == capacity; }
  const bytes_view* begin() const noexcept { return pieces_; }
  const bytes_view* end() const noexcept { return pieces_ + size_; }
  const bytes_view& front() const noexcept { return pieces_[0]; }
  const bytes_view& operator[](std::size_t i) const noexcept { return pieces_[i]; }

 private:
  union {
    bytes_view pieces_[capacity];
  };
  std::size_t size_ = 0;
};

/// The writing half of a WebSocket: a pure machine. Lanes hold payloads; they are framed when the
/// writer comes for them, control lane first, at most `cork_size` ahead of the socket, so that what
/// is urgent overtakes what merely waits. Everything framed is handed out together.
/// Not thread-safe.
class send_queue {
 public:
  static constexpr std::size_t cork_size = 64 * 1024;
  /// From this size on an owned payload is masked in place and written from where it lies.
  static constexpr std::size_t in_place_size = 4 * 1024;
  static constexpr std::size_t max_spans = write_list::capacity;

  send_queue(role self, mask_source& masks, const std::array<lane_limits, lane_count>& limits,
             std::shared_ptr<buffer_pool> pool = std::make_shared<buffer_pool>());

  void observe(frame_observer* observer) noexcept { observer_ = observer; }
  /// Is told of what is framed and written of the messages that have an id.
  void track(delivery_tracker* deliveries) noexcept { deliveries_ = deliveries; }

  /// Whether `frames` more payloads of `size` bytes in all fit the lane's bound, beside those that
  /// wait in it and those that are reserved for.
  bool fits(lane l, std::size_t frames, std::size_t size) const noexcept;
  /// A payload that waits elsewhere, to be pushed later, counts against the lane as if it was in
  /// it. errc::queue_full.
  result<void> reserve(lane l, std::size_t size) noexcept;
  /// It waits no longer.
  void unreserve(lane l, std::size_t size) noexcept;
  /// Queues a data message, text or binary. errc::queue_full, then nothing was taken;
  /// errc::not_connected after finish().
  result<void> push(lane l, opcode op, bytes_view payload, std::uint64_t id = 0);
  result<void> push(lane l, opcode op, buffer&& payload, std::uint64_t id = 0);
  /// Queues a ping or pong ahead of every lane; at most 125 bytes. While more than cork_size waits
  /// for the socket, only the newest pong (5.5.3 allows that) and the newest ping are kept. No ping
  /// follows the Close frame; pongs do, until finish() abandons: the duty to answer ends when the
  /// peer's Close comes (5.5.2), not with ours.
  void control(opcode op, bytes_view payload);
  /// Queues the Close frame behind everything that waits (or, with `abandon`, behind what is framed
  /// already; the lanes are then emptied). No message can be queued after it. A code that must not
  /// be on the wire (7.4) sends an empty Close; the reason is made UTF-8 and cut to 123 bytes
  /// (5.5.1).
  void finish(close_code code, std::string_view reason, bool abandon);

  /// What to write next; empty when there is nothing. Valid until the next call.
  write_list gather();
  /// The first `n` bytes of it were written.
  void consume(std::size_t n);

  bool empty() const noexcept {
    return framed_ == 0 && waiting_ == 0 && !close_waits_ && !pong_waits_ && !ping_waits_;
  }
  /// Whether the last ping, or a part of it, has still to be written: until then no pong can come.
  bool ping_unsent() const noexcept { return ping_waits_ || ahead_of_ping_ != 0; }
  bool finished() const noexcept { return finished_; }
  /// Payloads that wait in lanes.
  std::size_t waiting() const noexcept { return waiting_; }
  std::size_t waiting_bytes() const noexcept;
  std::size_t waiting(lane l) const noexcept { return lanes_[static_cast<std::size_t>(l)].size(); }
  std::size_t waiting_bytes(lane l) const noexcept {
    return lanes_[static_cast<std::size_t>(l)].bytes;
  }
  /// All that counts against the lane's bound.
  lane_load load(lane l) const noexcept {
    const lane_load& elsewhere = reserved_[static_cast<std::size_t>(l)];
    return {waiting(l) + elsewhere.messages, waiting_bytes(l) + elsewhere.bytes};
  }
  const lane_limits& bound(lane l) const noexcept { return limits_[static_cast<std::size_t>(l)]; }
  /// Payloads that were taken and never framed: those that wait and those that finish() abandoned.
  std::size_t unsent() const noexcept { return waiting_ + abandoned_; }
  /// Bytes of memory held for frames; payloads in lanes do not count.
  std::size_t capacity() const noexcept;

 private:
  struct message {
    std::uint64_t id;
    opcode op;
    buffer payload;
  };
  // Messages in order; those before `first` are gone. A deque would take half a page when empty.
  struct lane_state {
    std::vector<message> messages;
    std::size_t first = 0;
    std::size_t bytes = 0;  // of the payloads

    bool empty() const noexcept { return first == messages.size(); }
    std::size_t size() const noexcept { return messages.size() - first; }
    message pop();
  };
  // Frames, ready to write: many small ones in `corked`, or one large one in `owned`.
  struct chunk {
    block corked;
    buffer owned;
    std::size_t begin = 0;
    std::size_t end = 0;
    const std::byte* data() const noexcept;
  };

  void pull();
  void note_framed(std::uint64_t id) {
    if (deliveries_ != nullptr && id != 0) deliveries_->framed(id, written_ + framed_);
  }
  void frame_ping(bytes_view payload);
  void frame(opcode op, bytes_view payload);
  void frame(opcode op, buffer&& payload);
  std::size_t write_header(std::byte* to, opcode op, std::size_t size, std::uint32_t mask) const;
  std::size_t header_size(std::size_t size) const noexcept;
  chunk& cork(std::size_t room);

  role self_;
  bool finished_ = false;
  bool close_waits_ = false;
  bool pong_waits_ = false;
  bool ping_waits_ = false;
  bool silent_ = false;  // the peer's Close came, or the link failed: nothing but our Close
  mask_source& masks_;
  std::array<lane_limits, lane_count> limits_;
  std::array<lane_state, lane_count> lanes_;
  std::array<lane_load, lane_count> reserved_{};
  std::size_t waiting_ = 0;
  std::size_t abandoned_ = 0;
  std::uint64_t written_ = 0;      // bytes, of the link's whole output
  std::size_t framed_ = 0;         // bytes in chunks
  std::size_t ahead_of_ping_ = 0;  // of them, those up to the end of the last ping
  std::vector<chunk> chunks_;
  std::size_t first_ = 0;  // the oldest chunk that is not written yet
  std::shared_ptr<buffer_pool> pool_;
  hawser::bytes close_payload_;
  hawser::bytes pong_payload_;
  hawser::bytes ping_payload_;
  frame_observer* observer_ = nullptr;
  delivery_tracker* deliveries_ = nullptr;
};

}  // namespace hawser

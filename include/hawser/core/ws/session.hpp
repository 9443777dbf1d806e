// One WebSocket after its upgrade: reading, writing and the closing handshake as one pure machine.
#pragma once

#include <hawser/core/ws/frame_reader.hpp>
#include <hawser/core/ws/send_queue.hpp>

namespace hawser {

/// Bounds of a session. A message above max_message ends the link with 1009.
struct session_limits {
  std::size_t max_message = std::size_t{16} << 20;
  std::array<lane_limits, lane_count> lanes{};
};

/// A WebSocket endpoint, RFC 6455 sections 5 to 7, without a socket: bytes in by prepare(),
/// commit() and next(); bytes out by output() and consume(). It answers pings and Closes by itself.
/// Not thread-safe.
class session {
 public:
  enum class state : std::uint8_t {
    open,
    closing,  ///< our Close is queued or sent, the peer's has not come
    closed,   ///< both Closes: flush, then end TCP
    failed,   ///< the peer broke the protocol: flush our Close, then end TCP
  };

  /// `pool` is shared by the sessions of a thread; a session without one has its own.
  session(role self, const session_limits& limits, entropy& source,
          const std::shared_ptr<buffer_pool>& pool = std::make_shared<buffer_pool>())
      : masks_(source),
        reader_(self, limits.max_message, pool),
        queue_(self, masks_, limits.lanes, pool) {}
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  void observe(frame_observer* observer) noexcept {
    reader_.observe(observer);
    queue_.observe(observer);
  }

  /// Is told what becomes of the messages that have an id, as far as this side knows.
  void track(delivery_tracker* deliveries) noexcept { queue_.track(deliveries); }

  std::span<std::byte> prepare() { return reader_.prepare(); }
  void commit(std::size_t n) noexcept { reader_.commit(n); }
  /// The next event of what was committed. A ping was answered and a Close was answered already
  /// when their events come out. After `failed` or `close` there is nothing more.
  read_event next();
  /// As frame_reader::describe.
  std::string describe(framing_errc found,
                       const std::function<std::string(std::string_view)>& shown) const {
    return reader_.describe(found, shown);
  }

  /// Queues a data message; errc::not_connected unless open, errc::queue_full.
  result<void> send(lane l, opcode op, bytes_view payload, std::uint64_t id = 0);
  result<void> send(lane l, opcode op, buffer&& payload, std::uint64_t id = 0);
  /// As send_queue::reserve and unreserve, for a message that is to be sent later.
  result<void> reserve(lane l, std::size_t size) noexcept { return queue_.reserve(l, size); }
  void unreserve(lane l, std::size_t size) noexcept { queue_.unreserve(l, size); }
  /// Queues a ping of at most 125 bytes.
  void ping(bytes_view payload) { queue_.control(opcode::ping, payload); }
  /// Starts the closing handshake behind everything queued. A code that must not be on the wire
  /// sends an empty Close. No effect unless open.
  void close(close_code code, std::string_view reason);
  /// Ends the link for an error of ours or the peer's: the lanes are emptied.
  void fail(close_code code, std::string_view reason);

  /// Gives back the memory that was read into, if nothing of a message is left in it.
  void rest() noexcept { reader_.rest(); }

  write_list output() { return queue_.gather(); }
  void consume(std::size_t n) { queue_.consume(n); }

  state current() const noexcept { return state_; }
  const send_queue& queue() const noexcept { return queue_; }
  /// Bytes of memory held to read into and to frame in.
  std::size_t capacity() const noexcept { return reader_.capacity() + queue_.capacity(); }

 private:
  state state_ = state::open;
  mask_source masks_;
  frame_reader reader_;
  send_queue queue_;
};

}  // namespace hawser

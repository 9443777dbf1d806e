// Reads RFC 6455 frames out of a byte stream: a pure machine, both roles.
#pragma once

#include <hawser/core/buffer_pool.hpp>
#include <hawser/core/bytes.hpp>
#include <hawser/core/text/utf8.hpp>
#include <hawser/core/ws/frame.hpp>

#include <functional>
#include <memory>
#include <string>

namespace hawser {

/// What a frame was, for those who trace: called for each frame, control frames too.
class frame_observer {
 public:
  virtual ~frame_observer() = default;
  /// `payload` is unmasked; of a data frame that arrived in pieces it is what the last piece held.
  virtual void on_frame(bool outbound, opcode op, bool fin, std::size_t size,
                        bytes_view payload) = 0;
};

/// What next() found.
struct read_event {
  enum class kind : std::uint8_t { need_more, message, ping, pong, close, failed };
  kind what = kind::need_more;
  opcode op = opcode::binary;               ///< of a message: text or binary
  bytes_view payload;                       ///< valid until the next call of next() or prepare()
  close_code code = close_code::no_status;  ///< of a close
  framing_errc error{};                     ///< of a failure
};

/// The reading half of a WebSocket. Feed it with prepare() and commit(), then call next() until it
/// answers need_more. A message that lies contiguous in the buffer is handed on without a copy,
/// with `padding` readable bytes past its end. Strict: the first violation is reported as `failed`
/// and nothing after it is read; nothing is read after a Close either (5.5.1).
/// Not thread-safe.
class frame_reader {
 public:
  static constexpr std::size_t padding = 64;           ///< what simdjson wants past a document
  static constexpr std::size_t read_size = 64 * 1024;  ///< what one read asks for

  /// `self` is the role of this end; `max_message` bounds a message, in bytes.
  frame_reader(role self, std::size_t max_message,
               std::shared_ptr<buffer_pool> pool = std::make_shared<buffer_pool>())
      : self_(self), max_message_(max_message), pool_(std::move(pool)) {}

  void observe(frame_observer* observer) noexcept { observer_ = observer; }

  /// Room for at least read_size bytes. Invalidates what next() handed out.
  std::span<std::byte> prepare();
  /// `n` bytes were put into what prepare() gave.
  void commit(std::size_t n) noexcept { end_ += n; }
  read_event next();
  /// What next() found wrong, in words: with the first bytes of what is no frame, or with the size
  /// of the message that is too big. `shown` makes of such bytes what may be shown of them. Valid
  /// as long as what that call handed out.
  std::string describe(framing_errc found,
                       const std::function<std::string(std::string_view)>& shown = {}) const;
  /// Gives the memory back if nothing is left in it. Invalidates what next() handed out.
  void rest() noexcept;

  /// Bytes of memory held.
  std::size_t capacity() const noexcept { return storage_.capacity; }

 private:
  enum class state : std::uint8_t { header, payload, finished };

  bool parse_header(read_event& out);
  bool accept_octets(std::uint8_t b0, std::uint8_t b1, read_event& out);
  read_event control();
  bool data(read_event& out);
  read_event close_event(bytes_view payload);
  read_event fail(framing_errc e) noexcept;
  void grow(std::size_t least);
  // For bytes, the padding behind them left out.
  std::size_t room() const noexcept {
    return storage_.capacity == 0 ? 0 : storage_.capacity - padding;
  }

  role self_;
  bool fin_ = false;
  bool in_message_ = false;  // a data message has begun and is not finished
  state state_ = state::header;
  opcode op_ = opcode::binary;          // of the frame
  opcode message_op_ = opcode::binary;  // of the message
  std::uint32_t mask_ = 0;
  std::size_t mask_phase_ = 0;
  std::size_t left_ = 0;         // payload bytes of the frame that are still to come
  std::size_t size_ = 0;         // payload bytes of the frame
  std::uint64_t announced_ = 0;  // payload bytes of a message that is too big, as far as is known
  std::size_t max_message_;
  utf8_validator utf8_;
  frame_observer* observer_ = nullptr;

  // [message_, message_end_) is the message so far, [at_, end_) is not yet read. Fragments are
  // moved down to be contiguous, so both lie in one buffer and there is one bound.
  std::shared_ptr<buffer_pool> pool_;
  block storage_;
  std::size_t message_ = 0;
  std::size_t message_end_ = 0;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

}  // namespace hawser

#include <hawser/core/text/text.hpp>
#include <hawser/core/ws/frame_reader.hpp>
#include <hawser/core/ws/mask.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace hawser {
namespace {

std::uint64_t big_endian(const std::byte* p, std::size_t n) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < n; ++i) value = (value << 8) | std::to_integer<std::uint64_t>(p[i]);
  return value;
}

}  // namespace

std::span<std::byte> frame_reader::prepare() {
  const std::size_t kept = message_end_ - message_;
  const std::size_t unread = end_ - at_;
  if (!in_message_ && unread == 0) {
    message_ = message_end_ = at_ = end_ = 0;
    // One large message must not hold its memory.
    if (storage_.capacity > 4 * read_size) storage_ = {};
  }
  if (room() < end_ + read_size) {
    // The message moves to the front and the unread bytes close the gap behind it.
    const std::size_t base = in_message_ ? kept : 0;
    if (room() < base + unread + read_size) {
      grow(base + unread + read_size);
    } else {
      if (base != 0 && message_ != 0) {
        std::memmove(storage_.data.get(), storage_.data.get() + message_, base);
      }
      std::memmove(storage_.data.get() + base, storage_.data.get() + at_, unread);
    }
    message_ = 0;
    message_end_ = base;
    at_ = base;
    end_ = base + unread;
  }
  return {storage_.data.get() + end_, read_size};
}

// Doubles, so that a message in many pieces is not copied as often.
void frame_reader::grow(std::size_t least) {
  block bigger =
      least + padding <= buffer_pool::block_size ? pool_->take() : block(2 * least + padding);
  const std::size_t kept = in_message_ ? message_end_ - message_ : 0;
  if (kept != 0) std::memcpy(bigger.data.get(), storage_.data.get() + message_, kept);
  if (end_ != at_) std::memcpy(bigger.data.get() + kept, storage_.data.get() + at_, end_ - at_);
  pool_->give(std::exchange(storage_, std::move(bigger)));
}

void frame_reader::rest() noexcept {
  if (in_message_ || state_ == state::payload || end_ != at_) return;
  message_ = message_end_ = at_ = end_ = 0;
  pool_->give(std::exchange(storage_, {}));
}

read_event frame_reader::next() {
  read_event out;
  while (state_ != state::finished) {
    if (state_ == state::header && !parse_header(out)) return out;
    if (is_control(op_)) {
      if (end_ - at_ < left_) return out;
      return control();
    }
    if (data(out)) return out;
    if (state_ == state::payload) return out;  // The frame goes on in bytes that are not here yet.
  }
  return out;
}

// True: a header was read and accepted. False: `out` says why not.
bool frame_reader::parse_header(read_event& out) {
  const std::byte* p = storage_.data.get() + at_;
  const std::size_t available = end_ - at_;
  if (available < 2) return false;
  const auto b0 = std::to_integer<std::uint8_t>(p[0]);
  const auto b1 = std::to_integer<std::uint8_t>(p[1]);
  // What the first two octets forbid does not wait for the rest, so that the verdict is the same
  // wherever the bytes are split.
  if (!accept_octets(b0, b1, out)) return false;
  std::uint64_t length = b1 & 0x7Fu;
  std::size_t header = 2;
  if (length >= 126) {
    const std::size_t wide = length == 126 ? 2 : 8;
    if (available < header + wide) return false;
    length = big_endian(p + 2, wide);
    header += wide;
    if (length < (wide == 2 ? 126u : 65536u) || length >> 63 != 0) {
      return out = fail(framing_errc::bad_length), false;
    }
  }
  const std::size_t so_far = in_message_ ? message_end_ - message_ : 0;
  if (!is_control(op_) && length > max_message_ - so_far) {
    announced_ = so_far + length;
    return out = fail(framing_errc::message_too_big), false;
  }
  if ((b1 & 0x80) != 0) {
    if (available < header + 4) return false;
    std::memcpy(&mask_, p + header, 4);
    header += 4;
  }
  at_ += header;
  if (!is_control(op_) && !in_message_) {
    in_message_ = true;
    message_op_ = op_;
    message_ = message_end_ = at_;
  }
  size_ = left_ = static_cast<std::size_t>(length);
  mask_phase_ = 0;
  state_ = state::payload;
  return true;
}

bool frame_reader::accept_octets(std::uint8_t b0, std::uint8_t b1, read_event& out) {
  const auto refuse = [&](framing_errc e) {
    out = fail(e);
    return false;
  };
  if ((b0 & 0x70) != 0) return refuse(framing_errc::reserved_bits);
  fin_ = (b0 & 0x80) != 0;
  op_ = static_cast<opcode>(b0 & 0x0F);
  if (op_ != opcode::continuation && op_ != opcode::text && op_ != opcode::binary &&
      op_ != opcode::close && op_ != opcode::ping && op_ != opcode::pong) {
    return refuse(framing_errc::bad_opcode);
  }
  const bool masked = (b1 & 0x80) != 0;
  if (self_ == role::server && !masked) return refuse(framing_errc::unmasked_frame);
  if (self_ == role::client && masked) return refuse(framing_errc::masked_frame);
  if (is_control(op_)) {
    if (!fin_) return refuse(framing_errc::control_fragmented);
    if ((b1 & 0x7F) > 125) return refuse(framing_errc::control_too_long);
    return true;
  }
  if (op_ == opcode::continuation && !in_message_) return refuse(framing_errc::stray_continuation);
  if (op_ != opcode::continuation && in_message_) return refuse(framing_errc::interleaved_message);
  return true;
}

// A control frame is whole in the buffer. It may lie between the fragments of a message.
read_event frame_reader::control() {
  std::byte* p = storage_.data.get() + at_;
  if (self_ == role::server) mask_copy(p, p, left_, mask_);
  const bytes_view payload{p, left_};
  at_ += left_;
  state_ = state::header;
  if (observer_ != nullptr) observer_->on_frame(false, op_, true, size_, payload);
  if (op_ == opcode::close) return close_event(payload);
  read_event out;
  out.what = op_ == opcode::ping ? read_event::kind::ping : read_event::kind::pong;
  out.op = op_;
  out.payload = payload;
  return out;
}

// Takes what is here of a data frame. True: `out` is a message or a failure.
bool frame_reader::data(read_event& out) {
  const std::size_t n = std::min(left_, end_ - at_);
  std::byte* p = storage_.data.get() + at_;
  if (self_ == role::server) mask_copy(p, p, n, mask_, mask_phase_);
  const bytes_view piece{p, n};
  const bool text = message_op_ == opcode::text;
  const bool whole = fin_ && n == left_ && message_ == at_;
  if (whole) {
    if (text && !valid_utf8(piece)) return out = fail(framing_errc::bad_utf8), true;
  } else {
    if (text && !utf8_.feed(piece)) return out = fail(framing_errc::bad_utf8), true;
    if (message_end_ != at_ && n != 0) std::memmove(storage_.data.get() + message_end_, p, n);
  }
  at_ += n;
  message_end_ += n;
  mask_phase_ = (mask_phase_ + n) & 3;
  left_ -= n;
  if (left_ != 0) return false;
  state_ = state::header;
  if (observer_ != nullptr) {
    observer_->on_frame(false, op_, fin_, size_, {storage_.data.get() + message_end_ - n, n});
  }
  if (!fin_) return false;
  if (!whole && text && !utf8_.complete()) return out = fail(framing_errc::bad_utf8), true;
  in_message_ = false;
  out.what = read_event::kind::message;
  out.op = message_op_;
  out.payload = {storage_.data.get() + message_, message_end_ - message_};
  return true;
}

read_event frame_reader::close_event(bytes_view payload) {
  state_ = state::finished;
  read_event out;
  out.what = read_event::kind::close;
  out.op = opcode::close;
  if (payload.empty()) return out;
  if (payload.size() == 1) return fail(framing_errc::bad_close_payload);
  const auto code = static_cast<std::uint16_t>(big_endian(payload.data(), 2));
  if (!valid_on_wire(code)) return fail(framing_errc::bad_close_code);
  out.code = static_cast<close_code>(code);
  out.payload = payload.subspan(2);
  if (!valid_utf8(out.payload)) return fail(framing_errc::bad_utf8);
  return out;
}

read_event frame_reader::fail(framing_errc e) noexcept {
  state_ = state::finished;
  read_event out;
  out.what = read_event::kind::failed;
  out.error = e;
  return out;
}

std::string frame_reader::describe(
    framing_errc found, const std::function<std::string(std::string_view)>& shown) const {
  constexpr std::size_t most_looked_at = 1024;
  const std::string words = make_error_code(found).message();
  switch (found) {
    case framing_errc::message_too_big:
      return "a message of " + std::string(fin_ ? "" : "at least ") + std::to_string(announced_) +
             " bytes is above limits.message (" + std::to_string(max_message_) + ")";
    case framing_errc::bad_utf8:  // What is wrong with these lies inside a frame.
    case framing_errc::bad_close_payload:
    case framing_errc::bad_close_code:
      return words;
    default: {
      const bytes_view rest{storage_.data.get() + at_, end_ - at_};
      if (!shown) return words + ": " + describe_bytes(rest);
      const std::string masked = shown(as_text(rest.first(std::min(rest.size(), most_looked_at))));
      return words + ": " + describe_bytes(as_bytes(masked));
    }
  }
}

}  // namespace hawser

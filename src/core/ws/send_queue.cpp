#include <hawser/core/text/text.hpp>
#include <hawser/core/text/utf8.hpp>
#include <hawser/core/ws/send_queue.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace hawser {

send_queue::send_queue(role self, mask_source& masks,
                       const std::array<lane_limits, lane_count>& limits,
                       std::shared_ptr<buffer_pool> pool)
    : self_(self), masks_(masks), limits_(limits), pool_(std::move(pool)) {}

send_queue::message send_queue::lane_state::pop() {
  message m = std::move(messages[first++]);
  bytes -= m.payload.size();
  if (empty()) {
    messages.clear();
    first = 0;
  } else if (first >= 64 && 2 * first >= messages.size()) {
    messages.erase(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(first));
    first = 0;
  }
  return m;
}

const std::byte* send_queue::chunk::data() const noexcept {
  // An owned payload carries its header in the headroom in front of it.
  return corked.data ? corked.data.get() : owned.data() - buffer::headroom;
}

bool send_queue::fits(lane l, std::size_t frames, std::size_t size) const noexcept {
  const lane_load all = load(l);
  return all.messages + frames <= bound(l).frames && all.bytes + size <= bound(l).bytes;
}

result<void> send_queue::reserve(lane l, std::size_t size) noexcept {
  if (!fits(l, 1, size)) return errc::queue_full;
  lane_load& elsewhere = reserved_[static_cast<std::size_t>(l)];
  ++elsewhere.messages;
  elsewhere.bytes += size;
  return {};
}

void send_queue::unreserve(lane l, std::size_t size) noexcept {
  lane_load& elsewhere = reserved_[static_cast<std::size_t>(l)];
  assert(elsewhere.messages != 0 && elsewhere.bytes >= size);
  --elsewhere.messages;
  elsewhere.bytes -= size;
}

std::size_t send_queue::waiting_bytes() const noexcept {
  std::size_t n = 0;
  for (const lane_state& s : lanes_) n += s.bytes;
  return n;
}

std::size_t send_queue::capacity() const noexcept {
  std::size_t n = chunks_.capacity() * sizeof(chunk);
  for (const chunk& c : chunks_) n += c.corked.capacity + c.owned.size();
  return n;
}

result<void> send_queue::push(lane l, opcode op, bytes_view payload, std::uint64_t id) {
  assert(op == opcode::text || op == opcode::binary);
  if (finished_) return errc::not_connected;
  if (!fits(l, 1, payload.size())) return errc::queue_full;
  if (waiting_ == 0 && framed_ < cork_size) {
    frame(op, payload);  // Nothing to overtake: copied once, masked in that copy.
    note_framed(id);
    return {};
  }
  return push(l, op, buffer(payload), id);
}

result<void> send_queue::push(lane l, opcode op, buffer&& payload, std::uint64_t id) {
  assert(op == opcode::text || op == opcode::binary);
  if (finished_) return errc::not_connected;
  if (!fits(l, 1, payload.size())) return errc::queue_full;
  if (waiting_ == 0 && framed_ < cork_size) {
    frame(op, std::move(payload));
    note_framed(id);
    return {};
  }
  lane_state& s = lanes_[static_cast<std::size_t>(l)];
  s.bytes += payload.size();
  s.messages.push_back({id, op, std::move(payload)});
  ++waiting_;
  return {};
}

void send_queue::control(opcode op, bytes_view payload) {
  assert(payload.size() <= 125 && is_control(op));
  const bool pong = op == opcode::pong;
  if (silent_ || (finished_ && !close_waits_ && !pong)) return;
  if (framed_ >= cork_size) {
    (pong ? pong_payload_ : ping_payload_).assign(payload.begin(), payload.end());
    (pong ? pong_waits_ : ping_waits_) = true;
    return;
  }
  (pong ? pong_waits_ : ping_waits_) = false;  // This one stands for it.
  if (pong) return frame(op, payload);
  frame_ping(payload);
}

void send_queue::frame_ping(bytes_view payload) {
  frame(opcode::ping, payload);
  ahead_of_ping_ = framed_;
}

void send_queue::finish(close_code code, std::string_view reason, bool abandon) {
  if (abandon) {
    silent_ = true;
    pong_waits_ = ping_waits_ = false;
  }
  if (finished_ && !(abandon && close_waits_)) return;
  finished_ = true;
  close_waits_ = true;
  close_payload_.clear();
  const auto value = static_cast<std::uint16_t>(code);
  if (valid_on_wire(value)) {
    std::string repaired;
    if (!valid_utf8(as_bytes(reason))) reason = repaired = repair_utf8(reason);
    close_payload_.push_back(static_cast<std::byte>(value >> 8));
    close_payload_.push_back(static_cast<std::byte>(value & 0xFF));
    std::size_t n = std::min<std::size_t>(reason.size(), 123);
    // Cut at the start of a character, so that what is left is still UTF-8.
    while (n < reason.size() && n > 0 && (static_cast<unsigned char>(reason[n]) & 0xC0) == 0x80)
      --n;
    const bytes_view text = as_bytes(reason.substr(0, n));
    close_payload_.insert(close_payload_.end(), text.begin(), text.end());
  }
  if (abandon) {
    for (lane_state& s : lanes_) s = {};
    abandoned_ += std::exchange(waiting_, 0);
  }
}

write_list send_queue::gather() {
  pull();
  write_list all;
  for (std::size_t i = first_; i < chunks_.size() && !all.full(); ++i) {
    all.add({chunks_[i].data() + chunks_[i].begin, chunks_[i].end - chunks_[i].begin});
  }
  return all;
}

void send_queue::pull() {
  if (pong_waits_ && framed_ < cork_size) {
    pong_waits_ = false;
    frame(opcode::pong, pong_payload_);
  }
  // Once our Close waits, the peer's Close is the answer that counts.
  if (ping_waits_ && !finished_ && framed_ < cork_size) {
    ping_waits_ = false;
    frame_ping(ping_payload_);
  }
  for (lane_state& s : lanes_) {
    while (!s.empty() && framed_ < cork_size) {
      message m = s.pop();
      --waiting_;
      frame(m.op, std::move(m.payload));
      note_framed(m.id);
    }
  }
  if (close_waits_ && waiting_ == 0) {
    if (std::exchange(pong_waits_, false)) frame(opcode::pong, pong_payload_);
    close_waits_ = ping_waits_ = false;
    frame(opcode::close, close_payload_);
  }
}

void send_queue::consume(std::size_t n) {
  assert(n <= framed_);
  framed_ -= n;
  written_ += n;
  if (deliveries_ != nullptr) deliveries_->written(written_);
  ahead_of_ping_ -= std::min(n, ahead_of_ping_);
  while (n != 0) {
    chunk& c = chunks_[first_];
    const std::size_t part = std::min(n, c.end - c.begin);
    c.begin += part;
    n -= part;
    if (c.begin != c.end) break;
    pool_->give(std::move(c.corked));
    c = {};
    ++first_;
  }
  // A writer that never catches up must not make the list of what it wrote grow.
  if (first_ == chunks_.size() || first_ >= max_spans) {
    chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

std::size_t send_queue::header_size(std::size_t size) const noexcept {
  return 2 + (size < 126 ? 0u : size < 65536 ? 2u : 8u) + (self_ == role::client ? 4u : 0u);
}

std::size_t send_queue::write_header(std::byte* to, opcode op, std::size_t size,
                                     std::uint32_t mask) const {
  const std::uint8_t masked = self_ == role::client ? 0x80 : 0;
  std::byte* p = to;
  *p++ = static_cast<std::byte>(0x80 | static_cast<std::uint8_t>(op));
  const auto put = [&](std::size_t octets) {
    for (std::size_t i = octets; i-- > 0;) *p++ = static_cast<std::byte>((size >> (8 * i)) & 0xFF);
  };
  if (size < 126) {
    *p++ = static_cast<std::byte>(masked | size);
  } else if (size < 65536) {
    *p++ = static_cast<std::byte>(masked | 126);
    put(2);
  } else {
    *p++ = static_cast<std::byte>(masked | 127);
    put(8);
  }
  if (masked != 0) {
    std::memcpy(p, &mask, 4);
    p += 4;
  }
  return static_cast<std::size_t>(p - to);
}

// The chunk that small frames go to, with `room` bytes left in it.
send_queue::chunk& send_queue::cork(std::size_t room) {
  if (chunks_.size() > first_) {
    chunk& last = chunks_.back();
    if (last.corked.data && last.end + room <= last.corked.capacity) return last;
  }
  chunk& fresh = chunks_.emplace_back();
  fresh.corked = room <= buffer_pool::block_size ? pool_->take() : block(room);
  return fresh;
}

void send_queue::frame(opcode op, bytes_view payload) {
  if (observer_ != nullptr) observer_->on_frame(true, op, true, payload.size(), payload);
  const std::size_t size = header_size(payload.size()) + payload.size();
  chunk& to = cork(size);
  const std::uint32_t mask = self_ == role::client ? masks_.next() : 0;
  std::byte* p = to.corked.data.get() + to.end;
  p += write_header(p, op, payload.size(), mask);
  if (self_ == role::client) {
    mask_copy(p, payload.data(), payload.size(), mask);
  } else if (!payload.empty()) {
    std::memcpy(p, payload.data(), payload.size());
  }
  to.end += size;
  framed_ += size;
}

void send_queue::frame(opcode op, buffer&& payload) {
  if (payload.size() < in_place_size) return frame(op, payload.view());
  if (observer_ != nullptr) observer_->on_frame(true, op, true, payload.size(), payload.view());
  const std::size_t header = header_size(payload.size());
  const std::uint32_t mask = self_ == role::client ? masks_.next() : 0;
  write_header(payload.data() - header, op, payload.size(), mask);
  if (self_ == role::client) mask_copy(payload.data(), payload.data(), payload.size(), mask);
  chunk& c = chunks_.emplace_back();
  c.begin = buffer::headroom - header;
  c.end = buffer::headroom + payload.size();
  framed_ += c.end - c.begin;
  c.owned = std::move(payload);
}

}  // namespace hawser

#include <hawser/core/ws/session.hpp>

namespace hawser {

read_event session::next() {
  const read_event e = reader_.next();
  switch (e.what) {
    case read_event::kind::ping:
      queue_.control(opcode::pong, e.payload);
      break;
    case read_event::kind::close:
      // The answer carries the code that came (5.5.1). The peer reads no data after its Close, so
      // what still waits is not sent.
      queue_.finish(e.code, {}, true);
      state_ = state::closed;
      break;
    case read_event::kind::failed:
      queue_.finish(close_code_for(e.error), make_error_code(e.error).message(), true);
      state_ = state::failed;
      break;
    case read_event::kind::need_more:
    case read_event::kind::message:
    case read_event::kind::pong:
      break;
  }
  return e;
}

result<void> session::send(lane l, opcode op, bytes_view payload, std::uint64_t id) {
  if (state_ != state::open) return errc::not_connected;
  return queue_.push(l, op, payload, id);
}

result<void> session::send(lane l, opcode op, buffer&& payload, std::uint64_t id) {
  if (state_ != state::open) return errc::not_connected;
  return queue_.push(l, op, std::move(payload), id);
}

void session::close(close_code code, std::string_view reason) {
  if (state_ != state::open) return;
  queue_.finish(code, reason, false);
  state_ = state::closing;
}

void session::fail(close_code code, std::string_view reason) {
  if (state_ == state::closed || state_ == state::failed) return;
  queue_.finish(code, reason, true);
  state_ = state::failed;
}

}  // namespace hawser

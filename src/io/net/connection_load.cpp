// What waits on a link, and who is told.
#include "io/net/connection.hpp"

namespace hawser::io {

lane_load connection::load(lane l) const noexcept {
  const send_queue& q = session_.queue();
  return {q.waiting(l) + held_.count(l) + gated_.count(l),
          q.waiting_bytes(l) + held_.bytes(l) + gated_.bytes(l)};
}

bool connection::fits(lane l, std::size_t size) const noexcept {
  const lane_limits& bound = config_.limits.lanes[static_cast<std::size_t>(l)];
  const lane_load waits = load(l);
  if (size > bound.bytes) return true;  // It never does, and is refused.
  return waits.messages < bound.frames && size <= bound.bytes - waits.bytes;
}

std::size_t connection::memory() const noexcept {
  std::size_t n = sizeof *this + session_.capacity();
  for (std::size_t i = 0; i < lane_count; ++i) n += load(static_cast<lane>(i)).bytes;
  return n;
}

// Called after each write: what waits then could not be written.
void connection::watch_queue() {
  const std::size_t n = waiting();
  if (queue_is_long_) {
    queue_is_long_ = n > config_.queue_warning / 2;
    return;
  }
  if (n <= config_.queue_warning) return;
  queue_is_long_ = true;
  if (config_.log == nullptr || !config_.log->wants(log_level::warn)) return;
  config_.log->write(log_level::warn, "link " + std::to_string(link_.number) + ": " +
                                          std::to_string(n) +
                                          " messages wait to be written, above queue_warning");
}

}  // namespace hawser::io

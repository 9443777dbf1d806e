// What waits on a link, and who is told.
#include "io/net/connection.hpp"

namespace hawser::io {

std::size_t connection::memory() const noexcept {
  std::size_t n = sizeof *this + session_.capacity();
  for (std::size_t i = 0; i < lane_count; ++i) n += load(static_cast<lane>(i)).bytes;
  return n;
}

// Called after each write: what waits then could not be written.
void connection::watch_queue() {
  const auto n = outgoing_.became_long(config_.queue_warning);
  if (!n || config_.log == nullptr || !config_.log->wants(log_level::warn)) return;
  config_.log->write(log_level::warn, "link " + std::to_string(link_.number) + ": " +
                                          std::to_string(*n) +
                                          " messages wait to be written, above queue_warning");
}

}  // namespace hawser::io

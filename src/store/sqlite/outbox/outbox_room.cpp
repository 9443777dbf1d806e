// The bounds of an outbox: what makes room, and what is refused.
#include "store/sqlite/outbox/outbox.hpp"

namespace hawser::io::sqlite {
namespace {

// The last twentieth is left for what must not be refused.
constexpr std::uint64_t bound_of(std::uint64_t limit) noexcept { return limit - limit / 20; }

}  // namespace

result<bool> sqlite_outbox::has_room(std::uint32_t sid, std::uint64_t receipts) {
  return state_.guarded(in_group(), [&] {
    writable();
    const outbox_stream* const s = streams_.find(sid);
    return counted(s) + receipts <= bound_of(options_.limits.rows) && file_has_room(s);
  });
}

// What a stream that stands has is its own affair: the others go on beside it.
std::uint64_t sqlite_outbox::counted(const outbox_stream* s) const noexcept {
  return s && s->stands() ? streams_.fixed() : streams_.fixed() - streams_.standing();
}

// Unacknowledged receipts are never evicted: when they alone fill the outbox, it refuses. Where a
// bound was lowered, what is acknowledged goes chunk by chunk while new receipts come.
void sqlite_outbox::make_room(const outbox_stream& s) {
  const auto refuse = [&](const std::string& why) {
    throw store_error(store_errc::full, options_.path + ": " + why);
  };
  if (!file_has_room(&s)) {
    refuse(
        "has " + std::to_string(used_bytes()) + " bytes, limits.bytes is " +
        std::to_string(options_.limits.bytes) +
        (s.stands() ? ", and this stream, which is parked or damaged, leaves half of them" : ""));
  }
  const std::uint64_t bound = bound_of(options_.limits.rows);
  if (counted(&s) >= bound) {
    refuse(s.stands() ? std::to_string(counted(&s)) +
                            " receipts are kept, and this stream is parked or damaged"
                      : std::to_string(counted(&s)) + " receipts wait for acknowledgment");
  }
  if (counted(&s) + streams_.retained() >= bound) drop_retained();
}

// Pages in use; those that are free will be used again before the file grows.
std::uint64_t sqlite_outbox::used_bytes() {
  database& db = file_->db;
  const auto pages = db.integer("PRAGMA page_count") - db.integer("PRAGMA freelist_count");
  return static_cast<std::uint64_t>(pages * db.integer("PRAGMA page_size"));
}

// The disk has no more room for a stream that stands: it leaves the others half of it.
bool sqlite_outbox::file_has_room(const outbox_stream* s) {
  const std::uint64_t bound = bound_of(options_.limits.bytes);
  if (s && s->stands() && used_bytes() >= bound / 2) return false;
  if (file_has_room_) return *file_has_room_;
  bool fits = used_bytes() < bound;
  if (!fits && streams_.retained() > 0) {
    const bool freed = drop_retained() > 0;  // and the next group frees more
    fits = used_bytes() < bound || freed;
  }
  file_has_room_ = fits;
  return fits;
}

std::uint64_t sqlite_outbox::drop_retained() {
  std::uint64_t budget = delete_chunk;
  for (std::size_t i = 0; i < streams_.size() && budget > 0 && streams_.retained() > 0; ++i) {
    const std::uint64_t chunk = budget;
    budget -= trim(next_in_turn(), chunk, 0, chunk);
  }
  return delete_chunk - budget;
}

}  // namespace hawser::io::sqlite

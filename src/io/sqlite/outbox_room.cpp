// The bounds of an outbox: what makes room, and what is refused.
#include "io/sqlite/outbox.hpp"

namespace hawser::io::sqlite {
namespace {

constexpr std::uint64_t delete_chunk = 1'000;

// The last twentieth is left for what must not be refused.
constexpr std::uint64_t bound_of(std::uint64_t limit) noexcept { return limit - limit / 20; }

}  // namespace

result<bool> sqlite_outbox::has_room(std::uint64_t receipts) {
  return state_.guarded(in_group(), [&] {
    writable();
    return streams_.fixed() + receipts <= bound_of(options_.limits.rows) && file_has_room();
  });
}

// Unacknowledged receipts are never evicted: when they alone fill the outbox, it refuses. Where a
// bound was lowered, what is acknowledged goes chunk by chunk while new receipts come.
void sqlite_outbox::make_room() {
  const auto refuse = [&](const std::string& why) {
    throw store_error(errc::outbox_full, options_.path + ": " + why);
  };
  if (!file_has_room()) {
    refuse("has " + std::to_string(used_bytes()) + " bytes, limits.bytes is " +
           std::to_string(options_.limits.bytes));
  }
  const std::uint64_t bound = bound_of(options_.limits.rows);
  if (streams_.kept() < bound) return;
  if (streams_.fixed() >= bound) {
    const std::uint64_t stuck = streams_.fixed() - streams_.unacknowledged();
    refuse(std::to_string(streams_.unacknowledged()) + " receipts wait for acknowledgment" +
           (stuck == 0 ? ""
                       : ", " + std::to_string(stuck) +
                             " more are of damaged streams, which are kept as they were found"));
  }
  drop_retained();
}

// Pages in use; those that are free will be used again before the file grows.
std::uint64_t sqlite_outbox::used_bytes() {
  database& db = file_->db;
  const auto pages = db.integer("PRAGMA page_count") - db.integer("PRAGMA freelist_count");
  return static_cast<std::uint64_t>(pages * db.integer("PRAGMA page_size"));
}

bool sqlite_outbox::file_has_room() {
  if (file_has_room_) return *file_has_room_;
  const std::uint64_t bound = bound_of(options_.limits.bytes);
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

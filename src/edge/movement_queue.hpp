// Streams that moved, on their way from the store's writer to the uplink.
#pragma once

#include "edge/receipt_journal.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace hawser {

/// Holds each stream once, however many groups it moved in before somebody came for it, with its
/// receipts as long as they have room: who has not got them reads them from the store. From any
/// thread.
class movement_queue {
 public:
  /// Of the receipts in all: what an uplink has in flight at most.
  static constexpr std::size_t most_bytes = std::size_t{1} << 20;
  using movement = receipt_journal::movement;
  using movements = std::map<std::uint32_t, movement>;

  /// Whether somebody has to be sent for them: nobody is on the way.
  bool add(std::vector<movement> all) {
    const std::lock_guard guard(mutex_);
    for (movement& m : all) add(std::move(m));
    return !std::exchange(awaited_, true);
  }
  movements take() {
    const std::lock_guard guard(mutex_);
    awaited_ = false;
    bytes_ = 0;
    return std::exchange(waiting_, {});
  }

 private:
  void add(movement m) {
    std::size_t size = 0;
    for (const chained_receipt& r : m.rows) size += r.body.size();
    const bool fits = bytes_ + size <= most_bytes;
    bytes_ += fits ? size : 0;
    if (!fits) m.rows.clear();
    const auto [it, fresh] = waiting_.try_emplace(m.stream.sid, std::move(m));
    if (!fresh) join(it->second, std::move(m));
  }
  // Rows that do not follow from those before them are of no use.
  static void join(movement& to, movement m) {
    to.stream.last = m.stream.last;
    if (m.rows.empty() || to.rows.empty()) return;
    if (to.rows.back().seq + 1 != m.rows.front().seq) return;
    for (chained_receipt& r : m.rows) to.rows.push_back(std::move(r));
  }

  std::mutex mutex_;
  movements waiting_;
  std::size_t bytes_ = 0;
  bool awaited_ = false;
};

}  // namespace hawser

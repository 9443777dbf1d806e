#include <hawser/core/ws/delivery_tracker.hpp>

#include <algorithm>
#include <cassert>

namespace hawser {

std::size_t delivery_tracker::home(std::uint64_t id) const noexcept {
  // Fibonacci hashing: ids count up by two, in two sequences.
  return static_cast<std::size_t>((id * 0x9E3779B97F4A7C15ULL) >> 32) & (table_.size() - 1);
}

delivery_tracker::entry* delivery_tracker::find(std::uint64_t id) noexcept {
  if (table_.empty() || id == 0) return nullptr;
  for (std::size_t i = home(id); table_[i].id != 0; i = (i + 1) & (table_.size() - 1)) {
    if (table_[i].id == id) return &table_[i];
  }
  return nullptr;
}

void delivery_tracker::insert(const entry& e) {
  if (2 * (count_ + 1) > table_.size()) {
    std::vector<entry> old(table_.empty() ? 64 : 2 * table_.size());
    old.swap(table_);
    count_ = 0;
    for (const entry& was : old) {
      if (was.id != 0) insert(was);
    }
  }
  std::size_t i = home(e.id);
  while (table_[i].id != 0) i = (i + 1) & (table_.size() - 1);
  table_[i] = e;
  ++count_;
}

// What lies behind it moves up, unless it is at home there: the table needs no tombstones.
std::optional<delivery_tracker::entry> delivery_tracker::take(std::uint64_t id) {
  entry* const found = find(id);
  if (found == nullptr) return std::nullopt;
  const entry taken = *found;
  const std::size_t mask = table_.size() - 1;
  std::size_t hole = static_cast<std::size_t>(found - table_.data());
  for (std::size_t i = (hole + 1) & mask; table_[i].id != 0; i = (i + 1) & mask) {
    if (((i - home(table_[i].id)) & mask) >= ((i - hole) & mask)) {
      table_[hole] = table_[i];
      hole = i;
    }
  }
  table_[hole] = {};
  --count_;
  if (taken.awaited) --awaited_;
  return taken;
}

void delivery_tracker::taken(std::uint64_t id, lane l) {
  assert(id != 0 && find(id) == nullptr);
  insert({id, l, false, false});
}

void delivery_tracker::framed(std::uint64_t id, std::uint64_t end) {
  entry* const e = find(id);
  if (e == nullptr) return;
  e->framed = true;
  frames_.push({id, end});
}

void delivery_tracker::written(std::uint64_t total) {
  while (!frames_.empty() && frames_.front().end <= total) {
    const entry* const e = find(frames_.front().id);
    if (e != nullptr && !e->awaited) end(e->id, delivery::maybe_sent, {});
    frames_.pop();
  }
}

void delivery_tracker::end(std::uint64_t id, delivery f, error_code ec) {
  if (const auto e = take(id)) ended_.push({id, e->lane, f, ec});
}

void delivery_tracker::refused(std::uint64_t id, error_code ec) {
  end(id, delivery::never_sent, ec);
}

bool delivery_tracker::await_ack(std::uint64_t id) {
  entry* const e = find(id);
  if (e == nullptr || e->awaited) return true;
  if (awaited_ >= limit_) return false;
  e->awaited = true;
  ++awaited_;
  return true;
}

void delivery_tracker::acked(std::uint64_t id) { end(id, delivery::acked, {}); }

void delivery_tracker::drop(error_code ec) {
  std::vector<entry> rest;
  for (const entry& e : table_) {
    if (e.id != 0) rest.push_back(e);
  }
  const auto by_id = [](const entry& a, const entry& b) { return a.id < b.id; };
  std::sort(rest.begin(), rest.end(), by_id);
  for (const entry& e : rest) end(e.id, e.framed ? delivery::maybe_sent : delivery::never_sent, ec);
}

std::optional<delivery_tracker::settled> delivery_tracker::next() {
  if (ended_.empty()) return std::nullopt;
  return ended_.pop();
}

}  // namespace hawser

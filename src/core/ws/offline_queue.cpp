#include <hawser/core/ws/offline_queue.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace hawser {

result<void> offline_queue::push(message&& m, time_point now) {
  const std::size_t size = m.payload.size();
  if (count_ >= options_.messages || size > options_.bytes - bytes_) return errc::offline_full;
  queue& q = of(m.lane);
  auto at = q.end();
  while (at != q.begin() && std::prev(at)->what.id > m.id) --at;
  // What stands before another one ends no later than that one.
  const time_point until =
      at == q.end() ? now + options_.age : std::min(now + options_.age, at->until);
  q.insert(at, {std::move(m), until});
  ++count_;
  bytes_ += size;
  return {};
}

const offline_queue::message* offline_queue::front(lane l) const noexcept {
  return of(l).empty() ? nullptr : &of(l).front().what;
}

offline_queue::message offline_queue::pop(lane l) {
  message m = std::move(of(l).front().what);
  of(l).pop_front();
  --count_;
  bytes_ -= m.payload.size();
  return m;
}

std::optional<offline_queue::message> offline_queue::take_expired(time_point now) {
  for (std::size_t i = 0; i < lane_count; ++i) {
    if (!lanes_[i].empty() && lanes_[i].front().until <= now) return pop(static_cast<lane>(i));
  }
  return std::nullopt;
}

std::optional<offline_queue::message> offline_queue::take_any() { return take_expired(never); }

time_point offline_queue::next_expiry() const noexcept {
  time_point t = never;
  for (const queue& q : lanes_) {
    if (!q.empty()) t = std::min(t, q.front().until);
  }
  return t;
}

}  // namespace hawser

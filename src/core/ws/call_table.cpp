#include <hawser/core/ws/call_table.hpp>

#include <algorithm>

namespace hawser {

result<std::uint64_t> call_table::add(time_point deadline, bool idempotent,
                                      std::shared_ptr<void> kept) {
  if (calls_.size() >= limit_) return errc::too_many_calls;
  const std::uint64_t id = ++last_;
  calls_.emplace(id, call{id, deadline, idempotent, 0, 0, std::move(kept)});
  queued_.insert(id);
  deadlines_.emplace(deadline, id);
  return id;
}

void call_table::sent(std::uint64_t id, std::uint64_t link, std::uint64_t send) {
  const auto at = calls_.find(id);
  if (at == calls_.end()) return;
  at->second.link = link;
  at->second.send = send;
  queued_.erase(id);
}

void call_table::moved(std::uint64_t from, std::uint64_t to) noexcept {
  for (auto& [id, c] : calls_) {
    if (c.sent() && c.link == from) c.link = to;
  }
}

const call_table::call* call_table::find(std::uint64_t id) const noexcept {
  const auto at = calls_.find(id);
  return at == calls_.end() ? nullptr : &at->second;
}

std::optional<call_table::call> call_table::take(std::uint64_t id) {
  const auto at = calls_.find(id);
  if (at == calls_.end()) return std::nullopt;
  return take_at(at);
}

call_table::call call_table::take_at(calls::iterator at) {
  call c = std::move(at->second);
  queued_.erase(c.id);
  deadlines_.erase({c.deadline, c.id});
  calls_.erase(at);
  return c;
}

std::optional<std::uint64_t> call_table::next_queued(std::uint64_t id) const {
  const auto at = queued_.upper_bound(id);
  if (at == queued_.end()) return std::nullopt;
  return *at;
}

std::optional<call_table::call> call_table::take_due(time_point now) {
  if (deadlines_.empty() || deadlines_.begin()->first > now) return std::nullopt;
  return take_at(calls_.find(deadlines_.begin()->second));
}

std::optional<call_table::call> call_table::take_lost(std::uint64_t link) {
  for (auto at = calls_.begin(); at != calls_.end(); ++at) {
    call& c = at->second;
    if (!c.sent() || c.link != link) continue;
    if (!c.idempotent) return take_at(at);
    requeue(c);
  }
  return std::nullopt;
}

std::optional<call_table::call> call_table::take_sent_in(std::uint64_t send) {
  const auto at = std::find_if(calls_.begin(), calls_.end(), [&](const auto& entry) {
    return entry.second.sent() && entry.second.send == send;
  });
  if (at == calls_.end()) return std::nullopt;
  return take_at(at);
}

void call_table::unsent(std::uint64_t send) {
  for (auto& [id, c] : calls_) {
    if (c.sent() && c.send == send) requeue(c);
  }
}

void call_table::requeue(call& c) {
  c.link = 0;
  queued_.insert(c.id);
}

std::optional<call_table::call> call_table::take_any() {
  if (calls_.empty()) return std::nullopt;
  return take_at(calls_.begin());
}

std::size_t call_table::sent_on(std::uint64_t link) const noexcept {
  const auto on_it = [&](const auto& entry) {
    return entry.second.sent() && entry.second.link == link;
  };
  return static_cast<std::size_t>(std::count_if(calls_.begin(), calls_.end(), on_it));
}

}  // namespace hawser

#include <hawser/core/recovery/outage_notice.hpp>

#include <algorithm>
#include <utility>

namespace hawser {

void outage_notice::lost(seat& s, time_point since) {
  if (s.away) return;
  const bool fresh = s.since == never;
  if (fresh && away_.empty()) next_ = {};
  if (fresh) s.since = since;
  away_.insert(s.since);
  s.away = true;
}

std::optional<outage_notice::notice> outage_notice::due(time_point now) {
  if (away_.empty() || now < next_) return std::nullopt;
  const time_point since = *away_.begin();
  const duration lasts = now - since;
  if (lasts < first) return std::nullopt;
  if (told_ == never) told_ = since;
  next_ = now + std::min(3 * std::min(lasts, longest), longest);
  return notice{lasts, away_.size()};
}

std::optional<duration> outage_notice::found(seat& s, time_point now) {
  forget(s);
  const bool over = away_.empty() || now - *away_.begin() < first;
  if (told_ == never || !over) return std::nullopt;
  return now - std::exchange(told_, never);
}

void outage_notice::leaves(seat& s) noexcept {
  forget(s);
  s.since = never;
  if (away_.empty()) told_ = never;
}

void outage_notice::forget(seat& s) noexcept {
  if (s.away) away_.erase(away_.find(s.since));
  s.away = false;
}

}  // namespace hawser

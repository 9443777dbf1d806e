#include <hawser/core/explain/slow_hooks.hpp>

#include <algorithm>
#include <utility>

namespace hawser {

// A batch of many hooks that are all as slow as usual has no slow one among them. The first batch
// has nothing to be compared with: hooks are taken for quick ones.
bool slow_hooks::batch(std::uint64_t calls, duration took, time_point now) noexcept {
  const auto n = static_cast<duration::rep>(calls);
  const duration usual = std::exchange(usual_, (3 * usual_ + took / n) / 4);
  if (limit_ == duration::zero() || took <= limit_) return false;
  timed_until_ = now + pause;
  return calls == 1 || took - limit_ > 4 * n * usual;
}

std::optional<slow_hooks::report> slow_hooks::ran(std::size_t kind, duration took, time_point now) {
  if (limit_ == duration::zero() || took <= limit_) return std::nullopt;
  timed_until_ = now + pause;
  if (!history_) history_ = std::make_unique<std::array<history, kinds>>();
  history& h = (*history_)[kind];
  if (h.told != never && now - h.told < pause) {
    ++h.more;
    h.longest = std::max(h.longest, took);
    return std::nullopt;
  }
  const report r{took, h.more, std::max(h.longest, took)};
  h = {now, 0, {}};
  return r;
}

}  // namespace hawser

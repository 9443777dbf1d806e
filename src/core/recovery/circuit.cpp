#include <hawser/core/recovery/circuit.hpp>

#include <algorithm>
#include <utility>

namespace hawser {
namespace {

using std::chrono::seconds;

constexpr unsigned trial_size = 10;

std::int64_t second_of(time_point t) noexcept {
  return std::chrono::floor<seconds>(t.time_since_epoch()).count();
}

}  // namespace

duration circuit::spread() const noexcept {
  return std::clamp<duration>(std::chrono::milliseconds(40) * waiting_, seconds(1), seconds(13));
}

void circuit::wants(seat& s) noexcept {
  if (s.id == 0) s.id = ++last_id_;
  if (std::exchange(s.waits, true)) return;
  ++waiting_;
  const std::int64_t second = std::exchange(s.success, -1);
  if (second < 0 || s.generation != generation_) return;
  outcomes& b = window_[static_cast<std::size_t>(second % 10)];
  if (b.second == second) --b.attempts;
}

void circuit::leaves(seat& s) noexcept {
  if (s.waits) --waiting_;
  s.waits = false;
  returned(s);
}

circuit::answer circuit::ask(seat& s, time_point now, const settings& o, jitter& random) noexcept {
  wants(s);
  const bool out = probe_by_ != 0 && now < probe_until_;
  const bool mine = out && probe_by_ == s.id;
  const bool probes = open_ && (mine || (!out && now >= next_probe_));
  if (open_ && !probes) return wait_for_probe(s, now, random);
  if (!open_ && s.held && !s.slot) {
    s.slot = true;
    const time_point slot = closed_at_ + random.up_to(spread());
    if (slot > now) return {.until = slot};
  }
  if (probes && !mine) {
    probe_by_ = s.id;
    probe_of_ = 0;
    probe_until_ = now + o.probe;
  }
  s.generation = generation_;
  s.began = now;
  s.held = s.slot = false;
  return {.go = true, .probe = probes};
}

// Nobody is told of the outcome: whoever waits looks for it, within a second of the probe's time
// or, since it may take long to fail, each spread() while it is out. That is a slot already, since
// the moments are even.
circuit::answer circuit::wait_for_probe(seat& s, time_point now, jitter& random) noexcept {
  s.held = true;
  if (now < probe_until_ && probe_by_ != 0) {
    const bool again = std::exchange(s.slot, true);
    return {.until = now + (again ? spread() : random.up_to(spread()))};
  }
  s.slot = false;
  if (probe_of_ == 0) probe_of_ = s.id;
  if (probe_of_ == s.id) return {.until = next_probe_};
  return {.until = next_probe_ + random.up_to(seconds(1))};
}

void circuit::count(time_point now, std::uint64_t failed_by) noexcept {
  const std::int64_t second = second_of(now);
  outcomes& b = window_[static_cast<std::size_t>(second % 10)];
  if (b.second != second) b = {.second = second};
  ++b.attempts;
  if (failed_by != 0) {
    if (b.failures++ == 0) b.by = failed_by;
    b.several |= b.by != failed_by;
  }
  seen_ = {};
  for (const outcomes& w : window_) {
    if (w.second <= second - 10 || w.second > second) continue;
    seen_.attempts += w.attempts;
    if (w.failures == 0) continue;
    if (seen_.failures == 0) seen_.by = w.by;
    seen_.several |= w.several || seen_.by != w.by;
    seen_.failures += w.failures;
  }
}

bool circuit::in_trial(time_point now) noexcept {
  if (now < trial_.until && trial_.attempts < trial_size) return true;
  if (trial_.until != time_point{}) down_since_ = never;  // It is up.
  trial_ = {};
  return false;
}

bool circuit::reached(seat& s, time_point now) noexcept {
  asked_until_ = {};
  if (open_) {
    open_ = false;
    closed_at_ = now;
    ++generation_;
    probe_by_ = probe_of_ = 0;
    window_ = {};
    seen_ = {};
    trial_ = {.until = now + spread() + seconds(10)};
    return true;
  }
  if (s.generation != generation_) return false;
  count(now, 0);
  s.success = second_of(now);
  if (in_trial(now)) {
    ++trial_.attempts;
  } else {
    down_since_ = never;
  }
  return false;
}

bool circuit::failed(seat& s, time_point now, const settings& o, jitter& random) noexcept {
  if (open_) {
    if (probe_by_ == s.id) plan_probe(now, s.began, o, random);
    return false;
  }
  if (s.generation != generation_) return false;
  const bool tried = in_trial(now);
  if (tried) ++trial_.attempts, ++trial_.failures;
  if (down_since_ == never) down_since_ = s.began;
  count(now, s.id);
  const bool enough = tried ? trial_.failures * 2 >= trial_size
                            : seen_.failures >= o.threshold && seen_.failures * 2 >= seen_.attempts;
  if (!enough || !seen_.several) return false;
  open_ = true;
  trial_ = {};
  // What one client was told long before this outage is not about it.
  if (asked_at_ <= now - seconds(10)) asked_until_ = {};
  plan_probe(now, s.began, o, random);
  return true;
}

// The time down is what the attempt that failed has shown: until it began. One that met silence
// ends long after that, and must not make the next pause longer.
void circuit::plan_probe(time_point now, time_point began, const settings& o,
                         jitter& random) noexcept {
  const duration down = std::max(began - down_since_, duration::zero());
  const duration pause = std::min(o.longest_pause, std::max<duration>(seconds(1), down / 4));
  next_probe_ = std::max(now + pause / 2 + random.up_to(pause / 2), asked_until_);
  probe_by_ = probe_of_ = 0;
}

void circuit::returned(const seat& s) noexcept {
  if (s.id == 0) return;
  if (probe_of_ == s.id) probe_of_ = 0;
  if (probe_by_ != s.id) return;
  probe_by_ = 0;
  next_probe_ = asked_until_;
}

void circuit::postpone(time_point t, time_point now) noexcept {
  asked_at_ = now;
  asked_until_ = std::max(asked_until_, t);
  next_probe_ = std::max(next_probe_, asked_until_);
}

}  // namespace hawser

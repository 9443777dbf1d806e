#include <hawser/core/explain/description.hpp>
#include <hawser/event_sink.hpp>
#include <hawser/trace_control.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace hawser {
namespace {

// Who is asked about a hook, out of the routing table: "trace, ticker".
std::string asked_about(hook h, const event_sink& plugins) {
  const std::string table = plugins.routing_table();
  const std::string line = "\n" + std::string(to_string(h)) + ": ";
  const std::string all = "\n" + table;
  const auto at = all.find(line);
  if (at == std::string::npos) return {};
  std::string who = all.substr(at + line.size(), all.find('\n', at + 1) - at - line.size());
  constexpr std::string_view arrow = " -> ";
  for (auto next = who.find(arrow); next != std::string::npos; next = who.find(arrow, next)) {
    who.replace(next, arrow.size(), ", ");
  }
  return who;
}

}  // namespace

std::string_view kind_name(std::uint8_t kind) noexcept {
  return kind == hook_watch::task ? "task" : to_string(static_cast<hook>(kind));
}

std::uint64_t hook_watch::count_all() const noexcept {
  std::uint64_t n = 0;
  for (const auto& of : counts_) n += of.load(std::memory_order_relaxed);
  return n;
}

std::optional<hook_watch::mark> hook_watch::current() const noexcept {
  const auto where = where_.load(std::memory_order_acquire);
  if (where == 0) return std::nullopt;
  return mark{static_cast<std::uint8_t>(where & 0xFF), (where >> 8) - 1,
              time_point{duration(began_.load(std::memory_order_relaxed))}};
}

// `began_` is of the hook itself, but of the whole batch while its hooks are not timed: then it is
// known only of the first one, and of one that ran already when somebody asked before.
std::optional<hook_watch::mark> hook_watch::running(time_point now, duration limit) const noexcept {
  const auto what = current();
  if (!what) return std::nullopt;
  mark m = *what;
  m.began = std::max(m.began, looked());
  if (m.kind == task || !comes_often(static_cast<hook>(m.kind))) return m;
  const std::uint64_t calls = count_all();
  if (calls <= 1) return m;
  const time_point asked = asked_.load();
  if (asked > m.began) {
    m.began = asked;
    return m;
  }
  if (times_often_.load() || is_asked_.load()) return m;
  asked_.store(now);
  is_asked_.store(true);
  // No number of quick ones takes so long.
  if (now - m.began > static_cast<duration::rep>(calls) * limit) return m;
  return std::nullopt;
}

void hook_watch::interrupt() noexcept {
  if (!counted()) return;
  count_time(time_point{duration(began_.load(std::memory_order_relaxed))}, clock_->now());
}

// The hooks that were counted ran from `event`, or since the last look, to `until`.
void hook_watch::count_time(time_point event, time_point until) noexcept {
  const time_point from = std::max(event, looked());
  if (until > from) spent_ += until - from;
  looked_.store(until, std::memory_order_relaxed);
}

void hook_watch::end_batch(context& c, const event_sink& plugins) {
  const std::uint64_t calls = count_all();
  std::array<std::uint32_t, 16> counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts[i] = counts_[i].load(std::memory_order_relaxed);
    counts_[i].store(0, std::memory_order_relaxed);
  }
  is_asked_.store(false, std::memory_order_relaxed);
  if (!times_rare_) return;
  const time_point now = clock_->now();
  count_time(c.now(), now);
  const duration took = std::exchange(spent_, {});
  const bool slow = slow_.batch(calls, took, now);
  const bool told = times_often_.exchange(slow_.timing(now));  // One by one.
  if (!slow || told) return;
  // A message is most of what there is to do in a batch.
  const auto most = counts[static_cast<std::size_t>(hook::message)] != 0
                        ? counts.begin() + static_cast<std::ptrdiff_t>(hook::message)
                        : std::max_element(counts.begin(), counts.end());
  const auto kind = static_cast<std::uint8_t>(most - counts.begin());
  const auto r = slow_.ran(kind, took, now);
  if (!r) return;
  std::string of = asked_about(static_cast<hook>(kind), plugins);
  if (*most > 1) of += " (" + std::to_string(*most) + " in a row)";
  tell(c, kind, of, *r);
}

// The time of what is judged by itself is no other hook's.
void hook_watch::judge(context& c, hook h, std::span<const hook_step> steps, bool told) {
  if (!times_rare_) return;
  const time_point now = clock_->now();
  duration apart = {};
  for (const hook_step& s : steps) {
    if (s.took && (told || !comes_often(h))) apart += *s.took;
  }
  if (counted()) count_time(c.now(), now - apart);
  looked_.store(now, std::memory_order_relaxed);
  for (const hook_step& s : steps) {
    if (!s.took || told || *s.took <= slow_.limit()) continue;
    if (const auto r = slow_.ran(static_cast<std::size_t>(h), *s.took, now)) {
      tell(c, static_cast<std::uint8_t>(h), s.plugin, *r);
    }
    if (slow_.timing(now)) times_often_.store(true);
  }
}

void hook_watch::judge_task(context& c) {
  const time_point now = clock_->now();
  const duration took = now - c.now();
  looked_.store(now, std::memory_order_relaxed);
  if (took <= slow_.limit()) return;
  if (const auto r = slow_.ran(task, took, now)) {
    tell(c, task, "submit() or offload()", *r);
  }
}

void hook_watch::tell(context& c, std::uint8_t kind, std::string_view of,
                      const slow_hooks::report& r) {
  if (!c.wants(log_level::warn)) return;
  std::string text = "slow hook: " + std::string(kind_name(kind)) + " of " + std::string(of) +
                     " took " + to_words(r.took);
  if (c.link().number != 0) text += " link=" + std::to_string(c.link().number);
  if (r.more != 0) {
    text += "; " + std::to_string(r.more) + " more since the last warning, the longest " +
            to_words(r.longest);
  }
  c.log(log_level::warn, text + ": the client does nothing else meanwhile; see offload()");
}

}  // namespace hawser

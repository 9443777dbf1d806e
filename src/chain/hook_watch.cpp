#include <hawser/core/description.hpp>
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

// Between the two reads of `where_` another hook may have begun: then `began_` is of that one.
std::optional<hook_watch::mark> hook_watch::running() const noexcept {
  const auto where = where_.load(std::memory_order_acquire);
  if (where == 0) return std::nullopt;
  const time_point began{duration(began_.load(std::memory_order_relaxed))};
  return mark{static_cast<std::uint8_t>(where & 0xFF), (where >> 8) - 1, began};
}

void hook_watch::end_batch(context& c, const event_sink& plugins) {
  const auto counts = std::exchange(counts_, {});
  if (!times_rare_) return;
  const time_point now = clock_();
  const duration apart = std::exchange(apart_, {});
  const duration took =
      now - std::max(c.now(), looked_) - (apart_of_ == c.now() ? apart : duration::zero());
  looked_ = now;
  std::uint64_t calls = 0;
  for (const std::uint32_t n : counts) calls += n;
  const bool slow = slow_.batch(calls, took, now);
  const bool told = std::exchange(times_often_, slow_.timing(now));  // One by one.
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
void hook_watch::set_apart(const context& c, duration took) noexcept {
  if (std::exchange(apart_of_, c.now()) != c.now()) apart_ = {};
  apart_ += took;
}

void hook_watch::judge(context& c, hook h, std::span<const hook_step> steps, bool told) {
  for (const hook_step& s : steps) {
    if (!s.took) continue;
    if (told || !comes_often(h)) set_apart(c, *s.took);
    if (told || *s.took <= slow_.limit()) continue;
    const time_point now = clock_();
    if (const auto r = slow_.ran(static_cast<std::size_t>(h), *s.took, now)) {
      tell(c, static_cast<std::uint8_t>(h), s.plugin, *r);
    }
    times_often_ = slow_.timing(now);
  }
}

void hook_watch::judge_task(context& c, duration took) {
  set_apart(c, took);
  if (took <= slow_.limit()) return;
  if (const auto r = slow_.ran(task, took, clock_())) {
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

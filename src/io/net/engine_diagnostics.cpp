// What a client says of itself when its monitor is asked.
#include "io/net/engine_impl.hpp"

#include <string>

namespace hawser::io {
namespace {

using part = link_diagnostics::part;

void add(client_diagnostics& d, part role, const std::shared_ptr<connection>& c, time_point now) {
  if (!c) return;
  link_diagnostics l;
  l.number = c->link().number;
  l.role = role;
  l.ready = c->link().ready && c->link().open;
  l.age = now - c->opened();
  l.silent = now - c->link().last_inbound;
  for (std::size_t i = 0; i < lane_count; ++i) l.lanes[i] = c->load(static_cast<lane>(i));
  l.memory = c->memory();
  d.queued += l.waiting();
  d.memory += l.memory;
  if (d.queue_warning != 0 && l.waiting() > d.queue_warning) {
    d.warnings.push_back("link " + std::to_string(l.number) + ": " + std::to_string(l.waiting()) +
                         " messages wait to be written, above queue_warning (" +
                         std::to_string(d.queue_warning) + ")");
  }
  d.links.push_back(l);
}

}  // namespace

std::shared_ptr<client_monitor> engine::impl::open_monitor() {
  std::string name = options_.name;
  if (const auto where = parse_url(options_.url); where && name.empty()) name = where->host;
  monitor_ = std::make_shared<client_monitor>(loop_, std::move(name),
                                              [this](client_diagnostics& d) { refresh(d); });
  enlist(monitor_);
  return monitor_;
}

// From any thread.
void engine::impl::refresh(client_diagnostics& d) const {
  d.why = explain();
  const client_snapshot s = snapshot();
  d.attempts = s.attempts;
  d.opened = s.links;
  d.received = s.received;
  d.sent = s.sent;
  d.refused = s.refused;
  d.queue_warning = options_.queue_warning;
  d.offline = mailbox_.kept();
  if (d.why.running) d.warnings.push_back(to_words(*d.why.running));
}

// The strand writes down who runs: so this can be told while it does not answer.
std::optional<running_hook> engine::impl::running(time_point now) const {
  const duration limit = slow_limit(options_);
  const auto m = sink_.watch().running(now, limit);
  if (!m) return std::nullopt;
  const duration since = now - m->began;
  if (since <= limit) return std::nullopt;
  return running_hook{
      std::string(kind_name(m->kind)),
      m->kind == hook_watch::task ? std::string() : std::string(sink_.plugin_at(m->plugin)), since};
}

client_diagnostics engine::impl::build_diagnostics() {
  const time_point now = clock_now();
  client_diagnostics d;
  refresh(d);
  sink_.describe(d.plugins);
  d.why.plugins = d.plugins;
  d.routing = sink_.routing_table();
  add(d, part::live, live(), now);
  if (const auto& a = links_.successor()) add(d, part::successor, a->link, now);
  if (const auto& a = links_.predecessor()) add(d, part::predecessor, a->link, now);
  add(d, part::lingering, links_.lingering(), now);
  for (const auto& a : {links_.own(), links_.predecessor()}) {
    if (a && a->link) d.pending_calls += sink_.pending_calls(a->link->link().number);
  }
  return d;
}

// A plug-in that asks while it is asked gets what was said last.
void engine::impl::answer_monitor() {
  if (shutdown_.abandoned() || shutdown_.completed() || std::exchange(answering_, true)) return;
  monitor_->publish(build_diagnostics());
  answering_ = false;
}

}  // namespace hawser::io

// When a client is ready, and what waits until it is.
#include "io/net/engine_impl.hpp"

#include <chrono>

namespace hawser::io {

// Called whenever the live link, or what it may carry, has changed.
void engine::impl::update_ready() {
  const auto& link = live();
  {
    const std::lock_guard guard(mutex_);
    ready_ = open_ && link && link->link().ready;
    if (ready_) told_expired_ = false;
  }
  gate_.set(ready_);
  schedule_release();
}

// With the mutex, from any thread. Messages that came before a link was ready stand before those
// that come after, until all of them are on their way.
bool engine::impl::waits_offline() const {
  return offline_.enabled() && (!ready_ || !offline_.empty());
}

// With the mutex, from any thread.
result<send_id> engine::impl::keep_offline(message&& m) {
  const auto on = loop_.lock();
  if (traffic_.stop.asked() || !on) return errc::stopped;
  const bool first = offline_.empty();
  const send_id id = last_send_ + 2;
  if (const auto r = offline_.push({id, m.op, m.lane, std::move(m.payload)}, clock_now()); !r) {
    return r.error();
  }
  last_send_ = id;
  if (first) {  // Somebody has to look when it has waited too long.
    asio::post(on->context, [weak = weak_from_this()] {
      if (const auto me = weak.lock()) me->reschedule();
    });
  }
  return id;
}

// A message that a link was there for when it was taken, and no more.
void engine::impl::keep_unread(time_point now, message&& m) {
  const message known{m.id, m.op, m.lane, {}};
  result<void> r{};
  {
    const std::lock_guard guard(mutex_);
    r = offline_.push({m.id, m.op, m.lane, std::move(m.payload)}, now);
  }
  if (!r) never_sent(now, known, errc::offline_full);
}

// With the mutex: the most urgent lane whose next message has room on the link.
std::optional<lane> engine::impl::releasable() const {
  if (!ready_ || !live() || offline_.empty()) return std::nullopt;
  for (std::size_t i = 0; i < lane_count; ++i) {
    const auto l = static_cast<lane>(i);
    const auto* m = offline_.front(l);
    if (m != nullptr && live()->fits(l, m->payload.size())) return l;
  }
  return std::nullopt;
}

// Behind what runs now: on_ready comes first.
void engine::impl::schedule_release() {
  if (release_posted_ || !ready_ || !offline_.enabled()) return;
  {
    const std::lock_guard guard(mutex_);
    if (!releasable()) return;
  }
  release_posted_ = true;
  later([](impl& me) {
    me.release_posted_ = false;
    me.release_offline();
  });
}

void engine::impl::release_offline() {
  const auto link = live();
  const time_point now = clock_now();
  for (bool first = true; link && link == live(); first = false) {
    // Whoever stops the client waits for one hook, not for all that is released.
    if (!first && traffic_.stop.asked()) break;
    offline_queue::message m;
    {
      const std::lock_guard guard(mutex_);
      const auto l = releasable();
      if (!l) break;
      m = offline_.pop(*l);
    }
    link->send(now, {m.id, m.op, m.lane, std::move(m.payload)});
  }
  if (link) link->flush();
}

void engine::impl::expire_offline(time_point now) {
  while (true) {
    std::optional<offline_queue::message> m;
    {
      const std::lock_guard guard(mutex_);
      m = offline_.take_expired(now);
    }
    if (!m) return;
    if (!std::exchange(told_expired_, true)) {
      log(log_level::warn,
          "messages have waited " + to_words(options_.offline.age) +
              " for a link and are not sent (on_settled: never_sent); offline.age bounds it");
    }
    never_sent(now, {m->id, m->op, m->lane, {}}, errc::offline_expired);
  }
}

// The client ends.
void engine::impl::drop_offline(time_point event) {
  while (true) {
    std::optional<offline_queue::message> m;
    {
      const std::lock_guard guard(mutex_);
      m = offline_.take_any();
    }
    if (!m) return;
    never_sent(event, {m->id, m->op, m->lane, {}}, errc::stopped);
  }
}

time_point engine::impl::offline_expiry() const {
  if (!offline_.enabled()) return never;
  const std::lock_guard guard(mutex_);
  return offline_.next_expiry();
}

lane_load engine::impl::offline_load() const {
  const std::lock_guard guard(mutex_);
  return {offline_.size(), offline_.bytes()};
}

}  // namespace hawser::io

// When a client is ready, and what waits until it is.
#include "io/net/engine_impl.hpp"

#include <chrono>

namespace hawser::io {

// Called whenever the live link, or what it may carry, has changed.
void engine::impl::update_ready() {
  const auto& link = live();
  const bool ready = mailbox_.is_linked() && link && link->link().ready;
  if (mailbox_.is_linked()) mailbox_.set(ready ? mailbox::state::ready : mailbox::state::linked);
  gate_.set(ready);
  schedule_release();
}

// A message that a link was there for when it was taken, and no more.
void engine::impl::keep_unread(time_point now, message&& m) {
  const message known{m.id, m.op, m.lane, {}};
  if (!mailbox_.keep(std::move(m), now)) never_sent(now, known, errc::offline_full);
}

// Behind what runs now: on_ready comes first.
void engine::impl::schedule_release() {
  if (release_posted_ || !mailbox_.keeps() || !live()) return;
  const auto fits = [&](lane l, std::size_t size) { return live()->fits(l, size); };
  if (!mailbox_.has_releasable(fits)) return;
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
    auto m = mailbox_.release([&](lane l, std::size_t size) { return link->fits(l, size); });
    if (!m) break;
    link->send(now, std::move(*m));
  }
  if (link) link->flush();
}

void engine::impl::expire_offline(time_point now) {
  while (auto m = mailbox_.take_expired(now)) {
    if (m->first) {
      log(log_level::warn,
          "messages have waited " + to_words(options_.offline.age) +
              " for a link and are not sent (on_settled: never_sent); offline.age bounds it");
    }
    never_sent(now, m->what, errc::offline_expired);
  }
}

// The client ends.
void engine::impl::drop_offline(time_point event) {
  while (const auto m = mailbox_.take_any()) never_sent(event, *m, errc::stopped);
}

}  // namespace hawser::io

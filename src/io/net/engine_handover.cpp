// Recycling: how the engine moves from one link to its successor.
#include "io/net/engine_impl.hpp"

#include <chrono>

namespace hawser::io {

void engine::impl::hand_over(handover::action a) {
  switch (a) {
    case handover::action::none:
      break;
    case handover::action::open:
      links_.open();
      perform(links_.successor(), links_.successor()->life.start());
      break;
    case handover::action::hold:
      hold_writes();
      break;
    case handover::action::close_predecessor:
      if (const auto before = links_.predecessor(); before && before->link) {
        before->link->close(clock_now(), close_code::normal, "recycled");
      }
      break;
    case handover::action::release:
      release_writes();
      break;
    case handover::action::revert:
      revert();
      break;
    case handover::action::fail_over:
      fail_over();
      break;
    case handover::action::abandon:
      abandon();
      break;
  }
}

void engine::impl::recycle(connection& c) {
  if (live().get() != &c || !c.link().ready) return;
  later([](impl& me) {
    const bool open = me.links_.own()->life.current() == phase::open;
    if (open && !me.links_.predecessor()) me.hand_over(me.links_.machine().requested());
  });
}

void engine::impl::ready(connection& c) {
  if (live().get() == &c) {
    history_.ready(c.link().number, clock_now());
    update_ready();
  }
  if (!links_.successor() || links_.successor()->link.get() != &c) return;
  later([](impl& me) {
    const attempt_ptr& next = me.links_.successor();
    const bool there = next && next->link && next->link->link().ready;
    const bool wanted = me.links_.own()->life.current() == phase::open;
    if (there && wanted) me.hand_over(me.links_.machine().ready(me.clock_now()));
  });
}

// Called after every event.
void engine::impl::check_drained() {
  if (links_.machine().current() != handover::state::draining) return;
  const auto& link = links_.predecessor()->link;
  if (link && (!link->written() || sink_.pending_calls(link->link().number) != 0)) return;
  if (!links_.ask_drained()) return;
  later([](impl& me) { me.hand_over(me.links_.drained()); });
}

void engine::impl::hold_writes() {
  const time_point now = clock_now();
  links_.hold(now);
  links_.predecessor()->link->hand_over(now, live());
  history_.moved(live()->link().number, now);
  publish();
  reschedule();
}

void engine::impl::release_writes() {
  const duration held = links_.release(clock_now());
  const auto number = std::to_string(live() ? live()->link().number : 0);
  history_.recycled(held);
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(held).count();
  log(log_level::info, "recycled: link " + number + " has taken over; writes were held for " +
                           std::to_string(us) + " us");
  later([link = live()](impl& me) {
    if (link) link->take_over(me.clock_now());
  });
}

// The successor died while its predecessor was still good. A close of the client that waited for
// its turn has begun on that.
void engine::impl::revert() {
  links_.revert();
  if (live()->closing()) closing(*live());
  history_.moved(live()->link().number, clock_now());
}

void engine::impl::reclaim(connection& c) {
  if (links_.machine().current() != handover::state::draining || live().get() != &c) return;
  links_.predecessor()->link->regain(clock_now(), c);
}

// The predecessor died before its successor was ready: its attempt becomes the client's own.
void engine::impl::fail_over() {
  links_.fail_over();
  if (const auto link = live()) {
    history_.failed_over(link->link().number, !link->link().ready, clock_now());
    mailbox_.set(mailbox::state::linked);
    update_ready();
    link->take_over(clock_now());  // It may end of what it is told.
  }
  publish();
  reschedule();
}

void engine::impl::abandon() {
  if (const auto given_up = links_.abandon()) drop_attempt(*given_up, errc::stopped);
}

}  // namespace hawser::io

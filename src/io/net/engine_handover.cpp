// Recycling: how the engine moves from one link to its successor.
#include "io/net/engine_impl.hpp"

#include <chrono>

namespace hawser::io {

void engine::impl::hand_over(handover::action a) {
  switch (a) {
    case handover::action::none:
      break;
    case handover::action::open:
      successor_ = std::make_shared<attempt>(options_.deadlines);
      perform(successor_, successor_->life.start());
      break;
    case handover::action::hold:
      hold_writes();
      break;
    case handover::action::close_predecessor:
      if (predecessor_ && predecessor_->link)
        predecessor_->link->close(clock_now(), close_code::normal, "recycled");
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
    const bool open = me.main_->life.current() == phase::open;
    if (open && !me.predecessor_) me.hand_over(me.handover_.requested());
  });
}

void engine::impl::ready(connection& c) {
  if (live().get() == &c) {
    record_ready(c.link().number);
    update_ready();
  }
  if (!successor_ || successor_->link.get() != &c) return;
  later([](impl& me) {
    const bool there = me.successor_ && me.successor_->link && me.successor_->link->link().ready;
    const bool wanted = me.main_->life.current() == phase::open;
    if (there && wanted) me.hand_over(me.handover_.ready(me.clock_now()));
  });
}

// Called after every event.
void engine::impl::check_drained() {
  if (handover_.current() != handover::state::draining || drain_posted_) return;
  const auto& link = predecessor_->link;
  if (link && (!link->written() || sink_.pending_calls(link->link().number) != 0)) return;
  drain_posted_ = true;
  later([](impl& me) {
    me.drain_posted_ = false;
    me.hand_over(me.handover_.drained());
  });
}

void engine::impl::hold_writes() {
  held_since_ = clock_now();
  predecessor_ = std::exchange(main_, std::exchange(successor_, nullptr));
  predecessor_->link->hand_over(held_since_, main_->link);
  {
    const std::lock_guard guard(mutex_);
    snapshot_.link = main_->link->link().number;
    record_.moved(snapshot_.link, held_since_);
  }
  publish();
  reschedule();
}

void engine::impl::release_writes() {
  const auto held = clock_now() - held_since_;
  const auto number = std::to_string(main_->link ? main_->link->link().number : 0);
  {
    const std::lock_guard guard(mutex_);
    ++snapshot_.recycled;
    record_.recycled();
    snapshot_.longest_hold = std::max<duration>(snapshot_.longest_hold, held);
  }
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(held).count();
  log(log_level::info, "recycled: link " + number + " has taken over; writes were held for " +
                           std::to_string(us) + " us");
  later([link = main_->link](impl& me) {
    if (link) link->take_over(me.clock_now());
  });
}

// The successor died while its predecessor was still good. A close of the client that waited for
// its turn has begun on that.
void engine::impl::revert() {
  successor_ = std::exchange(main_, std::exchange(predecessor_, nullptr));
  if (main_->link->closing()) closing(*main_->link);
  const std::lock_guard guard(mutex_);
  snapshot_.link = main_->link->link().number;
  record_.moved(snapshot_.link, clock_now());
}

void engine::impl::reclaim(connection& c) {
  if (handover_.current() != handover::state::draining || live().get() != &c) return;
  predecessor_->link->regain(clock_now(), c);
}

// The predecessor died before its successor was ready: its attempt becomes the client's own.
void engine::impl::fail_over() {
  main_ = std::exchange(successor_, nullptr);
  if (const auto link = main_->link) {
    {
      const std::lock_guard guard(mutex_);
      snapshot_.link = link->link().number;
      record_.opened(snapshot_.link, !link->link().ready, clock_now());
      open_ = true;
    }
    update_ready();
    link->take_over(clock_now());  // It may end of what it is told.
  }
  publish();
  reschedule();
}

void engine::impl::abandon() {
  if (const auto given_up = std::exchange(successor_, nullptr))
    drop_attempt(*given_up, errc::stopped);
}

}  // namespace hawser::io

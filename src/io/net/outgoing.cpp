// How a message gets to the session, and what becomes of it.
#include "io/net/outgoing.hpp"

#include <utility>

namespace hawser::io {
namespace {

void own(message& m, bytes_view view) {
  if (m.payload.size() == 0) m.payload = buffer(view);
}

error_code reason_of(const permit& refused) {
  return refused.error() ? refused.error() : error_code(errc::refused_by_hook);
}

}  // namespace

outgoing::outgoing(outgoing_link& link, session& to, traffic& counters, std::size_t unacknowledged,
                   bool asks, bool tracks)
    : link_(link), session_(to), counters_(counters), asks_(asks) {
  if (!tracks) return;
  deliveries_ = std::make_unique<delivery_tracker>(unacknowledged);
  session_.track(deliveries_.get());
}

void outgoing::send_gated(message&& m) {
  if (deliveries_) deliveries_->taken(m.id, m.lane);
  if (gate_ == gate::login) return wait(gated_, std::move(m), never);
  route(m, {});
}

void outgoing::send(message& m, bytes_view view) {
  if (deliveries_) deliveries_->taken(m.id, m.lane);
  route(m, view);
}

// Past what is held in its lane, then past on_sending.
void outgoing::route(message& m, bytes_view view) {
  if (gate_ == gate::closed) return refuse(m, errc::not_connected);
  if (m.payload.size() != 0) view = m.payload.view();
  if (successor_ != nullptr && (m.lane != lane::control || closing())) {
    own(m, view);
    return pass_on(*successor_, std::move(m));
  }
  if (gate_ == gate::turn && m.lane != lane::control) {
    own(m, view);
    return wait(gated_, std::move(m), never);
  }
  if (held_ && held_->any(m.lane)) {
    own(m, view);
    return wait(held_, std::move(m), {});  // Its turn is when those before it are gone.
  }
  if (!asks_) return queue(m, view);
  const permit p = link_.ask_sending(m, view);
  if (p.passes()) return queue(m, view);
  if (p.what() == permit::kind::refuse) return refuse(m, reason_of(p));
  own(m, view);
  wait(held_, std::move(m), p.until());
}

void outgoing::wait(waiting_room& in, message&& m, time_point until) {
  if (!session_.reserve(m.lane, m.payload.size())) return refuse(m, errc::queue_full);
  if (!in) in = std::make_unique<held_messages>();
  in->push(std::move(m), until);
}

void outgoing::queue(message& m, bytes_view view) {
  const auto r = m.payload.size() != 0 ? session_.send(m.lane, m.op, std::move(m.payload), m.id)
                                       : session_.send(m.lane, m.op, view, m.id);
  if (!r) return refuse(m, r.error());
  ++counters_.sent;
}

void outgoing::refuse(const message& m, error_code ec) {
  ++counters_.refused;
  if (deliveries_) deliveries_->refused(m.id, ec);
}

void outgoing::release_held(time_point now) {
  if (!held_ || closing()) return;  // What is still held then counts as unsent.
  held_->release(
      now, [this](const message& m) { return link_.ask_sending(m, m.payload.view()); },
      [this](const permit& p, message& m) {
        session_.unreserve(m.lane, m.payload.size());
        if (p.passes()) return queue(m, {});
        refuse(m, reason_of(p));
      });
}

template <class F>
void outgoing::release_all(waiting_room& from, F&& to) {
  if (!from) return;
  from->release_all([&](message& m) {
    session_.unreserve(m.lane, m.payload.size());
    to(m);
  });
}

void outgoing::open() {
  set_gate(gate::open);
  release_all(gated_, [this](message& m) { route(m, {}); });
}

void outgoing::hand_over(outgoing& successor) {
  successor_ = &successor;
  release_all(held_, [&](message& m) { pass_on(successor, std::move(m)); });
}

void outgoing::regain(outgoing& successor) {
  successor_ = nullptr;
  successor.release_all(successor.gated_,
                        [&](message& m) { successor.pass_on(*this, std::move(m)); });
}

void outgoing::pass_on(outgoing& to, message&& m) {
  if (const auto awaited = deliveries_ ? deliveries_->forget(m.id) : std::nullopt) {
    to.deliveries_->taken(m.id, m.lane);
    if (*awaited) to.await_ack(m.id);
  }
  to.route(m, {});
}

void outgoing::await_ack(send_id id) {
  if (successor_ != nullptr) successor_->await_ack(id);  // It may have been passed on already.
  if (deliveries_ && !deliveries_->await_ack(id)) link_.too_many_unacknowledged();
}

std::size_t outgoing::end(error_code ec) {
  std::size_t unsent = session_.queue().unsent();
  for (waiting_room* room : {&held_, &gated_}) {
    if (!*room) continue;
    unsent += (*room)->count();
    room->reset();
  }
  gate_ = gate::closed;
  if (deliveries_) deliveries_->drop(ec);
  return unsent;
}

std::size_t outgoing::waiting() const noexcept {
  std::size_t n = session_.queue().waiting();
  if (held_) n += held_->count();
  if (gated_) n += gated_->count();
  return n;
}

std::optional<std::size_t> outgoing::became_long(std::size_t limit) noexcept {
  const std::size_t n = waiting();
  const bool before = std::exchange(long_, n > (long_ ? limit / 2 : limit));
  return long_ && !before ? std::optional(n) : std::nullopt;
}

bool outgoing::fits(lane l, std::size_t size) const noexcept {
  const send_queue& q = session_.queue();
  return size > q.bound(l).bytes || q.fits(l, 1, size);  // One that never fits is refused.
}

}  // namespace hawser::io

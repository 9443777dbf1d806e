// How a connection carries out what hooks record.
#include <hawser/thrown.hpp>

#include "io/net/connection.hpp"

#include <algorithm>
#include <utility>

namespace hawser::io {
namespace {

error_code reason_of(const permit& refused) {
  return refused.error() ? refused.error() : error_code(errc::refused_by_hook);
}

}  // namespace

// Carries out what was recorded, and what is recorded while that is done.
void connection::settle() {
  if (settling_) return;
  settling_ = true;
  const auto self = shared_from_this();
  const auto untold = [this] { return fates_ && fates_->waiting(); };
  while (!effects_.empty() || !later_.empty() || gate_opens_ || untold()) {
    if (effects_.empty()) std::swap(effects_, later_);
    execute(effects_);
    effects_.clear();
    tell_fates();
    // Behind what on_ready sent.
    if (later_.empty() && std::exchange(gate_opens_, false)) {
      gated_.release_all([this](message& m) { route(m); });
      if (auto c = std::exchange(close_later_, std::nullopt)) begin_close(*c);
    }
  }
  settling_ = false;
}

// Never within another hook: what these record is done later, too.
void connection::tell_fates() {
  while (fates_ && fates_->waiting()) {
    const fate_tracker::settled s = *fates_->next();
    if (!counters_.may_tell(now_)) continue;
    context c(later_, link_, now_, config_.log);
    sink_.settled(c, {s.id, s.lane, s.fate, s.error});
  }
}

void connection::await_ack(send_id id) {
  if (successor_) successor_->await_ack(id);  // It may have been passed on already.
  if (!fates_ || fates_->await_ack(id)) return;
  context(later_, link_, now_, config_.log)
      .fail(errc::too_many_unacknowledged, "limits.unacknowledged is reached");
}

void connection::offload(effects::job& work) {
  const auto r = owner_.offload(work);
  if (r || !work.done || !counters_.may_tell(now_)) return;
  context c(later_, link_, now_, config_.log);
  try {
    work.done(c, r.error());
  } catch (...) {
    detail::report(c, "offload", "done");
  }
}

void connection::refuse(const message& m, error_code ec) {
  ++counters_.refused;
  if (fates_) fates_->refused(m.id, ec);
}

void connection::execute(effects& fx) {
  const bool was_open = state_ == state::open;
  for (effects::effect& e : fx.list()) {
    switch (e.what) {
      case effects::kind::send: {
        const bytes_view view = fx.payload(e);
        message m{e.number, e.op, e.lane, std::move(e.owned)};
        if (fates_) fates_->taken(m.id, m.lane);
        route(m, view);
        break;
      }
      case effects::kind::ping:
        if (state_ == state::open) session_.ping(fx.payload(e));
        break;
      case effects::kind::close:
        // It was meant for the link, which a fail() before it has ended.
        if (was_open && state_ != state::open && !successor_) break;
        (successor_ ? *successor_ : *this).begin_close({e.code, std::string(fx.text(e)), true});
        break;
      case effects::kind::stop:
        owner_.stop_requested();
        break;
      case effects::kind::fail:
        if (state_ != state::open) break;
        session_.fail(e.code, {});
        flush();
        end(e.error, link_end::ours, std::string(fx.text(e)));
        break;
      case effects::kind::await_ack:
        await_ack(e.number);
        break;
      case effects::kind::acked:
        ++link_.acked;
        if (fates_) fates_->acked(e.number);
        break;
      case effects::kind::defer_retry:
        retry_after_ = duration(static_cast<duration::rep>(e.number));
        break;
      case effects::kind::offload:
        offload(fx.work(e));
        break;
      case effects::kind::recycle:
        owner_.recycle(*this);
        break;
      default:
        execute_raise(fx, e);
        break;
    }
  }
}

// Behind what waits, also for this link's turn.
void connection::begin_close(const close_request& wanted) {
  if (state_ == state::open && began_close_) {
    // The first Close goes out. Who wants the end of the client gets it nevertheless.
    if (own_close_ && wanted.asked && orderly(wanted.code)) own_close_ = wanted.code;
    return;
  }
  if (state_ != state::open || closing()) {
    if (wanted.asked) owner_.close_unlinked(wanted.code, wanted.reason);
    return;
  }
  if (waits_its_turn()) {
    const bool ends = wanted.asked && orderly(wanted.code);
    if (!close_later_ || (ends && !orderly(close_later_->code))) close_later_ = wanted;
    return owner_.closing(*this);
  }
  session_.close(wanted.code, wanted.reason);
  began_close_ = true;
  if (wanted.asked) own_close_ = wanted.code;
  close_deadline_ = now_ + config_.deadlines.close;
  owner_.closing(*this);
}

// What a hook asked of other plug-ins, or of the login: it calls hooks, which record in `later_`.
void connection::execute_raise(const effects& fx, const effects::effect& e) {
  if (state_ != state::open || counters_.out_of_time()) return;
  context c(later_, link_, now_, config_.log);
  switch (e.what) {
    case effects::kind::begin_login:
      if (!link_.ready) login_deadline_ = now_ + config_.deadlines.authenticate;
      break;
    case effects::kind::set_ready:
      if (login_deadline_ != never) become_ready();
      break;
    case effects::kind::heartbeat:
      if (sink_.wants(hook::heartbeat)) sink_.heartbeat(c, heartbeat_info{++heartbeats_});
      break;
    case effects::kind::subscription:
      if (!sink_.wants(hook::subscription)) break;
      sink_.subscription(
          c, {e.subscription, fx.text(e),
              e.subscription == subscription_event::kind::failed ? e.error : error_code()});
      break;
    case effects::kind::reauthenticate:
      owner_.reauthenticate(*this);
      break;
    default:
      break;
  }
}

// What clients sent since the link opened goes out now, in its order.
void connection::become_ready() {
  if (link_.ready || state_ != state::open) return;
  login_deadline_ = never;
  link_.ready = true;
  owner_.ready(*this);
  if (sink_.wants(hook::ready)) {
    context c(later_, link_, now_, config_.log);
    sink_.ready(c, {link_.number, link_.successor});
  }
  gate_opens_ = !link_.successor;
  settle();
}

void connection::hand_over(time_point now, std::shared_ptr<connection> successor) {
  now_ = now;
  successor_ = std::move(successor);
  link_.queue = &successor_->session_.queue();  // Whose bounds apply, and whose end.
  link_.successor_number = successor_->link_.number;
  held_.release_all([this](message& m) { pass_on(*successor_, std::move(m)); });
  flush();
}

void connection::pass_on(connection& to, message&& m) {
  if (const auto awaited = fates_ ? fates_->forget(m.id) : std::nullopt) {
    to.fates_->taken(m.id, m.lane);
    if (*awaited) to.await_ack(m.id);
  }
  to.now_ = now_;
  to.route(m);
}

void connection::regain(time_point now, connection& successor) {
  now_ = now;
  successor_.reset();
  link_.successor_number = 0;
  link_.queue = &session_.queue();
  successor.gated_.release_all([&](message& m) { successor.pass_on(*this, std::move(m)); });
  sink_.move_calls(successor.link_.number, link_.number);
  if (auto c = std::exchange(successor.close_later_, std::nullopt)) begin_close(*c);
  settle();
  flush();
}

void connection::take_over(time_point now) {
  if (state_ == state::released) return;
  const auto self = shared_from_this();
  now_ = now;
  const bool waited = waits_its_turn();
  link_.successor = false;
  unread_ = 0;
  if (!waited) return;
  gate_opens_ = true;
  settle();
  deliver();
  flush();
  if (!reading_) readable();  // TLS may hold bytes that no socket tells of.
  reschedule();
}

void connection::fail_login() {
  login_deadline_ = never;
  with_context(now_,
               [](context& c) { c.fail(errc::auth_timeout, "the login was not through in time"); });
}

void connection::renew(time_point now, const std::vector<header>& granted) {
  if (state_ != state::open) return;
  with_context(now, [&](context& c) { sink_.renewed(c, {link_.number, granted}); });
  flush();
}

// A message on its way to the session: past what is held in its lane, then past on_sending. `view`
// is its payload if it owns none.
void connection::route(message& m, bytes_view view) {
  if (state_ != state::open) return refuse(m, errc::not_connected);
  if (m.payload.size() != 0) view = m.payload.view();
  if (successor_ && (m.lane != lane::control || closing())) {
    own(m, view);
    return pass_on(*successor_, std::move(m));
  }
  if (waits_its_turn() && m.lane != lane::control) {
    own(m, view);
    return gate(std::move(m));
  }
  if (!held_.any(m.lane)) {
    if (!sink_.wants(hook::sending)) return queue(m, view);
    const permit p = ask_sending(m, view);
    if (p.passes()) return queue(m, view);
    if (p.what() == permit::kind::refuse) return refuse(m, reason_of(p));
    own(m, view);
    return hold(std::move(m), p.until());
  }
  own(m, view);
  hold(std::move(m), now_);
}

void connection::own(message& m, bytes_view view) {
  if (m.payload.size() == 0) m.payload = buffer(view);
}

void connection::hold(message&& m, time_point until) {
  if (!held_.push(std::move(m), until)) refuse(m, errc::queue_full);
}

void connection::gate(message&& m) {
  if (!gated_.push(std::move(m), never)) refuse(m, errc::queue_full);
}

permit connection::ask_sending(const message& m, bytes_view view) {
  if (counters_.out_of_time()) return permit::refuse(errc::stopped);
  context c(later_, link_, now_, config_.log);
  return sink_.sending(c, outbound{m.id, m.op, m.lane, view});
}

void connection::queue(message& m, bytes_view view) {
  const auto r = m.payload.size() != 0 ? session_.send(m.lane, m.op, std::move(m.payload), m.id)
                                       : session_.send(m.lane, m.op, view, m.id);
  if (!r) return refuse(m, r.error());
  ++counters_.sent;
}

void connection::release_held() {
  if (closing()) return;  // What is still held counts as unsent.
  held_.release(
      now_, [this](const message& m) { return ask_sending(m, m.payload.view()); },
      [this](const permit& p, message& m) {
        if (p.passes()) return queue(m, {});
        refuse(m, reason_of(p));
      });
}

}  // namespace hawser::io

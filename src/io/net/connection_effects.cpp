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
      if (const auto r = ending_.resume()) begin_close(*r);
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

// One line for each kind: a new one does not compile without.
struct connection::carrier {
  connection& c;
  effects& fx;
  const bool was_open = !c.ending_.over();

  void operator()(const effects::send& s) const {
    message m{s.id, s.op, s.lane, fx.take(s)};
    if (c.fates_) c.fates_->taken(m.id, m.lane);
    c.route(m, fx.bytes(s.copied));
  }
  void operator()(const effects::ping& p) const {
    if (is_open()) c.session_.ping(fx.bytes(p.payload));
  }
  void operator()(const effects::close& e) const {
    // It was meant for the link, which a fail() before it has ended.
    if (was_open && !is_open() && !c.successor_) return;
    (c.successor_ ? *c.successor_ : c).begin_close({e.code, std::string(fx.text(e.reason)), true});
  }
  void operator()(effects::stop) const { c.owner_.stop_requested(); }
  void operator()(const effects::fail& e) const {
    const std::string detail(fx.text(e.detail));
    if (!is_open()) return c.owner_.failed_unlinked(e.error, detail);
    c.session_.fail(close_code_for(e.error), {});
    c.flush();
    c.end(e.error, link_end::ours, detail);
  }
  void operator()(effects::await_ack e) const { c.await_ack(e.id); }
  void operator()(effects::acked e) const {
    ++c.link_.acked;
    if (c.fates_) c.fates_->acked(e.id);
  }
  void operator()(effects::defer_retry e) const { c.retry_after_ = e.after; }
  void operator()(effects::offload e) const { c.offload(fx.work(e)); }
  void operator()(effects::recycle) const { c.owner_.recycle(c); }

  // What a hook asked of other plug-ins, or of the login: it calls hooks, which record in `later_`.
  void operator()(effects::begin_login) const {
    if (raises() && !c.link_.ready) c.login_deadline_ = c.now_ + c.config_.deadlines.authenticate;
  }
  void operator()(effects::set_ready) const {
    if (raises() && c.login_deadline_ != never) c.become_ready();
  }
  void operator()(effects::heartbeat) const {
    if (!raises() || !c.sink_.wants(hook::heartbeat)) return;
    context x(c.later_, c.link_, c.now_, c.config_.log);
    c.sink_.heartbeat(x, heartbeat_info{++c.heartbeats_});
  }
  void operator()(const effects::subscription& e) const {
    if (!raises() || !c.sink_.wants(hook::subscription)) return;
    const bool failed = e.what == subscription_event::kind::failed;
    context x(c.later_, c.link_, c.now_, c.config_.log);
    c.sink_.subscription(x,
                         {e.what, fx.text(e.topic), failed ? error_code(e.error) : error_code()});
  }
  void operator()(effects::reauthenticate) const {
    if (raises()) c.owner_.reauthenticate(c);
  }

 private:
  bool is_open() const noexcept { return !c.ending_.over(); }
  bool raises() const noexcept { return is_open() && !c.counters_.out_of_time(); }
};

void connection::execute(effects& fx) {
  const carrier carry{*this, fx};
  for (const effects::effect& e : fx.list()) {
    if (const auto* s = std::get_if<effects::send>(&e)) {  // By far the most.
      carry(*s);
    } else {
      std::visit(carry, e);
    }
  }
}

// Behind what waits, also for this link's turn.
void connection::begin_close(const close_request& wanted) {
  switch (ending_.want(wanted, closing(), waits_its_turn(), now_)) {
    case ending::action::none:
      break;
    case ending::action::close:
      session_.close(wanted.code, wanted.reason);
      owner_.closing(*this);
      break;
    case ending::action::postpone:
      owner_.closing(*this);
      break;
    case ending::action::moot:
      if (wanted.asked) owner_.close_unlinked(wanted.code, wanted.reason);
      break;
  }
}

// What clients sent since the link opened goes out now, in its order.
void connection::become_ready() {
  if (link_.ready || ending_.over()) return;
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
  if (const auto r = successor.ending_.resume()) begin_close(*r);
  settle();
  flush();
}

void connection::take_over(time_point now) {
  if (ending_.released()) return;
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
  if (ending_.over()) return;
  with_context(now, [&](context& c) { sink_.renewed(c, {link_.number, granted}); });
  flush();
}

// A message on its way to the session: past what is held in its lane, then past on_sending. `view`
// is its payload if it owns none.
void connection::route(message& m, bytes_view view) {
  if (ending_.over()) return refuse(m, errc::not_connected);
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

// How a connection carries out what hooks record.
#include <hawser/thrown.hpp>

#include "io/net/connection.hpp"

#include <algorithm>
#include <utility>

namespace hawser::io {

// Carries out what was recorded, and what is recorded while that is done.
void connection::settle() {
  if (effects_.busy) return;
  effects_.busy = true;
  const auto self = shared_from_this();
  auto& [now, later, busy] = effects_;
  while (!now.empty() || !later.empty() || outgoing_.opening() || outgoing_.untold()) {
    if (now.empty()) std::swap(now, later);
    execute(now);
    now.clear();
    tell_deliveries();
    if (later.empty() && outgoing_.opening()) {  // Behind what on_ready sent.
      outgoing_.open();
      if (const auto r = ending_.resume()) begin_close(*r);
    }
  }
  busy = false;
}

// Never within another hook: what these record is done later, too.
void connection::tell_deliveries() {
  while (const auto s = outgoing_.next_end()) {
    if (!counters_.may_tell(now_)) continue;
    context c(effects_.later, link_, now_, config_.log);
    sink_.settled(c, {s->id, s->lane, s->delivery, s->error});
  }
}

void connection::too_many_unacknowledged() {
  context(effects_.later, link_, now_, config_.log)
      .fail(errc::too_many_unacknowledged, "limits.unacknowledged is reached");
}

void connection::offload(effects::job& work) {
  const auto r = owner_.offload(work);
  if (r || !work.done || !counters_.may_tell(now_)) return;
  context c(effects_.later, link_, now_, config_.log);
  try {
    work.done(c, r.error());
  } catch (...) {
    detail::report(c, "offload", "done");
  }
}

// One line for each kind: a new one does not compile without.
struct connection::carrier {
  connection& c;
  effects& fx;
  const bool was_open = !c.ending_.over();

  void operator()(const effects::send& s) const {
    message m{s.id, s.op, s.lane, fx.take(s)};
    c.outgoing_.send(m, fx.bytes(s.copied));
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
  void operator()(effects::await_ack e) const { c.outgoing_.await_ack(e.id); }
  void operator()(effects::acked e) const {
    ++c.link_.acked;
    c.outgoing_.acked(e.id);
  }
  void operator()(effects::defer_retry e) const { c.retry_after_ = e.after; }
  void operator()(effects::offload e) const { c.offload(fx.work(e)); }
  void operator()(effects::recycle) const { c.owner_.recycle(c); }

  // What a hook asked of other plug-ins, or of the login: it calls hooks, which record for later.
  void operator()(effects::begin_login) const {
    if (raises() && !c.link_.ready) c.login_deadline_ = c.now_ + c.config_.deadlines.authenticate;
  }
  void operator()(effects::set_ready) const {
    if (raises() && c.login_deadline_ != never) c.become_ready();
  }
  void operator()(effects::heartbeat) const {
    if (!raises() || !c.sink_.wants(hook::heartbeat)) return;
    context x(c.effects_.later, c.link_, c.now_, c.config_.log);
    c.sink_.heartbeat(x, heartbeat_info{++c.heartbeats_});
  }
  void operator()(const effects::subscription& e) const {
    if (!raises() || !c.sink_.wants(hook::subscription)) return;
    const bool failed = e.what == subscription_event::kind::failed;
    context x(c.effects_.later, c.link_, c.now_, c.config_.log);
    c.sink_.subscription(x, {e.what, fx.text(e.topic), failed ? e.error : error_code()});
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
    context c(effects_.later, link_, now_, config_.log);
    sink_.ready(c, {link_.number, link_.successor});
  }
  outgoing_.set_gate(link_.successor ? outgoing::gate::turn : outgoing::gate::opening);
  settle();
}

void connection::hand_over(time_point now, std::shared_ptr<connection> successor) {
  successor_ = std::move(successor);
  set_time(now);
  link_.queue = &successor_->session_.queue();  // Whose bounds apply, and whose end.
  link_.successor_number = successor_->link_.number;
  outgoing_.hand_over(successor_->outgoing_);
  flush();
}

void connection::regain(time_point now, connection& successor) {
  successor_.reset();
  set_time(now);
  link_.successor_number = 0;
  link_.queue = &session_.queue();
  outgoing_.regain(successor.outgoing_);
  sink_.move_calls(successor.link_.number, link_.number);
  if (const auto r = successor.ending_.resume()) begin_close(*r);
  settle();
  flush();
}

void connection::take_over(time_point now) {
  if (ending_.released()) return;
  const auto self = shared_from_this();
  set_time(now);
  const bool waited = waits_its_turn();
  link_.successor = false;
  intake_.unread = 0;
  if (!waited) return;
  outgoing_.set_gate(outgoing::gate::opening);
  settle();
  deliver();
  flush();
  // TLS may hold bytes that no socket tells of.
  if (intake_.at != intake::state::awaited) readable();
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

permit connection::ask_sending(const message& m, bytes_view view) {
  if (counters_.out_of_time()) return permit::refuse(errc::stopped);
  context c(effects_.later, link_, now_, config_.log);
  return sink_.sending(c, outbound{m.id, m.op, m.lane, view});
}

}  // namespace hawser::io

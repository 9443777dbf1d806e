// What the engine does with links, and with time.
#include "io/net/engine_impl.hpp"
#include "io/net/evidence.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace hawser::io {

void engine::impl::announce(const attempt_ptr& on) {
  const auto dial = std::exchange(on->dial, nullptr);
  dial->opened();
  linger(nullptr);  // The link before it had its time.
  connection::config config{options_.limits, options_.deadlines, role::client};
  config.successor = on == links_.successor();
  config.number = history_.number_link(!config.successor);
  if (!config.successor) mailbox_.set(mailbox::state::linked);
  config.log = options_.log.get();
  config.queue_warning = options_.queue_warning;
  if (const auto loop = loop_.lock()) config.buffers = loop->buffers;
  const auto link =
      std::make_shared<connection>(*this, sink_, traffic_, *random_, dial->take_stream(), config);
  on->link = link;
  publish();
  const upgrade_outcome& o = dial->outcome();
  if (on == links_.own()) history_.opened(config.number, clock_now());
  link->open(clock_now(),
             {config.number, o.subprotocol, o.headers, link->security(), config.successor,
              on->request.fingerprint},
             dial->rest());
  history_.announced();
}

// One link at a time may take its time to end TCP.
void engine::impl::linger(std::shared_ptr<connection> link) {
  const auto before = links_.linger(std::move(link));
  if (before) before->abort(errc::stopped, {});
}

void engine::impl::ended(connection& c, const drop_info& info, std::string_view detail) {
  auto on = links_.owner_of(c);
  if (!on) return;
  linger(std::exchange(on->link, nullptr));
  unlinked_.acked = c.link().acked;
  if (on == links_.predecessor()) {
    links_.forget_predecessor();
    return hand_over(links_.machine().predecessor_ended());
  }
  if (on == links_.own()) {
    hand_over(links_.machine().successor_ended());  // If it reverts, `on` is a successor again.
    if (on == links_.own()) set_open(false);
  }
  note(*on, info.error, std::string(detail));
  on->why.code = info.code;
  on->why.own_close = info.own_close;
  on->why.retry_after = c.retry_after();
  perform(on, on->life.ended(info.error));
}

std::string engine::impl::shown(const connection& c, std::string_view said) const {
  const auto on = links_.owner_of(c);
  if (!on || said.empty()) return std::string(said);
  sent_secrets ours = secrets_of(on->request);
  if (renewal_) renewal_->hide_in(ours);
  return ours.mask(said);
}

void engine::impl::released(connection& c) {
  links_.release(c);
  complete_if_idle();
}

// Its deadline counts from here, whatever runs meanwhile.
void engine::impl::stop_requested() {
  traffic_.stop.ask(clock_now());
  if (const auto on = loop_.lock()) {
    asio::post(on->context, [me = shared_from_this()] { me->obey_stop(); });
  }
}

// Each call once, whoever sees it first.
void engine::impl::obey_stop() {
  while (traffic_.stop.take_call())
    perform(links_.own(), links_.own()->life.stop(traffic_.stop.called()));
}

// Later: whoever asks is in the middle of a hook. One that is asked what follows such a close does
// not ask for another.
void engine::impl::close_unlinked(close_code code, std::string_view reason) {
  if (shutdown_.ends() || links_.own()->why.own_close) return;
  later([code, why = std::string(reason)](impl& me) { me.close_client(code, why); });
}

// Without a link there is nothing to close, but an orderly Close says that none is wanted any more:
// on_error is asked as if a link had ended of it.
void engine::impl::close_client(close_code code, const std::string& reason) {
  if (shutdown_.ends()) return;
  if (const auto link = live(); link && link->link().open) {
    link->with_context(clock_now(), [&](context& c) { c.close(code, reason); });
    return link->flush();
  }
  const std::string which = "close(" + std::to_string(static_cast<int>(code)) + ")";
  if (!orderly(code)) {
    return log(log_level::warn, which + " of a client that has no link closes nothing, and it " +
                                    "dials on; stop(), or a close with 1000, ends it");
  }
  const bool idle = links_.own()->life.current() == phase::idle;
  const action next = links_.own()->life.closed();
  if (next == action::none && !idle) return;
  note(*links_.own(), errc::closed,
       "our own " + which + " without a link" + (reason.empty() ? "" : ": " + reason));
  links_.own()->why.own_close = code;
  perform(links_.own(), next);
}

void engine::impl::failed_unlinked(error_code, std::string_view detail) {
  log(log_level::error, detail);
}

void engine::impl::resume_later(connection& c) {
  if (const auto on = loop_.lock()) {
    asio::post(on->context, [link = c.share()] { link->resume(); });
  }
}

void engine::impl::closing(connection& c) {
  if (live().get() != &c) return;
  set_open(false);  // What is sent from now on would not be.
  links_.own()->life.closing(clock_now());
  // Whoever closes the link wants no other: not the one that is under way, either.
  if (links_.machine().current() != handover::state::idle) {
    later([](impl& me) { me.hand_over(me.links_.machine().stop()); });
  }
}

void engine::impl::set_open(bool open) {
  mailbox_.set(open ? mailbox::state::linked : mailbox::state::unlinked);
  update_ready();
}

// The link goes on with its old credentials until new ones are granted.
void engine::impl::reauthenticate(connection& c) {
  if (!sink_.wants(hook::authenticate) || !sink_.wants(hook::renewed)) return;
  if (!renewal_) renewal_ = std::make_unique<renewal>();
  const std::uint64_t number = renewal_->begin(c.link().number, links_.own()->request.endpoint,
                                               clock_now() + options_.deadlines.authenticate);
  auth_request request{renewal_->request(),
                       make_tickets([number](impl& me, error_code ec, const auto& granted) {
                         me.renewed(number, ec, granted);
                       }),
                       true};
  grant answer = grant::ready();
  if (const auto ec = outside([&](context& x) { answer = sink_.authenticate(x, request); })) {
    return renewed(number, ec, {});
  }
  if (answer.what() == grant::kind::pending) return;
  const bool refused = answer.what() == grant::kind::refuse;
  const error_code why = answer.error() ? answer.error() : error_code(errc::unauthorized);
  renewed(number, refused ? why : error_code(), {});
}

void engine::impl::renewed(std::uint64_t number, error_code ec,
                           const std::vector<header>& granted) {
  if (!renewal_ || !renewal_->finish(number)) return;
  if (ec) return log(log_level::warn, "new credentials for the open link: " + ec.message());
  const auto link = live();
  if (!link || link->link().number != renewal_->link()) return;
  link->renew(clock_now(), renewal_->grant(granted));
}

void engine::impl::tell_stopped() {
  if (!shutdown_.started() || !sink_.wants(hook::stopped)) return;
  stop_info info;
  info.error = links_.own()->life.result();
  info.at = links_.own()->life.failed_in();
  const std::string detail = last_detail();
  info.detail = detail;
  using reason = stop_info::reason;
  // stop() may come while offloaded work is awaited: it ended nothing then.
  const bool asked = links_.own()->life.stopping() && !info.error;
  info.why = asked                                ? reason::asked
             : !info.error                        ? reason::closed
             : shutdown_.threw()                  ? reason::threw
             : info.error == condition::auth      ? reason::auth
             : info.error == condition::permanent ? reason::permanent
                                                  : reason::given_up;
  outside([&](context& c) { sink_.stopped(c, info); });
}

void engine::impl::finish() {
  const bool first = shutdown_.finish();
  hand_over(links_.machine().given_up());
  links_.stop();
  drop_attempt(*links_.own(), errc::stopped);
  const std::vector<mailbox::mail> unread = mailbox_.close();
  work_.close();
  const error_code why = links_.own()->life.result();
  gate_.end(why ? why : error_code(errc::stopped));
  // A link that has not ended is aborted; one that has may linger within its deadline.
  for (const auto& link : links_.links()) {
    if (!link || (link->lingering() && !links_.own()->life.stopped_twice())) continue;
    link->abort(errc::stopped, "stopped");
  }
  const time_point now = clock_now();  // What the hooks above took is not the next ones'.
  drop_offline(now);
  for (const mailbox::mail& m : unread) {
    if (!m.task) never_sent(now, m.what, errc::stopped);
  }
  if (first) {
    end_offload();
    if (!work_.awaited()) tell_stopped();
  }
  if (links_.own()->life.stopped_twice()) leave_offload();
  shutdown_.finished();
  complete_if_idle();
}

// Whoever is told of the end may destroy the client: everybody else was told before.
void engine::impl::complete_if_idle() {
  if (!shutdown_.awaits_rest()) return;
  bool linked = false;
  links_.each_link([&](const connection&) { linked = true; });
  if (linked) return;
  if (work_.awaited()) return;  // Work still runs.
  shutdown_.complete();
  timer_.cancel();
  if (const auto n = traffic_.untold.get(); n != 0) {
    log(log_level::warn, "stop() left no time to tell of " + std::to_string(n) +
                             " ends (on_settled, offload): deadlines.close is over and its hooks "
                             "are slow");
  }
  publish();
  if (!shutdown_.abandoned()) monitor_->close(build_diagnostics());
  shutdown_.tell(links_.own()->life.result());
}

void engine::impl::shut() {
  shutdown_.abandon();
  if (shutdown_.completed()) return;
  perform(links_.own(), links_.own()->life.stop(clock_now()));
  perform(links_.own(), links_.own()->life.stop(clock_now()));
  shutdown_.complete();
  timer_.cancel();
  work_.wait(options_.deadlines.close);
}

// --- time -------------------------------------------------------------------------------------

void engine::impl::reschedule() {
  if (shutdown_.completed()) return;
  check_drained();
  time_point t = std::min(links_.own()->life.deadline(), work_.deadline());
  if (!shutdown_.ends()) t = std::min({t, sink_.next_wake(), mailbox_.next_expiry()});
  if (!shutdown_.ends() && renewal_) t = std::min(t, renewal_->deadline());
  schedule_release();
  if (const auto& s = links_.successor()) t = std::min(t, s->life.deadline());
  t = std::min(t, links_.machine().deadline());
  links_.each_link([&](const connection& link) { t = std::min(t, link.next_deadline()); });
  timer_.wake_by(t, *this, [this](time_point now) { tick(now); });
}

void engine::impl::tick(time_point now) {
  if (shutdown_.completed()) return;
  // What waits in the loop before the stop has to wait no longer.
  if (traffic_.out_of_time()) obey_stop();
  if (shutdown_.completed()) return;
  for (const auto& link : links_.links()) {
    if (link) link->tick(now);
  }
  for (const auto& on : {links_.own(), links_.successor()}) {
    if (!on) continue;
    if (now >= on->life.deadline() && on->life.current() == phase::upgrading && on->dial) {
      on->dial->give_up_upgrade(errc::upgrade_timeout);  // A refusal may be known by now.
    } else {
      perform(on, on->life.tick(now));
    }
  }
  hand_over(links_.machine().tick(now));
  expire_offline(now);
  if (now >= work_.deadline()) leave_offload();
  if (renewal_ && now >= renewal_->deadline()) {
    renewed(renewal_->number(), errc::auth_timeout, {});
  }
  if (!shutdown_.ends() && sink_.next_wake() <= now) wake(now);
  reschedule();
}

void engine::impl::wake(time_point now) {
  const wake_info info{now};
  if (const auto link = live(); link && link->link().open) {
    link->with_context(now, [&](context& c) { sink_.wake(c, info); });
    link->flush();
    return;
  }
  outside([&](context& c) { sink_.wake(c, info); });
}

void engine::impl::run_task(time_point now, const std::function<void(context&)>& task) {
  if (shutdown_.ends()) return;
  if (const auto link = live(); link && link->link().open) {
    link->run_task(now, task);
  } else {
    outside([&](context& c) { sink_.run_task(c, task); });
  }
}

}  // namespace hawser::io

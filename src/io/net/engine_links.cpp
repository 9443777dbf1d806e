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
  config.successor = on == successor_;
  {
    const std::lock_guard guard(mutex_);
    config.number = ++snapshot_.links;
    if (!config.successor) {
      snapshot_.link = config.number;
      open_ = true;
    }
  }
  config.log = options_.log.get();
  config.queue_warning = options_.queue_warning;
  if (const auto loop = loop_.lock()) config.buffers = loop->buffers;
  const auto link =
      std::make_shared<connection>(*this, sink_, traffic_, *random_, dial->take_stream(), config);
  on->link = link;
  publish();
  const upgrade_outcome& o = dial->outcome();
  if (on == main_) record_open(config.number);
  link->open(clock_now(),
             {config.number, o.subprotocol, o.headers, link->security(), config.successor,
              on->request.fingerprint},
             dial->rest());
  announcing_ = false;
}

engine::impl::attempt_ptr engine::impl::owner_of(const connection& c) const {
  for (const auto& a : {main_, successor_, predecessor_}) {
    if (a && a->link.get() == &c) return a;
  }
  return nullptr;
}

engine::impl::link_list engine::impl::links() const {
  const auto of = [](const attempt_ptr& on) { return on ? on->link : nullptr; };
  return {of(main_), of(successor_), of(predecessor_), lingering_};
}

// One link at a time may take its time to end TCP.
void engine::impl::linger(std::shared_ptr<connection> link) {
  const auto before = std::exchange(lingering_, std::move(link));
  if (before) before->abort(errc::stopped, {});
}

void engine::impl::ended(connection& c, const drop_info& info, std::string_view detail) {
  auto on = owner_of(c);
  if (!on) return;
  linger(std::exchange(on->link, nullptr));
  no_link_.acked = c.link().acked;
  if (on == predecessor_) {
    predecessor_.reset();
    return hand_over(handover_.predecessor_ended());
  }
  if (on == main_) {
    hand_over(handover_.successor_ended());  // If it reverts, `on` is a successor again.
    if (on == main_) set_open(false);
  }
  note(*on, info.error, std::string(detail));
  on->why.code = info.code;
  on->why.own_close = info.own_close;
  on->why.retry_after = c.retry_after();
  perform(on, on->life.ended(info.error));
}

std::string engine::impl::shown(const connection& c, std::string_view said) const {
  const auto on = owner_of(c);
  if (!on || said.empty()) return std::string(said);
  sent_secrets ours = secrets_of(on->request);
  for (const header& f : renewal_.shown) ours.add_credential(f.name, f.value);
  for (const header& f : renewal_.request.headers) ours.add_credential(f.name, f.value);
  return ours.mask(said);
}

void engine::impl::released(connection& c) {
  if (const auto on = owner_of(c)) on->link.reset();
  if (lingering_.get() == &c) lingering_.reset();
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
  while (traffic_.stop.take_call()) perform(main_, main_->life.stop(traffic_.stop.called()));
}

// Later: whoever asks is in the middle of a hook. One that is asked what follows such a close does
// not ask for another.
void engine::impl::close_unlinked(close_code code, std::string_view reason) {
  if (finished_ || main_->why.own_close) return;
  later([code, why = std::string(reason)](impl& me) { me.close_client(code, why); });
}

// Without a link there is nothing to close, but an orderly Close says that none is wanted any more:
// on_error is asked as if a link had ended of it.
void engine::impl::close_client(close_code code, const std::string& reason) {
  if (finished_) return;
  if (const auto link = live(); link && link->link().open) {
    link->with_context(clock_now(), [&](context& c) { c.close(code, reason); });
    return link->flush();
  }
  const std::string which = "close(" + std::to_string(static_cast<int>(code)) + ")";
  if (!orderly(code)) {
    return log(log_level::warn, which + " of a client that has no link closes nothing, and it " +
                                    "dials on; stop(), or a close with 1000, ends it");
  }
  const bool idle = main_->life.current() == phase::idle;
  const action next = main_->life.closed();
  if (next == action::none && !idle) return;
  note(*main_, errc::closed,
       "our own " + which + " without a link" + (reason.empty() ? "" : ": " + reason));
  main_->why.own_close = code;
  perform(main_, next);
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
  main_->life.closing(clock_now());
  // Whoever closes the link wants no other: not the one that is under way, either.
  if (handover_.current() != handover::state::idle) {
    later([](impl& me) { me.hand_over(me.handover_.stop()); });
  }
}

void engine::impl::set_open(bool open) {
  {
    const std::lock_guard guard(mutex_);
    open_ = open;
  }
  update_ready();
}

// The link goes on with its old credentials until new ones are granted.
void engine::impl::reauthenticate(connection& c) {
  if (!sink_.wants(hook::authenticate) || !sink_.wants(hook::renewed)) return;
  // The link's own credentials stay what they were: what echoes them is masked.
  auto& newest = renewal_.request.headers;
  std::vector<header> shown = std::move(newest.empty() ? renewal_.shown : newest);
  if (renewal_.link != c.link().number) shown.clear();
  renewal_ = {};
  renewal_.shown = std::move(shown);
  renewal_.link = c.link().number;
  renewal_.number = ++last_renewal_;
  renewal_.request.endpoint = main_->request.endpoint;
  renewal_.deadline = clock_now() + options_.deadlines.authenticate;
  auth_request request{
      renewal_.request,
      make_tickets([n = renewal_.number](impl& me, error_code ec, const auto& granted) {
        me.renewed(n, ec, granted);
      }),
      true};
  grant answer = grant::ready();
  if (const auto ec = outside([&](context& x) { answer = sink_.authenticate(x, request); })) {
    return renewed(renewal_.number, ec, {});
  }
  if (answer.what() == grant::kind::pending) return;
  const bool refused = answer.what() == grant::kind::refuse;
  const error_code why = answer.error() ? answer.error() : error_code(errc::unauthorized);
  renewed(renewal_.number, refused ? why : error_code(), {});
}

void engine::impl::renewed(std::uint64_t number, error_code ec,
                           const std::vector<header>& granted) {
  if (renewal_.number != number || renewal_.deadline == never) return;
  renewal_.deadline = never;
  if (ec) return log(log_level::warn, "new credentials for the open link: " + ec.message());
  const auto link = live();
  if (!link || link->link().number != renewal_.link) return;
  auto& headers = renewal_.request.headers;
  headers.insert(headers.end(), granted.begin(), granted.end());
  link->renew(clock_now(), headers);
}

void engine::impl::tell_stopped() {
  if (!started_ || !sink_.wants(hook::stopped)) return;
  stop_info info;
  info.error = main_->life.result();
  info.at = main_->life.failed_in();
  const std::string detail = last_detail();
  info.detail = detail;
  using reason = stop_info::reason;
  // stop() may come while offloaded work is awaited: it ended nothing then.
  const bool asked = main_->life.stopping() && !info.error;
  info.why = asked                                ? reason::asked
             : !info.error                        ? reason::closed
             : threw_                             ? reason::threw
             : info.error == condition::auth      ? reason::auth
             : info.error == condition::permanent ? reason::permanent
                                                  : reason::given_up;
  outside([&](context& c) { sink_.stopped(c, info); });
}

void engine::impl::finish() {
  const bool first = !std::exchange(finished_, true);
  finishing_ = true;
  hand_over(handover_.given_up());
  handover_ = handover(options_.deadlines.handover);  // No link takes another one's place now.
  drop_attempt(*main_, errc::stopped);
  const std::vector<mail> unread = close_mailbox();
  const error_code why = main_->life.result();
  gate_.end(why ? why : error_code(errc::stopped));
  // A link that has not ended is aborted; one that has may linger within its deadline.
  for (const auto& link : links()) {
    if (!link || (link->lingering() && !main_->life.stopped_twice())) continue;
    link->abort(errc::stopped, "stopped");
  }
  const time_point now = clock_now();  // What the hooks above took is not the next ones'.
  drop_offline(now);
  for (const mail& m : unread) {
    if (!m.task) never_sent(now, m.what, errc::stopped);
  }
  if (first) {
    end_offload();
    if (offload_deadline_ == never) tell_stopped();
  }
  if (main_->life.stopped_twice()) leave_offload();
  finishing_ = false;
  complete_if_idle();
}

// Whoever is told of the end may destroy the client: everybody else was told before.
void engine::impl::complete_if_idle() {
  if (!finished_ || finishing_ || completed_) return;
  bool linked = false;
  each_link([&](const connection&) { linked = true; });
  if (linked) return;
  if (offload_deadline_ != never) return;  // Work still runs.
  completed_ = true;
  timer_.cancel();
  if (const auto n = traffic_.untold.get(); n != 0) {
    log(log_level::warn, "stop() left no time to tell of " + std::to_string(n) +
                             " ends (on_settled, offload): deadlines.close is over and its hooks "
                             "are slow");
  }
  publish();
  if (!shut_) desk_->close(build_diagnostics());
  if (auto f = std::exchange(on_end_, nullptr)) f(main_->life.result());
}

void engine::impl::shut() {
  shut_ = true;
  if (completed_) return;
  on_end_ = nullptr;
  perform(main_, main_->life.stop(clock_now()));
  perform(main_, main_->life.stop(clock_now()));
  finished_ = completed_ = true;
  timer_.cancel();
  // Work may use what goes with the client.
  if (pool_) (void)pool_->wait(options_.deadlines.close);
}

// --- time -------------------------------------------------------------------------------------

void engine::impl::reschedule() {
  if (completed_) return;
  check_drained();
  time_point t = std::min(main_->life.deadline(), offload_deadline_);
  if (!finished_) t = std::min({t, sink_.next_wake(), renewal_.deadline, offline_expiry()});
  schedule_release();
  if (successor_) t = std::min(t, successor_->life.deadline());
  t = std::min(t, handover_.deadline());
  each_link([&](const connection& link) { t = std::min(t, link.next_deadline()); });
  timer_.wake_by(t, *this, [this](time_point now) { tick(now); });
}

void engine::impl::tick(time_point now) {
  if (completed_) return;
  // What waits in the loop before the stop has to wait no longer.
  if (traffic_.out_of_time()) obey_stop();
  if (completed_) return;
  for (const auto& link : links()) {
    if (link) link->tick(now);
  }
  for (const auto& on : {main_, successor_}) {
    if (!on) continue;
    if (now >= on->life.deadline() && on->life.current() == phase::upgrading && on->dial) {
      on->dial->give_up_upgrade(errc::upgrade_timeout);  // A refusal may be known by now.
    } else {
      perform(on, on->life.tick(now));
    }
  }
  hand_over(handover_.tick(now));
  expire_offline(now);
  if (now >= offload_deadline_) leave_offload();
  if (now >= renewal_.deadline) renewed(renewal_.number, errc::auth_timeout, {});
  if (!finished_ && sink_.next_wake() <= now) wake(now);
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
  if (finished_) return;
  if (const auto link = live(); link && link->link().open) {
    link->run_task(now, task);
  } else {
    outside([&](context& c) { sink_.run_task(c, task); });
  }
}

}  // namespace hawser::io

// What the engine does with links, and with time.
#include "io/net/engine_impl.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace hawser::io {

void engine::impl::announce() {
  const auto dial = std::exchange(dial_, nullptr);
  live_ ^= 1;
  if (slots_[live_]) slots_[live_]->abort(errc::stopped, {});  // It had its time to linger.
  connection::config config;
  config.self = role::client;
  {
    const std::lock_guard guard(mutex_);
    config.number = ++snapshot_.links;
    snapshot_.link = config.number;
    open_ = true;
  }
  config.limits = options_.limits;
  config.deadlines = options_.deadlines;
  config.log = options_.log.get();
  if (const auto on = loop_.lock()) config.buffers = on->buffers;
  const auto link =
      std::make_shared<connection>(*this, sink_, traffic_, random_, dial->take_stream(), config);
  slots_[live_] = link;
  publish();
  const upgrade_outcome& o = dial->outcome();
  link->open(clock_now(), {config.number, o.subprotocol, o.headers, link->security()},
             dial->rest());
}

void engine::impl::ended(connection& c, const drop_info& info, std::string_view detail) {
  if (&c != live()) return;
  {
    const std::lock_guard guard(mutex_);
    open_ = false;
  }
  note(info.error, std::string(detail));
  failure_.code = info.code;
  failure_.retry_after = c.retry_after();
  no_link_.acked = c.link().acked;
  perform(life_.ended(info.error));
}

void engine::impl::released(connection& c) {
  for (auto& slot : slots_) {
    if (slot.get() == &c) slot.reset();
  }
  complete_if_idle();
}

void engine::impl::stop_requested() {
  if (const auto on = loop_.lock()) {
    asio::post(on->context,
               [me = shared_from_this()] { me->perform(me->life_.stop(clock_now())); });
  }
}

void engine::impl::closing() {
  {
    const std::lock_guard guard(mutex_);
    open_ = false;  // What is sent from now on would not be.
  }
  life_.closing(clock_now());
}

void engine::impl::ready(connection&) {}

void engine::impl::recycle() {}

// The link goes on with its old credentials until new ones are granted.
void engine::impl::reauthenticate(connection& c) {
  if (!sink_.wants(hook::authenticate) || !sink_.wants(hook::renewed)) return;
  renewal_ = {};
  renewal_.link = c.link().number;
  renewal_.number = ++last_renewal_;
  renewal_.request.endpoint = handshake_.endpoint;
  renewal_.deadline = clock_now() + options_.deadlines.authenticate;
  auth_request request{renewal_.request, make_tickets(&impl::renewed, renewal_.number), true};
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
  const auto link = slots_[live_];
  if (!link || link->link().number != renewal_.link) return;
  auto& headers = renewal_.request.headers;
  headers.insert(headers.end(), granted.begin(), granted.end());
  link->renew(clock_now(), headers);
}

void engine::impl::tell_stopped() {
  if (!started_ || !sink_.wants(hook::stopped)) return;
  stop_info info;
  info.error = life_.result();
  info.at = life_.failed_in();
  const std::string detail = last_detail();
  info.detail = detail;
  using reason = stop_info::reason;
  info.why = life_.stopping()                     ? reason::asked
             : !info.error                        ? reason::closed
             : threw_                             ? reason::threw
             : info.error == condition::auth      ? reason::auth
             : info.error == condition::permanent ? reason::permanent
                                                  : reason::given_up;
  outside([&](context& c) { sink_.stopped(c, info); });
}

void engine::impl::finish() {
  const bool first = !std::exchange(finished_, true);
  drop_attempt();
  std::vector<mail> unread;
  {
    const std::lock_guard guard(mutex_);
    accepting_ = false;
    open_ = false;
    unread.swap(mail_);
  }
  // A link that has not ended is aborted; one that has may linger within its deadline.
  for (const auto& slot : std::array(slots_)) {
    if (slot && (!slot->lingering() || life_.stopped_twice()))
      slot->abort(errc::stopped, "stopped");
  }
  for (const mail& m : unread) never_sent(m, errc::stopped);
  if (first) {
    end_offload();
    if (offload_deadline_ == never) tell_stopped();
  }
  if (life_.stopped_twice()) leave_offload();
  complete_if_idle();
}

void engine::impl::complete_if_idle() {
  if (!finished_ || completed_ || slots_[0] || slots_[1]) return;
  if (offload_deadline_ != never) return;  // Work still runs.
  completed_ = true;
  timer_.cancel();
  publish();
  if (auto f = std::exchange(on_end_, nullptr)) f(life_.result());
}

void engine::impl::shut() {
  shut_ = true;
  if (completed_) return;
  on_end_ = nullptr;
  perform(life_.stop(clock_now()));
  perform(life_.stop(clock_now()));
  finished_ = completed_ = true;
  timer_.cancel();
  // Work may use what goes with the client.
  if (pool_) (void)pool_->wait(options_.deadlines.close);
}

// --- time -------------------------------------------------------------------------------------

void engine::impl::reschedule() {
  if (completed_) return;
  time_point t = std::min(life_.deadline(), offload_deadline_);
  if (!finished_) t = std::min({t, sink_.next_wake(), renewal_.deadline});
  for (const auto& slot : slots_) {
    if (slot) t = std::min(t, slot->next_deadline());
  }
  timer_.wake_by(t, [weak = weak_from_this()](time_point now) {
    if (const auto me = weak.lock()) me->tick(now);
  });
}

void engine::impl::tick(time_point now) {
  if (completed_) return;
  for (const auto& slot : std::array(slots_)) {
    if (slot) slot->tick(now);
  }
  if (now >= life_.deadline() && life_.current() == phase::upgrading && dial_) {
    dial_->give_up_upgrade(errc::upgrade_timeout);  // A refusal may be known by now.
  } else {
    perform(life_.tick(now));
  }
  if (now >= offload_deadline_) leave_offload();
  if (now >= renewal_.deadline) renewed(renewal_.number, errc::auth_timeout, {});
  if (!finished_ && sink_.next_wake() <= now) wake(now);
  reschedule();
}

void engine::impl::wake(time_point now) {
  const wake_info info{now};
  if (const auto link = slots_[live_]; link && link->link().open) {
    link->with_context(now, [&](context& c) { sink_.wake(c, info); });
    link->flush();
    return;
  }
  if (const auto ec = outside([&](context& c) { sink_.wake(c, info); })) {
    log(log_level::error, last_detail());
  }
}

void engine::impl::run_task(const std::function<void(context&)>& task) {
  if (finished_) return;
  if (const auto link = slots_[live_]; link && link->link().open) {
    link->with_context(clock_now(), task);
  } else {
    outside(task);
  }
}

}  // namespace hawser::io

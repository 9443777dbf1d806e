// What the engine does on its loop: phases, links and time.
#include "io/net/engine_impl.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>

namespace hawser::io {
// --- phases -----------------------------------------------------------------------------------

engine::impl::impl(options o, event_sink& sink, loop& on)
    : options_(std::move(o)),
      sink_(sink),
      loop_(on.share()),
      life_(options_.deadlines),
      timer_(on.get().context) {}

result<void> engine::impl::check() {
  std::string complaint;
  auto r = validate(options_, complaint);
  if (r) r = sink_.validate(complaint);
  if (!r) {
    note(r.error(), complaint);
    return r;
  }
  url_ = *parse_url(options_.url, complaint);
  if (!url_.secure) return {};
  auto context = client_context(options_.tls, complaint);
  if (!context) {
    note(context.error(), complaint);
    return context.error();
  }
  sessions_->context = std::move(*context);  // It lives for the first dial.
  return {};
}

void engine::impl::start(std::function<void(error_code)> ended) {
  if (shut_) return;
  on_end_ = std::move(ended);
  if (completed_) {  // stop() came before run(): there is nothing to begin.
    if (auto f = std::exchange(on_end_, nullptr)) f(life_.result());
    return;
  }
  const std::string table = sink_.routing_table();
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = std::min(table.find('\n', at), table.size());
    log(log_level::debug, "routing table: " + table.substr(at, end - at));
    at = end + 1;
  }
  perform(life_.start());
}

void engine::impl::perform(action a) {
  while (a != action::none) {
    switch (a) {
      case action::admit:
        a = ask_admission();
        continue;
      case action::authenticate:
        a = ask_grant();
        continue;
      case action::react:
        a = ask_reaction();
        continue;
      case action::resolve:
        a = begin_resolve();
        continue;
      case action::connect:
        dial_->connect();
        break;
      case action::secure:
        dial_->secure();
        break;
      case action::upgrade:
        dial_->upgrade(handshake_);
        break;
      case action::announce:
        announce();
        break;
      case action::close:
        if (connection* c = live()) c->close(clock_now(), close_code::normal, {});
        break;
      case action::finish:
        finish();
        break;
      case action::none:
        break;
    }
    a = action::none;
  }
  publish();
  reschedule();
}

// Runs a hook that has no link to act on, and carries out the little that it may want. Returns the
// error if it threw.
template <class F>
error_code engine::impl::outside(F&& f) {
  effects_.clear();
  no_link_.number = snapshot_.link;
  context c(effects_, no_link_, clock_now(), options_.log.get());
  f(c);
  error_code ec;
  for (const auto& e : effects_.list()) {
    if (e.what == effects::kind::stop) stop_requested();
    if (e.what == effects::kind::fail) {
      ec = e.error;
      note(ec, std::string(effects_.text(e)));
    }
  }
  effects_.clear();
  return ec;
}

lifecycle::action engine::impl::ask_admission() {
  handshake_ = {};
  handshake_.attempt = life_.attempt();
  handshake_.target = url_.target;
  handshake_.headers = options_.headers;
  handshake_.subprotocols = options_.subprotocols;
  if (!sink_.wants(hook::connecting)) return life_.admitted(clock_now());
  admission answer = admission::go();
  if (const auto ec = outside([&](context& c) { answer = sink_.connecting(c, handshake_); })) {
    return life_.failed(ec);
  }
  switch (answer.what()) {
    case admission::kind::go:
      return life_.admitted(clock_now());
    case admission::kind::wait:
      return life_.wait_until(answer.until());
    case admission::kind::refuse:
      break;
  }
  const error_code ec = answer.error() ? answer.error() : error_code(errc::refused_by_hook);
  note(ec, "on_connecting refused: " + ec.message());
  return life_.failed(ec);
}

lifecycle::action engine::impl::ask_grant() {
  const auto number = ++ticket_;
  if (!sink_.wants(hook::authenticate)) return life_.granted(clock_now());
  auth_request request{handshake_, {}};
  request.make_ticket = [weak = weak_from_this(), loop = loop_, number] {
    return auth_ticket([weak, loop, number](error_code ec, std::vector<header> credentials) {
      const auto on = loop.lock();
      if (!on) return;
      asio::post(on->context, [weak, number, ec, h = std::move(credentials)] {
        const auto me = weak.lock();
        if (!me || me->ticket_ != number || me->finished_) return;
        if (me->life_.current() != phase::authenticating) return;  // A ticket answered already.
        if (ec) me->note(ec, "credentials refused: " + ec.message());
        me->handshake_.headers.insert(me->handshake_.headers.end(), h.begin(), h.end());
        me->perform(ec ? me->life_.failed(ec) : me->life_.granted(clock_now()));
      });
    });
  };
  grant answer = grant::ready();
  if (const auto ec = outside([&](context& c) { answer = sink_.authenticate(c, request); })) {
    return life_.failed(ec);
  }
  switch (answer.what()) {
    case grant::kind::ready:
      return life_.granted(clock_now());
    case grant::kind::pending:
      return action::none;
    case grant::kind::refuse:
      break;
  }
  const error_code ec = answer.error() ? answer.error() : error_code(errc::unauthorized);
  note(ec, "on_authenticate refused: " + ec.message());
  return life_.failed(ec);
}

lifecycle::action engine::impl::begin_resolve() {
  const auto on = loop_.lock();
  if (!on) return action::none;
  // A line break that a plug-in lets into the request would let it write a second one.
  std::string complaint;
  if (const auto r = validate(handshake_, complaint); !r) {
    note(r.error(), complaint);
    return life_.failed(r.error());
  }
  {
    const std::lock_guard guard(mutex_);
    ++snapshot_.attempts;
  }
  if (url_.secure && options_.tls.insecure_skip_verify) {
    log(log_level::warn, options_.url +
                             ": tls.insecure_skip_verify is on: whoever sits between can "
                             "read and change everything");
  }
  dial_ = std::make_shared<dialing>(on, url_, options_, sessions_,
                                    [weak = weak_from_this()](error_code ec, std::string detail) {
                                      if (const auto me = weak.lock())
                                        me->dialed(ec, std::move(detail));
                                    });
  dial_->resolve();
  return action::none;
}

void engine::impl::dialed(error_code ec, std::string detail) {
  if (!ec) return perform(life_.done(clock_now()));
  note(ec, std::move(detail));
  if (dial_ && dial_->upgrading()) {
    const upgrade_outcome& o = dial_->outcome();
    failure_.status = o.status;
    failure_headers_ = o.headers;
    failure_body_ = o.body;
  }
  perform(life_.failed(ec));
}

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

lifecycle::action engine::impl::ask_reaction() {
  drop_attempt();
  failure_.at = life_.failed_in();
  failure_.error = life_.error();
  if (failure_.detail.empty()) note(life_.error(), life_.error().message());
  failure_.detail = detail_;
  failure_.attempt = life_.attempt();
  failure_.headers = failure_.status != 0 ? &failure_headers_ : nullptr;
  failure_.body = failure_body_;
  log(log_level::info, "link " + std::to_string(snapshot_.link) + " attempt " +
                           std::to_string(failure_.attempt) + " " +
                           std::string(to_string(failure_.at)) + ": " + detail_);
  reaction answer = reaction::pass();
  error_code threw;
  if (sink_.wants(hook::error)) {
    threw = outside([&](context& c) { answer = sink_.error(c, failure_); });
  }
  const bool clean = failure_.error == errc::closed && failure_.code == close_code::normal;
  failure_ = {};
  if (threw) return life_.give_up(threw);
  if (answer.what() == reaction::kind::retry) return life_.retry(clock_now() + answer.after());
  return clean ? life_.give_up_cleanly() : life_.give_up();
}

void engine::impl::drop_attempt() {
  ++ticket_;
  if (const auto dial = std::exchange(dial_, nullptr)) dial->abort();
}

// --- the link ---------------------------------------------------------------------------------

void engine::impl::ended(connection& c, const drop_info& info, std::string_view detail) {
  if (&c != live()) return;
  {
    const std::lock_guard guard(mutex_);
    open_ = false;
  }
  note(info.error, std::string(detail));
  failure_.code = info.code;
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

void engine::impl::finish() {
  finished_ = true;
  drop_attempt();
  {
    const std::lock_guard guard(mutex_);
    accepting_ = false;
    open_ = false;
    mail_.clear();
  }
  // A link that has not ended is aborted; one that has may linger within its deadline.
  for (const auto& slot : std::array(slots_)) {
    if (slot && (!slot->lingering() || life_.stopped_twice()))
      slot->abort(errc::stopped, "stopped");
  }
  complete_if_idle();
}

void engine::impl::complete_if_idle() {
  if (!finished_ || completed_ || slots_[0] || slots_[1]) return;
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
}

// --- time -------------------------------------------------------------------------------------

void engine::impl::reschedule() {
  if (completed_) return;
  time_point t = std::min(life_.deadline(), finished_ ? never : sink_.next_wake());
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

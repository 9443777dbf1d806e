// How the engine gets a link: the phases of an attempt, and what is asked of the plug-ins.
#include "io/net/engine_impl.hpp"
#include "io/net/retry_after.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>

namespace hawser::io {
engine::impl::impl(options o, event_sink& sink, loop& on)
    : options_(std::move(o)),
      sink_(sink),
      loop_(on.share()),
      life_(options_.deadlines),
      timer_(on.get().context) {
  no_link_.hooks = sink_.mask();
  no_link_.last_send = &traffic_.last_send;
}

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
  started_ = true;
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

lifecycle::action engine::impl::ask_admission() {
  handshake_ = {};
  handshake_.attempt = life_.attempt();
  handshake_.endpoint = options_.unix_socket.empty()
                            ? (url_.secure ? "wss://" : "ws://") + url_.authority()
                            : "unix:" + options_.unix_socket;
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

// Finishes on the loop, whoever finishes it where.
std::function<auth_ticket()> engine::impl::make_tickets(
    void (impl::*answer)(std::uint64_t, error_code, const std::vector<header>&),
    std::uint64_t number) {
  return [weak = weak_from_this(), loop = loop_, answer, number] {
    return auth_ticket([weak, loop, answer, number](error_code ec, std::vector<header> granted) {
      const auto on = loop.lock();
      if (!on) return;
      asio::post(on->context, [weak, answer, number, ec, h = std::move(granted)] {
        if (const auto me = weak.lock(); me && !me->finished_) ((*me).*answer)(number, ec, h);
      });
    });
  };
}

void engine::impl::answered(std::uint64_t number, error_code ec,
                            const std::vector<header>& granted) {
  if (ticket_ != number) return;
  if (life_.current() != phase::authenticating) return;  // A ticket answered already.
  if (ec) note(ec, "credentials refused: " + ec.message());
  handshake_.headers.insert(handshake_.headers.end(), granted.begin(), granted.end());
  perform(ec ? life_.failed(ec) : life_.granted(clock_now()));
}

lifecycle::action engine::impl::ask_grant() {
  const auto number = ++ticket_;
  if (!sink_.wants(hook::authenticate)) return life_.granted(clock_now());
  auth_request request{handshake_, make_tickets(&impl::answered, number)};
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
    failure_.retry_after = retry_after(o.headers, std::chrono::system_clock::now());
  }
  perform(life_.failed(ec));
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
  threw_ = static_cast<bool>(threw);
  if (threw) return life_.give_up(threw);
  if (answer.what() == reaction::kind::retry) return life_.retry(clock_now() + answer.after());
  return clean ? life_.give_up_cleanly() : life_.give_up();
}

void engine::impl::drop_attempt() {
  ++ticket_;
  if (const auto dial = std::exchange(dial_, nullptr)) dial->abort();
}

}  // namespace hawser::io

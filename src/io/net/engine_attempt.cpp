// How the engine gets a link: the phases of an attempt, and what is asked of the plug-ins.
#include "io/net/engine_impl.hpp"
#include "io/net/evidence.hpp"
#include "io/net/granted.hpp"
#include "io/net/retry_after.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>

namespace hawser::io {
namespace {

// The names of what was given to protect a link.
std::string protection_asked_for(const tls_options& o) {
  std::string out;
  const auto add = [&out](bool given, const char* name) {
    if (given) out.append(out.empty() ? "" : ", ").append(name);
  };
  add(o.ca_file.has_value(), "tls.ca_file");
  add(o.certificate_file.has_value(), "tls.certificate_file");
  add(!o.pins.empty(), "tls.pins");
  return out;
}

}  // namespace

engine::impl::impl(options o, event_sink& sink, loop& on)
    : options_(std::move(o)),
      sink_(sink),
      loop_(on.share()),
      environment_(on.get().environment),
      random_(on.get().random),
      timer_(on.get()),
      traffic_(*environment_, options_.deadlines.close, slow_limit(options_)),
      links_(options_.deadlines),
      mailbox_(options_.limits.mailbox, options_.offline),
      work_(options_.offload) {
  unlinked_.hooks = sink_.mask();
  unlinked_.last_send = &traffic_.last_send;
  unlinked_.plugins = &sink_;
  sink_.time_hooks_by(environment_.get(), options_.slow_hook);
}

result<void> engine::impl::check() {
  auto r = validate(options_);
  if (r) r = sink_.validate();
  if (!r) return refuse_options(r.error());
  endpoint_.where = *parse_url(options_.url);
  if (!endpoint_.where.unix_socket.empty()) options_.unix_socket = endpoint_.where.unix_socket;
  record_endpoint();
  if (!endpoint_.where.secure) {
    if (const std::string unused = protection_asked_for(options_.tls); !unused.empty()) {
      log(log_level::warn, unused + ": not used, ws:// protects nothing; wss:// does");
    }
    return {};
  }
  auto context = client_context(options_.tls);
  if (!context) return refuse_options(context.error());
  endpoint_.sessions->context = std::move(*context);  // It lives for the first dial.
  return {};
}

void engine::impl::start(std::function<void(error_code)> ended) {
  if (shutdown_.abandoned()) return;
  if (!shutdown_.start(std::move(ended))) {  // stop() came before run(): there is nothing to begin.
    tell_stopped();
    return shutdown_.tell(links_.own()->life.result());
  }
  monitor_->open([weak = weak_from_this()] {
    if (const auto me = weak.lock()) me->answer_monitor();
  });
  const std::string table = sink_.routing_table();
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = std::min(table.find('\n', at), table.size());
    log(log_level::debug, "routing table: " + table.substr(at, end - at));
    at = end + 1;
  }
  perform(links_.own(), links_.own()->life.start());
}

// Whoever waits for a link is told here and now; what waits on the strand, there.
void engine::impl::refuse(error_code why) {
  (void)mailbox_.close();
  work_.close();
  gate_.end(why);
  const auto on = loop_.lock();
  if (!on) return;
  asio::post(on->context, [weak = weak_from_this(), why] {
    if (const auto me = weak.lock())
      me->perform(me->links_.own(), me->links_.own()->life.refuse(why));
  });
}

void engine::impl::perform(const attempt_ptr& on, action a) {
  while (a != action::none) {
    const lifecycle& life = links_.own()->life;
    history_.entered(life.current(), life.deadline(), clock_now());
    switch (a) {
      case action::admit:
        a = ask_admission(*on);
        continue;
      case action::authenticate:
        a = ask_grant(on);
        continue;
      case action::react:
        a = ask_reaction(on);
        continue;
      case action::resolve:
        a = begin_resolve(on);
        continue;
      case action::connect:
        on->dial->connect();
        break;
      case action::secure:
        on->dial->secure();
        break;
      case action::upgrade:
        on->dial->upgrade(on->request);
        break;
      case action::announce:
        announce(on);
        break;
      case action::close:
        if (const auto link = on->link) link->close(clock_now(), close_code::normal, {});
        hand_over(links_.machine().stop());
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

lifecycle::action engine::impl::ask_admission(attempt& a) {
  a.request = {};
  a.request.successor = links_.own().get() != &a;
  a.request.attempt = a.life.attempt();
  a.request.endpoint = endpoint_name();
  a.request.target = endpoint_.where.target;
  a.request.headers = options_.headers;
  a.request.subprotocols = options_.subprotocols;
  if (!sink_.wants(hook::connecting)) return a.life.admitted(clock_now());
  admission answer = admission::go();
  if (const auto ec = outside([&](context& c) { answer = sink_.connecting(c, a.request); }, &a)) {
    return a.life.failed(ec);
  }
  switch (answer.what()) {
    case admission::kind::go:
      return a.life.admitted(clock_now());
    case admission::kind::wait:
      give_back(a);
      return a.life.wait_until(answer.until());
    case admission::kind::refuse:
      break;
  }
  const error_code ec = answer.error() ? answer.error() : error_code(errc::refused_by_hook);
  note(a, ec, "on_connecting refused: " + ec.message());
  return a.life.failed(ec);
}

// Finishes on the loop, whoever finishes it where.
std::function<auth_ticket()> engine::impl::make_tickets(
    std::function<void(impl&, error_code, const std::vector<header>&)> answer) {
  return [weak = weak_from_this(), loop = loop_, answer = std::move(answer)] {
    return auth_ticket([weak, loop, answer](error_code ec, std::vector<header> granted) {
      const auto on = loop.lock();
      if (!on) return;
      asio::post(on->context, [weak, answer, ec, h = std::move(granted)] {
        if (const auto me = weak.lock(); me && !me->shutdown_.ends()) answer(*me, ec, h);
      });
    });
  };
}

void engine::impl::answered(const attempt_ptr& on, std::uint64_t ticket, error_code ec,
                            const std::vector<header>& granted) {
  if (!links_.current(on) || on->ticket != ticket) return;
  if (on->life.current() != phase::authenticating) return;  // A ticket answered already.
  if (ec) note(*on, ec, "credentials refused: " + ec.message());
  on->request.headers.insert(on->request.headers.end(), granted.begin(), granted.end());
  perform(on, ec ? on->life.failed(ec) : use_grant(on));
}

// In a test they may still fail, or be late; the ticket has done its work.
lifecycle::action engine::impl::use_grant(const attempt_ptr& on) {
  const bool withheld = environment_->withholds_grant(
      [me = weak_from_this(), weak = std::weak_ptr(on), number = ++on->ticket](error_code ec) {
        const auto self = me.lock();
        const auto asked = weak.lock();
        if (!self || !asked || asked->ticket != number || !self->links_.current(asked)) return;
        if (ec) self->note(*asked, ec, "credentials: " + ec.message());
        self->perform(asked, ec ? asked->life.failed(ec) : self->begin_or_put_off(asked));
      });
  return withheld ? action::none : begin_or_put_off(on);
}

// A plug-in ahead took something for this attempt that another needs if it is not made now.
void engine::impl::give_back(attempt& a) {
  if (const auto f = std::exchange(a.request.put_off, nullptr)) f();
}

// Credentials that were refused are not shown again so soon: then nothing was attempted.
lifecycle::action engine::impl::begin_or_put_off(const attempt_ptr& on) {
  attempt& a = *on;
  if (sink_.wants(hook::authenticate)) a.request.granted = added_to(*a.bare, a.request);
  a.request.fingerprint = fingerprint_of(a.request);
  const withheld_credentials& withheld = a.request.withheld;
  if (withheld.holds(a.request.fingerprint.credentials, clock_now())) {
    give_back(a);
    if (on == links_.own()) history_.put_off();
    return a.life.put_off(withheld.recheck);
  }
  if (const auto tell = std::exchange(a.request.begins, nullptr)) tell();
  return a.life.granted(clock_now());
}

lifecycle::action engine::impl::ask_grant(const attempt_ptr& on) {
  attempt& a = *on;
  const auto number = ++a.ticket;
  a.request.fingerprint = fingerprint_of(a.request);
  if (!sink_.wants(hook::authenticate)) return begin_or_put_off(on);
  a.bare = std::make_unique<handshake>(a.request);
  auth_request request{a.request, make_tickets([weak = std::weak_ptr(on), number](
                                                   impl& me, error_code ec, const auto& granted) {
                         if (const auto asked = weak.lock())
                           me.answered(asked, number, ec, granted);
                       })};
  grant answer = grant::ready();
  if (const auto ec = outside([&](context& c) { answer = sink_.authenticate(c, request); }, &a)) {
    return a.life.failed(ec);
  }
  switch (answer.what()) {
    case grant::kind::ready:
      return use_grant(on);
    case grant::kind::pending:
      return action::none;
    case grant::kind::refuse:
      break;
  }
  const error_code ec = answer.error() ? answer.error() : error_code(errc::unauthorized);
  note(a, ec, "on_authenticate refused: " + ec.message());
  return a.life.failed(ec);
}

lifecycle::action engine::impl::begin_resolve(const attempt_ptr& on) {
  attempt& a = *on;
  const auto on_loop = loop_.lock();
  if (!on_loop) return action::none;
  // A line break that a plug-in lets into the request would let it write a second one.
  if (const auto r = validate(a.request); !r) {
    note(a, r.error().code, r.error().detail);
    return a.life.failed(r.error().code);
  }
  history_.dials();
  if (endpoint_.where.secure && options_.tls.insecure_skip_verify) {
    log(log_level::warn, a.request.endpoint +
                             ": tls.insecure_skip_verify is on: whoever sits between can "
                             "read and change everything");
  }
  a.dial = std::make_shared<dialing>(
      on_loop, endpoint_.where, options_, endpoint_.sessions, endpoint_.known,
      [me = weak_from_this(), weak = std::weak_ptr(on)](error_code ec, std::string detail) {
        const auto self = me.lock();
        if (const auto asked = weak.lock(); self && asked) {
          self->dialed(asked, ec, std::move(detail));
        }
      },
      [me = weak_from_this(), weak = std::weak_ptr(on)] {
        const auto self = me.lock();
        if (const auto asked = weak.lock(); self && asked) {
          asked->life.refused(self->clock_now());
          self->reschedule();
        }
      });
  a.dial->resolve();
  return action::none;
}

void engine::impl::dialed(const attempt_ptr& on, error_code ec, std::string detail) {
  attempt& a = *on;
  if (!links_.current(on)) return;
  if (!ec) return perform(on, a.life.done(clock_now()));
  if (!a.dial || !a.dial->upgrading()) {
    note(a, ec, std::move(detail));
  } else {
    const upgrade_outcome& o = a.dial->outcome();
    const sent_secrets ours = secrets_of(a.request);
    note(a, ec, o.error ? show_refusal(o, ours) : std::move(detail));
    a.why.status = o.status;
    a.headers = o.headers;
    a.body = o.body;
    a.why.retry_after = retry_after(o.headers, environment_->wall());
  }
  perform(on, a.life.failed(ec));
}

lifecycle::action engine::impl::ask_reaction(const attempt_ptr& on) {
  attempt& a = *on;
  failure& f = a.why;
  f.at = a.life.failed_in();
  f.error = a.life.error();
  // The server is not worse at this address when it refuses our credentials, or we leave.
  if (a.dial && f.error != condition::auth && !f.own_close) a.dial->failed();
  drop_attempt(a, f.error);
  f.fingerprint = a.request.fingerprint;
  f.successor = on == links_.successor();
  if (a.detail.empty()) note(a, f.error, f.error.message());
  const std::string detail = std::exchange(a.detail, {});
  f.detail = detail;
  f.attempt = a.life.attempt();
  f.headers = f.status != 0 ? &a.headers : nullptr;
  f.body = f.status != 0 ? std::string_view(a.body) : std::string_view();
  log_failure(f);
  record_failure(f);
  reaction answer = reaction::pass();
  error_code threw;
  if (sink_.wants(hook::error)) {
    threw = outside([&](context& c) { answer = sink_.error(c, f); }, &a);
  }
  const bool clean = ended_in_order(f.error, f.code, f.own_close);
  const bool retry = !threw && answer.what() == reaction::kind::retry;
  f = {};
  if (on == links_.successor() && !retry) {
    hand_over(links_.machine().given_up());
    return action::none;
  }
  if (retry) {
    const auto next = links_.machine().current() == handover::state::opening && on == links_.own()
                          ? links_.machine().predecessor_ended()
                          : handover::action::none;
    if (next == handover::action::none) return a.life.retry(clock_now() + answer.after());
    hand_over(next);  // A link is under way already.
    return action::none;
  }
  shutdown_.end_thrown(static_cast<bool>(threw));
  if (threw) return a.life.give_up(threw);
  return clean ? a.life.give_up_cleanly() : a.life.give_up();
}

// One line, unless a plug-in writes one.
void engine::impl::log_failure(const failure& f) {
  unlinked_.number = history_.link();
  effects none;
  const context c(none, unlinked_, clock_now(), options_.log.get());
  if (sink_.tells(c, f)) return;
  log(log_level::info, "link " + std::to_string(history_.link()) + " attempt " +
                           std::to_string(f.attempt) + (f.successor ? " of a successor " : " ") +
                           std::string(to_string(f.at)) + ": " + std::string(f.detail));
}

// A link that is there still has not ended in time.
void engine::impl::drop_attempt(attempt& a, error_code why) {
  ++a.ticket;
  if (const auto dial = std::exchange(a.dial, nullptr)) dial->abort();
  if (const auto link = a.link) link->abort(why, why.message());
}

}  // namespace hawser::io

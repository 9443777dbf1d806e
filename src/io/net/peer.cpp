#include "io/net/peer.hpp"

#include <hawser/core/text/authority.hpp>
#include <hawser/core/text/redaction.hpp>
#include <hawser/core/text/text.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <malloc.h>

namespace hawser::io {
namespace {

int status_for(const error_code& ec) noexcept {
  if (ec == errc::origin_refused) return 403;
  if (ec == condition::auth) return 401;
  if (ec == condition::limit || ec == condition::transient) return 503;
  return 400;
}

// What an operator has to know to let it in.
std::string origin_of(const handshake& h) {
  constexpr std::size_t longest = 200;
  for (const header& f : h.headers) {
    if (to_lower(f.name) != "origin") continue;
    return ": " + redact_field(f.name, f.value).substr(0, longest);
  }
  return {};
}

// Of the certificate that a client has to show: it has none, or it is not to be trusted.
bool is_of_certificate(const error_code& ec) noexcept {
  for (const tls_errc e : {tls_errc::client_certificate, tls_errc::untrusted, tls_errc::self_signed,
                           tls_errc::expired, tls_errc::not_yet_valid, tls_errc::weak}) {
    if (ec == e) return true;
  }
  return false;
}

}  // namespace

// What it has sent already is read first: a close with unread bytes is a reset, which may overtake
// the answer.
void say_no_room(transport& stream) {
  std::array<std::byte, 4096> ignored;
  (void)stream.read(ignored);
  const std::string answer = server_upgrade::refuse(503, "too many connections");
  const bytes_view all = as_bytes(answer);
  (void)stream.write({&all, 1});
  stream.shutdown();
}

void peer_context::not_pending(std::uint64_t number) {
  constexpr std::size_t many = 256;
  pending.leave(number);
  if (pending.flood_is_over(many)) memory.owe();
  // The allocator keeps what lies below anything that is still in use.
  if (memory.due(environment->now())) ::malloc_trim(0);
}

std::string peer_handle::address() const {
  const auto p = peer_.lock();
  return p ? p->address() : "";
}

void peer_handle::submit(std::function<void(context&)> task) const {
  const auto on = loop_.lock();
  if (!on) return;
  asio::post(on->context, [weak = peer_, task = std::move(task)] {
    if (const auto p = weak.lock()) p->submit(task);
  });
}

void peer_log::name(std::string_view name) {
  constexpr std::size_t longest = 200;  // of each line
  append_escaped(before_ = who_ + ", ", name.substr(0, longest));
  before_ += ") ";
}

void peer_log::write(log_level level, std::string_view line) noexcept {
  if (to_) to_->write(level, before_ + std::string(line));
}

void peer_handle::name(std::string_view name) const {
  if (const auto p = peer_.lock()) p->name(name);
}

peer::peer(loop::impl& on, peer_context& shared, std::uint64_t number, std::string address,
           std::unique_ptr<transport> stream, std::function<void(peer&)> gone)
    : executor_(on.context.get_executor()),
      shared_(shared),
      number_(number),
      address_(std::move(address)),
      log_(shared.options.log, number, address_),
      stream_(std::move(stream)),
      gone_(std::move(gone)),
      opening_(std::make_unique<opening>(shared.options.limits)),
      timer_(on) {}

void peer::start(std::unique_ptr<event_sink> sink) {
  sink_ = std::move(sink);
  sink_->time_hooks_by(shared_.environment.get());
  deadline_ = clock_now() + shared_.options.deadlines.upgrade;
  reschedule();
  advance();
}

void peer::advance() {
  const auto self = shared_from_this();
  while (state_ < state::open && step()) {
  }
  if (state_ == state::refused) {  // Read until the client has taken our answer and leaves.
    std::array<std::byte, 4096> rest;
    const io_result r = stream_->read(rest);
    if (r.what != io_result::kind::done && r.what != io_result::kind::blocked) return finish();
    stream_->wait_readable(*this);  // One read a turn: whoever sends without end holds up nobody.
  }
}

// One step of the opening handshake. False: it waits for the stream, or is over.
bool peer::step() {
  switch (state_) {
    case state::securing:
      return secure();
    case state::reading:
      return read_request();
    case state::answering:
      return answer();
    default:
      return false;
  }
}

bool peer::secure() {
  const io_result r = stream_->handshake();
  switch (r.what) {
    case io_result::kind::done:
      state_ = state::reading;
      return true;
    case io_result::kind::wants_write:
      stream_->wait_writable(*this);
      return false;
    case io_result::kind::ended:
      finish();
      return false;
    case io_result::kind::failed:
      untrusted(r.error);
      finish();
      return false;
    default:
      stream_->wait_readable(*this);
      return false;
  }
}

// What is refused for its credentials is an operator's business, a scan of ports is not.
void peer::untrusted(const error_code& ec) {
  const bool asked = shared_.options.tls.client_ca_file.has_value() && is_of_certificate(ec);
  log(asked ? log_level::warn : log_level::info, "TLS: " + stream_->describe(ec));
}

bool peer::read_request() {
  std::array<std::byte, 4096> piece;
  const io_result r = stream_->read(piece);
  if (r.what == io_result::kind::ended || r.what == io_result::kind::failed) {
    finish();
    return false;
  }
  if (r.what != io_result::kind::done) {
    stream_->wait_readable(*this);
    return false;
  }
  server_upgrade& upgrade = opening_->upgrade;
  switch (upgrade.feed({piece.data(), r.n})) {
    case server_upgrade::verdict::need_more:
      return true;
    case server_upgrade::verdict::ready:
      admit();
      break;
    case server_upgrade::verdict::malformed:
      refuse(upgrade.status(), upgrade.detail());
      break;
  }
  state_ = state::answering;
  return true;
}

// What on_connecting asked for, which has its answer to say anything else by. Its first fail.
std::optional<effects::fail> peer::carry_out_unlinked(effects& fx) {
  std::optional<effects::fail> first;
  const auto moot = [this](std::string_view what) {
    log(log_level::warn, "on_connecting asked for " + std::string(what) +
                             ": there is no link yet, it has no effect");
  };
  const detail::overloaded carry_out{[&](const effects::fail& e) {
                                       if (!first) first = e;
                                       if (e.error == errc::hook_threw) {
                                         failed_unlinked(e.error, fx.text(e.detail));
                                       }
                                     },
                                     [&](const effects::close& e) { moot(e.name); },
                                     [&](effects::stop e) { moot(e.name); },
                                     [&](effects::offload e) { moot(e.name); }};
  for (const auto& e : fx.list()) {
    if (const auto what = without_link(e)) std::visit(carry_out, *what);
  }
  return first;
}

void peer::admit() {
  admission answer = admission::go();
  error_code failed;
  std::string why;
  if (sink_->wants(hook::connecting)) {
    effects fx;
    const link_state none{.hooks = sink_->mask(), .plugins = sink_.get()};
    context c(fx, none, clock_now(), sink_of_log());
    answer = sink_->connecting(c, opening_->upgrade.request());
    if (const auto e = carry_out_unlinked(fx)) {
      failed = e->error;
      why = fx.text(e->detail);
    }
  }
  if (failed == errc::hook_threw) return refuse(500, "internal error");
  if (!failed && answer.what() == admission::kind::go) {
    opening_->admitted = true;
    opening_->answer = opening_->upgrade.accept();
    return;
  }
  const error_code ec = failed                                   ? failed
                        : answer.what() == admission::kind::wait ? error_code(errc::unavailable)
                                                                 : answer.error();
  why = why.empty() ? ec.message() : ec.message() + ": " + why;
  if (ec == errc::origin_refused) why += origin_of(opening_->upgrade.request());
  refuse(status_for(ec), why, ec == condition::auth ? log_level::warn : log_level::info);
}

void peer::refuse(int status, std::string_view text, log_level level) {
  log(level, "refused with " + std::to_string(status) + ": " + std::string(text));
  opening_->answer = server_upgrade::refuse(status, text, opening_->upgrade.wants_body());
}

bool peer::answer() {
  opening& o = *opening_;
  while (o.written < o.answer.size()) {
    const bytes_view left = as_bytes(std::string_view(o.answer).substr(o.written));
    const io_result r = stream_->write({&left, 1});
    if (r.what == io_result::kind::failed) {
      finish();
      return false;
    }
    if (r.what != io_result::kind::done) {
      stream_->wait_writable(*this);
      return false;
    }
    o.written += r.n;
  }
  if (o.admitted) {
    open();
  } else {
    state_ = state::refused;
    opening_.reset();
    stream_->shutdown();
  }
  return false;
}

void peer::open() {
  state_ = state::open;
  deadline_ = never;
  shared_.not_pending(number_);
  const auto done = std::move(opening_);  // An open link keeps nothing of its request.
  connection::config config{shared_.options.limits, shared_.options.deadlines, role::server,
                            number_};
  config.log = sink_of_log();
  config.buffers = shared_.buffers;
  link_ = std::make_shared<connection>(*this, *sink_, shared_.counters, shared_.random,
                                       std::move(stream_), config);
  const auto link = link_;
  const handshake& h = done->upgrade.request();
  link->open(clock_now(), {number_, h.subprotocol, h.headers, link->security()},
             done->upgrade.rest());
}

void peer::submit(const std::function<void(context&)>& task) {
  if (const auto link = link_; link && link->link().open) {
    link->with_context(clock_now(), task);
    link->flush();
    reschedule();
  }
}

void peer::close(close_code code) {
  const auto self = shared_from_this();
  if (const auto link = link_) {
    link->close(clock_now(), code, {});
    reschedule();
  } else {
    finish();
  }
}

void peer::abort() {
  const auto self = shared_from_this();
  if (const auto link = link_) link->abort(errc::stopped, "stopped");
  finish();
}

// Over TLS an answer would cost the handshake that the bound is to save.
void peer::displace() {
  const auto self = shared_from_this();
  log(log_level::debug, "not upgraded yet, closed for a newer link");
  if (state_ == state::reading && !shared_.options.tls.certificate_file) say_no_room(*stream_);
  finish();
}

void peer::ended(connection&, const drop_info& info, std::string_view detail) {
  log(log_level::debug, "ended: " + info.error.message() + " (" + std::string(detail) + ")");
}

void peer::released(connection&) { finish(); }

void peer::failed_unlinked(error_code, std::string_view detail) { log(log_level::error, detail); }

// Later: the link is in the middle of what it was told.
void peer::stop_requested() {
  asio::post(executor_, [weak = weak_from_this()] {
    if (const auto me = std::static_pointer_cast<peer>(weak.lock())) {
      me->close(close_code::going_away);
    }
  });
}

void peer::resume_later(connection& c) {
  asio::post(executor_, [link = c.share()] { link->resume(); });
}

void peer::reschedule() {
  if (state_ == state::gone) return;
  time_point t = deadline_;
  if (link_) t = std::min(t, link_->next_deadline());
  if (link_ && link_->link().open) t = std::min(t, sink_->next_wake());
  timer_.wake_by(t, *this, [this](time_point now) { tick(now); });
}

void peer::tick(time_point now) {
  if (now >= deadline_) {
    if (state_ != state::refused) log(log_level::info, "not upgraded in time");
    return finish();
  }
  if (const auto link = link_) {
    link->tick(now);
    if (link->link().open && sink_->next_wake() <= now) {
      const wake_info info{now};
      link->with_context(now, [&](context& c) { sink_->wake(c, info); });
      link->flush();
    }
  }
  reschedule();
}

// The handler that runs may belong to the link: it keeps itself alive.
void peer::finish() {
  if (state_ == state::gone) return;
  const auto self = shared_from_this();
  state_ = state::gone;
  opening_.reset();
  shared_.not_pending(number_);
  timer_.cancel();
  if (stream_) stream_->close();
  link_.reset();
  gone_(*this);
}

void peer::log(log_level level, std::string_view what) {
  if (!log_.wants(level)) return;
  std::string line;
  append_escaped(line, what);  // A part of it may come from the peer.
  log_.write(level, line);
}

}  // namespace hawser::io

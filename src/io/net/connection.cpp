#include "io/net/connection.hpp"

#include <hawser/core/text/json_redact.hpp>

#include "io/net/masked_log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace hawser::io {
namespace {

// Reads in a row before other links of the loop get their turn.
constexpr int reads_per_turn = 4;

}  // namespace

connection::connection(connection_owner& owner, event_sink& sink, traffic& counters,
                       entropy& random, std::unique_ptr<transport> stream, const config& c)
    : owner_(owner),
      sink_(sink),
      counters_(counters),
      config_(c),
      stream_(std::move(stream)),
      session_(c.self, {c.limits.message, c.limits.lanes}, random, c.buffers),
      outgoing_(*this, session_, counters, c.limits.unacknowledged, sink.wants(hook::sending),
                sink.wants(hook::settled)),
      ending_(c.deadlines.close) {
  link_.number = c.number;
  link_.successor = c.successor;
  link_.hooks = sink_.mask();
  link_.last_send = &counters_.last_send;
  link_.queue = &session_.queue();
  link_.plugins = &sink_;
  if (sink_.wants(hook::frame)) session_.observe(this);
}

void connection::open(time_point now, const open_info& info, bytes_view rest) {
  const auto self = shared_from_this();
  set_time(now);
  link_.open = true;
  link_.last_inbound = opened_ = now;
  if (sink_.wants(hook::open)) {
    context c(effects_.now, link_, now_, config_.log);
    sink_.open(c, info);
  }
  settle();
  if (login_deadline_ == never) become_ready();
  while (!rest.empty() && !ending_.over()) {
    const auto room = session_.prepare();
    const std::size_t n = std::min(room.size(), rest.size());
    std::copy_n(rest.begin(), n, room.begin());
    session_.commit(n);
    rest = rest.subspan(n);
    if (!intake_.yielded) deliver();
  }
  flush();
  wait_readable();
  reschedule();
}

void connection::send(time_point now, message&& m) {
  set_time(now);
  outgoing_.send_gated(std::move(m));
  settle();
}

void connection::close(time_point now, close_code code, std::string_view reason) {
  set_time(now);
  begin_close({code, std::string(reason)});
  settle();
  flush();
}

void connection::readable() {
  intake_.at = intake::state::idle;
  if (ending_.released()) return;
  const auto self = shared_from_this();
  set_time(counters_.clock.now());
  for (int i = 0; i < reads_per_turn && reads(); ++i) {
    const auto room = session_.prepare();
    const io_result r = stream_->read(room);
    if (r.what == io_result::kind::wants_write) {
      intake_.at = intake::state::blocked;
      wait_writable();
      return reschedule();
    }
    if (r.what == io_result::kind::blocked) break;
    if (r.what == io_result::kind::ended) {
      lost(errc::dropped, ending_.began()
                              ? "the peer ended the connection instead of answering our Close"
                              : "the peer ended the connection without a Close frame");
      break;
    }
    if (r.what == io_result::kind::failed) {
      lost(r.error, stream_->describe(r.error));
      break;
    }
    if (ending_.lingering()) continue;  // What follows a Close is discarded (5.5.1).
    link_.last_inbound = now_;
    session_.commit(r.n);
    if (waits_its_turn()) intake_.unread += r.n;
    deliver();
    flush();
    if (r.n < room.size()) break;  // The socket is most likely empty.
  }
  wait_readable();
  reschedule();
}

// After release() the owner may be gone.
void connection::reschedule() {
  if (!ending_.released()) owner_.reschedule();
}

void connection::wait_readable() {
  if (intake_.at == intake::state::awaited || !reads()) return;
  intake_.at = intake::state::awaited;
  session_.rest();
  stream_->wait_readable(*this);
}

void connection::deliver() {
  if (counters_.out_of_time()) {
    intake_.yielded = true;  // Its end is due: nobody resumes it.
    return;
  }
  while (!ending_.over() && !waits_its_turn()) {
    const read_event e = session_.next();
    switch (e.what) {
      case read_event::kind::need_more:
        if (!effects_.later.empty()) settle();
        return;
      case read_event::kind::message:
        ++counters_.received;
        counters_.last_message.store(now_, std::memory_order_relaxed);
        if (sink_.wants(hook::message)) {
          context c(effects_.now, link_, now_, config_.log);
          sink_.message(c, inbound{link_.number, e.op, e.payload});
        }
        if (!effects_.now.empty() || !effects_.later.empty()) settle();
        if (hurries()) [[unlikely]]
          return yield();
        break;
      case read_event::kind::ping:
      case read_event::kind::pong:
        if (!effects_.later.empty()) settle();
        break;
      case read_event::kind::close:
        return on_peer_close(e);
      case read_event::kind::failed:
        return broke_protocol(e.error);
    }
  }
}

void connection::yield() {
  if (std::exchange(intake_.yielded, true)) return;
  owner_.resume_later(*this);
}

void connection::resume() {
  intake_.yielded = false;
  if (ending_.released()) return;
  const auto self = shared_from_this();
  set_time(counters_.clock.now());
  deliver();
  flush();
  // TLS may hold bytes that no socket tells of.
  if (!intake_.yielded && intake_.at != intake::state::awaited) return readable();
  reschedule();
}

void connection::broke_protocol(framing_errc found) {
  std::string detail = session_.describe(
      found, [this](std::string_view bytes) { return owner_.shown(*this, redact_text(bytes)); });
  if (error_code(found) == condition::protocol) detail.insert(0, "the peer broke the protocol: ");
  flush();
  end(found, link_end::ours, detail);
}

void connection::on_peer_close(const read_event& e) {
  ending_.got_close(e.code, owner_.shown(*this, as_text(e.payload)));
  flush();
  const link_end by = ending_.began() ? link_end::ours : link_end::peers;
  end(ending_.outcome(), by, ending_.describe());
}

// Called by the codec in the middle of its work: what the hooks want is done later.
void connection::on_frame(bool outbound, opcode op, bool fin, std::size_t size,
                          bytes_view payload) {
  if (counters_.out_of_time()) return;
  masked_log log(owner_, *this, config_.log);
  context c(effects_.later, link_, now_, &log);
  sink_.frame(c, frame_info{outbound, op, fin, size, payload});
}

void connection::flush() {
  write_queued();
  // It blocked or failed: what hooks want of the link goes on.
  if (!effects_.later.empty()) settle();
  if (const auto successor = successor_) {  // What was passed on.
    successor->settle();
    successor->flush();
  }
  if (sink_.watch().counted()) {
    context c(effects_.later, link_, now_, config_.log);
    sink_.end_batch(c);
  }
  if (config_.queue_warning != 0) watch_queue();
}

void connection::write_queued() {
  if (!writing_.free() || ending_.released()) return;
  while (true) {
    const auto spans = session_.output();
    if (spans.empty()) {
      if (effects_.later.empty() || effects_.busy) break;
      settle();  // What on_frame asked for when it saw what was written.
      continue;
    }
    const io_result r = stream_->write(spans);
    if (r.what == io_result::kind::failed) {
      return writing_.fail(r.error, now_ + config_.deadlines.close);
    }
    if (r.what != io_result::kind::done) {
      writing_.block(now_ + config_.deadlines.write_progress);
      return wait_writable();
    }
    session_.consume(r.n);
    link_.last_outbound = now_;
    tell_deliveries();
  }
  writing_.drain();
  after_flush();
}

// Everything is written: after the last Close there is nothing more to come from this side.
void connection::after_flush() {
  const auto s = session_.current();
  if (s != session::state::closed && s != session::state::failed) return;
  // The server ends TCP first (7.1.1); the client waits for that within the close deadline. After a
  // failure, too: a proxy that sees our side end may reset the other one before our Close is read.
  if (config_.self == role::client) return;
  writing_.shut();
  stream_->shutdown();
}

void connection::writable() {
  if (ending_.released()) return;
  const auto self = shared_from_this();
  set_time(counters_.clock.now());
  awaits_writable_ = false;
  writing_.unblock();
  const bool read_on = intake_.at == intake::state::blocked;
  flush();
  if (read_on) return readable();
  reschedule();
}

// One wait serves whoever is blocked.
void connection::wait_writable() {
  if (!std::exchange(awaits_writable_, true)) stream_->wait_writable(*this);
}

// The stream ended or failed.
void connection::lost(error_code ec, std::string_view detail) {
  if (ending_.lingering()) return release();
  const bool ours = ending_.began() || ec == errc::write_timeout;
  end(ec, ours ? link_end::ours : link_end::peers, detail);
  release();
}

// The link is over for everybody above. TCP is ended properly if there is a Close to deliver: data
// that lies unread when a socket is closed makes the kernel reset the connection, and the reset may
// destroy our Close on its way.
void connection::end(error_code ec, link_end by, std::string_view detail) {
  if (ending_.over()) return;
  if (waits_its_turn()) owner_.reclaim(*this);
  (void)ending_.end(now_);
  link_.open = false;
  drop_info info;
  info.link = link_.number;
  info.error = ec;
  info.by = by;
  ending_.tell(info, session_.current() == session::state::closed);
  info.detail = detail;
  info.replaced = successor_ != nullptr;
  info.unsent = outgoing_.end(ec);
  tell_deliveries();
  if (sink_.wants(hook::drop)) {
    context c(effects_.later, link_, now_, config_.log);
    sink_.drop(c, info);
  }
  outgoing_.keep();
  successor_.reset();
  link_.queue = &session_.queue();
  owner_.ended(*this, info, detail);
  settle();
}

void connection::abort(error_code ec, std::string_view detail) {
  const auto self = shared_from_this();
  set_time(counters_.clock.now());
  if (ending_.released()) return;
  end(ec, link_end::ours, detail);
  release();
}

void connection::release() {
  if (ending_.released()) return;
  ending_.release();
  stream_->close();
  writing_.release();
  owner_.released(*this);
}

time_point connection::next_deadline() const noexcept {
  time_point t = std::min(writing_.deadline(), close_deadline());
  if (ending_.over() || closing()) return t;
  return std::min({t, login_deadline_, outgoing_.next()});
}

void connection::tick(time_point now) {
  if (ending_.released()) return;
  const auto self = shared_from_this();
  set_time(now);
  if (now >= close_deadline()) {
    end(errc::close_timeout, link_end::ours, "the closing handshake did not end in time");
    return release();
  }
  if (now >= writing_.deadline()) {
    return writing_.failed() ? lost(writing_.error(), stream_->describe(writing_.error()))
                             : lost(errc::write_timeout, "the peer takes no more bytes");
  }
  if (!ending_.over()) {
    if (now >= login_deadline_) fail_login();
    outgoing_.release_held(now_);
    settle();
    flush();
  }
}

}  // namespace hawser::io

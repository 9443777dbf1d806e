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
      stream_(std::move(stream)),
      config_(c),
      session_(c.self, {c.limits.message, c.limits.lanes}, random, c.buffers),
      held_(c.limits),
      gated_(c.limits),
      ending_(c.deadlines.close) {
  link_.number = c.number;
  link_.successor = c.successor;
  link_.hooks = sink_.mask();
  link_.last_send = &counters_.last_send;
  link_.queue = &session_.queue();
  link_.plugins = &sink_;
  if (sink_.wants(hook::frame)) session_.observe(this);
  if (sink_.wants(hook::settled)) {
    fates_ = std::make_unique<fate_tracker>(config_.limits.unacknowledged);
    session_.track(fates_.get());
  }
}

void connection::open(time_point now, const open_info& info, bytes_view rest) {
  const auto self = shared_from_this();
  now_ = now;
  link_.open = true;
  link_.last_inbound = opened_ = now;
  if (sink_.wants(hook::open)) {
    context c(effects_, link_, now_, config_.log);
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
    if (!yielded_) deliver();
  }
  flush();
  wait_readable();
  reschedule();
}

void connection::send(time_point now, message&& m) {
  now_ = now;
  if (fates_) fates_->taken(m.id, m.lane);
  if (ending_.over()) {
    refuse(m, errc::not_connected);
  } else if (!link_.ready) {
    gate(std::move(m));
  } else {
    route(m);
  }
  settle();
}

void connection::close(time_point now, close_code code, std::string_view reason) {
  now_ = now;
  begin_close({code, std::string(reason)});
  settle();
  flush();
}

void connection::readable() {
  reading_ = false;
  if (ending_.released()) return;
  const auto self = shared_from_this();
  now_ = counters_.clock.now();
  for (int i = 0; i < reads_per_turn && reads(); ++i) {
    const auto room = session_.prepare();
    const io_result r = stream_->read(room);
    if (r.what == io_result::kind::wants_write) {
      wait_writable(read_blocked_on_write_);
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
    if (waits_its_turn()) unread_ += r.n;
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
  if (reading_ || !reads()) return;
  reading_ = true;
  session_.rest();
  stream_->wait_readable(*this);
}

void connection::deliver() {
  if (counters_.out_of_time()) {
    yielded_ = true;  // Its end is due: nobody resumes it.
    return;
  }
  while (!ending_.over() && !waits_its_turn()) {
    const read_event e = session_.next();
    switch (e.what) {
      case read_event::kind::need_more:
        if (!later_.empty()) settle();
        return;
      case read_event::kind::message:
        ++counters_.received;
        counters_.last_message.store(now_, std::memory_order_relaxed);
        if (sink_.wants(hook::message)) {
          context c(effects_, link_, now_, config_.log);
          sink_.message(c, inbound{link_.number, e.op, e.payload});
        }
        if (!effects_.empty() || !later_.empty()) settle();
        if (hurries()) [[unlikely]]
          return yield();
        break;
      case read_event::kind::ping:
      case read_event::kind::pong:
        if (!later_.empty()) settle();
        break;
      case read_event::kind::close:
        return on_peer_close(e);
      case read_event::kind::failed:
        return broke_protocol(e.error);
    }
  }
}

void connection::yield() {
  if (std::exchange(yielded_, true)) return;
  owner_.resume_later(*this);
}

void connection::resume() {
  yielded_ = false;
  if (ending_.released()) return;
  const auto self = shared_from_this();
  now_ = counters_.clock.now();
  deliver();
  flush();
  if (!yielded_ && !reading_) return readable();  // TLS may hold bytes that no socket tells of.
  reschedule();
}

void connection::broke_protocol(errc found) {
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
  context c(later_, link_, now_, config_.log != nullptr ? &log : nullptr);
  sink_.frame(c, frame_info{outbound, op, fin, size, payload});
}

void connection::flush() {
  write_queued();
  if (!later_.empty()) settle();  // It blocked or failed: what hooks want of the link goes on.
  if (const auto successor = successor_) {  // What was passed on.
    successor->now_ = now_;
    successor->settle();
    successor->flush();
  }
  if (sink_.watch().counted()) {
    context c(later_, link_, now_, config_.log);
    sink_.end_batch(c);
  }
  if (config_.queue_warning != 0) watch_queue();
}

void connection::write_queued() {
  if (write_blocked_ || write_error_ || shut_ || ending_.released()) return;
  while (true) {
    const auto spans = session_.output();
    if (spans.empty()) {
      if (later_.empty() || settling_) break;
      settle();  // What on_frame asked for when it saw what was written.
      continue;
    }
    const io_result r = stream_->write(spans);
    if (r.what == io_result::kind::failed) {
      // Its Close, or the alert that says why, may lie unread: reading ends the link.
      write_error_ = r.error;
      write_deadline_ = now_ + config_.deadlines.close;
      return;
    }
    if (r.what != io_result::kind::done) {
      write_deadline_ = now_ + config_.deadlines.write_progress;
      wait_writable(write_blocked_);
      return;
    }
    session_.consume(r.n);
    link_.last_outbound = now_;
    tell_fates();
  }
  write_deadline_ = never;
  after_flush();
}

// Everything is written: after the last Close there is nothing more to come from this side.
void connection::after_flush() {
  const auto s = session_.current();
  if (s != session::state::closed && s != session::state::failed) return;
  // The server ends TCP first (7.1.1); the client waits for that within the close deadline. After a
  // failure, too: a proxy that sees our side end may reset the other one before our Close is read.
  if (config_.self == role::client) return;
  shut_ = true;
  stream_->shutdown();
}

void connection::writable() {
  if (ending_.released()) return;
  const auto self = shared_from_this();
  now_ = counters_.clock.now();
  write_blocked_ = false;
  const bool read_on = std::exchange(read_blocked_on_write_, false);
  flush();
  if (read_on) return readable();
  reschedule();
}

// One wait serves whoever is blocked.
void connection::wait_writable(bool& blocked) {
  const bool waits = write_blocked_ || read_blocked_on_write_;
  blocked = true;
  if (!waits) stream_->wait_writable(*this);
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
  info.unsent = session_.queue().unsent() + held_.count() + gated_.count();
  held_.clear();
  gated_.clear();
  if (fates_) fates_->drop(ec);
  tell_fates();
  if (sink_.wants(hook::drop)) {
    context c(later_, link_, now_, config_.log);
    sink_.drop(c, info);
  }
  successor_.reset();
  link_.queue = &session_.queue();
  owner_.ended(*this, info, detail);
  settle();
}

void connection::abort(error_code ec, std::string_view detail) {
  const auto self = shared_from_this();
  now_ = counters_.clock.now();
  if (ending_.released()) return;
  end(ec, link_end::ours, detail);
  release();
}

void connection::release() {
  if (ending_.released()) return;
  ending_.release();
  stream_->close();
  write_deadline_ = never;
  owner_.released(*this);
}

time_point connection::next_deadline() const noexcept {
  time_point t = std::min(write_deadline_, close_deadline());
  if (ending_.over() || closing()) return t;
  return std::min({t, login_deadline_, held_.next()});
}

void connection::tick(time_point now) {
  if (ending_.released()) return;
  const auto self = shared_from_this();
  now_ = now;
  if (now >= close_deadline()) {
    end(errc::close_timeout, link_end::ours, "the closing handshake did not end in time");
    return release();
  }
  if (now >= write_deadline_) {
    return write_error_ ? lost(write_error_, stream_->describe(write_error_))
                        : lost(errc::write_timeout, "the peer takes no more bytes");
  }
  if (!ending_.over()) {
    if (now >= login_deadline_) fail_login();
    release_held();
    settle();
    flush();
  }
}

}  // namespace hawser::io

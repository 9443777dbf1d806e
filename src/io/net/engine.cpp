// The handle of a client's engine, and what other threads may do with it.
#include <hawser/core/text.hpp>
#include <hawser/io/engine.hpp>

#include "io/net/engine_impl.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>

namespace hawser::io {
// --- the handle -------------------------------------------------------------------------------

engine::engine(options o, event_sink& sink, std::shared_ptr<loop> shared)
    : own_loop_(shared == nullptr),
      loop_(shared ? std::move(shared) : std::make_shared<loop>()),
      impl_(std::make_shared<impl>(std::move(o), sink, *loop_)) {
  desk_ = impl_->open_desk();
}

engine::~engine() {
  desk_->retire();
  impl_->shut();
}

error_code engine::run() {
  if (!own_loop_) return errc::already_running;
  error_code outcome;
  const auto started = start([&](error_code ec) {
    outcome = ec;
    loop_->stop();
  });
  if (!started) return started.error();
  loop_->run();
  return outcome;
}

result<void> engine::start(std::function<void(error_code)> ended) {
  if (std::exchange(started_, true)) return errc::already_running;
  if (auto r = impl_->check(); !r) return r;
  loop_->post([me = impl_, f = std::move(ended)]() mutable { me->start(std::move(f)); });
  return {};
}

void engine::stop() { impl_->stop(); }
result<send_id> engine::send(opcode op, lane l, buffer&& payload) {
  return impl_->send(op, l, std::move(payload));
}
result<void> engine::submit(std::function<void(context&)> task, bool bounded) {
  return impl_->submit(std::move(task), bounded);
}
result<void> engine::offload(effects::job work) { return impl_->offload(work); }
bool engine::runs_here() const noexcept {
  return loop_->get().context.get_executor().running_in_this_thread();
}
time_point engine::time() noexcept { return clock_now(); }
client_snapshot engine::snapshot() const { return impl_->snapshot(); }
explanation engine::explain() const { return impl_->explain(); }
client_diagnostics engine::diagnostics(duration bound) const {
  client_diagnostics d;
  consult(*desk_, bound, d);
  return d;
}
health_check engine::make_health_check(duration bound) const {
  return [desk = desk_, bound] { return check_health(*desk, bound); };
}
std::string engine::last_detail() const { return impl_->last_detail(); }

// --- from other threads -----------------------------------------------------------------------

// Also after the end: a second call ends what lingers.
void engine::impl::stop() { stop_requested(); }

result<send_id> engine::impl::send(opcode op, lane l, buffer&& payload) {
  return post_mail({{0, op, l, std::move(payload)}, {}});
}

result<void> engine::impl::submit(std::function<void(context&)> task, bool bounded) {
  if (const auto r = post_mail({{}, std::move(task)}, bounded); !r) return r.error();
  return {};
}

// Ids that threads get are odd, those of hooks even: neither has to ask the other.
result<send_id> engine::impl::post_mail(mail m, bool bounded) {
  const std::lock_guard guard(mutex_);
  if (!accepting_) return errc::stopped;
  if (!m.task && !open_) return errc::not_connected;
  if (bounded && mail_.size() >= options_.limits.mailbox) return errc::mailbox_full;
  const auto on = loop_.lock();
  if (!on) return errc::stopped;
  m.what.id = last_send_ += 2;
  mail_.push_back(std::move(m));
  if (!mail_posted_) {
    mail_posted_ = true;
    asio::post(on->context, [weak = weak_from_this()] {
      if (const auto me = weak.lock()) me->read_mail();
    });
  }
  return last_send_;
}

void engine::impl::read_mail() {
  std::vector<mail> taken;
  {
    const std::lock_guard guard(mutex_);
    taken.swap(mail_);
    mail_posted_ = false;
  }
  const auto now = clock_now();
  for (mail& m : taken) {
    if (m.task) {
      run_task(m.task);
    } else if (const auto link = live()) {
      link->send(now, std::move(m.what));
    } else {
      never_sent(m, errc::not_connected);
    }
  }
  if (const auto link = live()) link->flush();
  reschedule();
}

// Mail that no connection had.
void engine::impl::never_sent(const mail& m, errc why) {
  if (m.task) return;
  ++traffic_.refused;
  if (!sink_.wants(hook::settled)) return;
  outside([&](context& c) { sink_.settled(c, {m.what.id, m.what.lane, fate::never_sent, why}); });
}

client_snapshot engine::impl::snapshot() const {
  const std::lock_guard guard(mutex_);
  client_snapshot s = snapshot_;
  s.received = traffic_.received.get();
  s.sent = traffic_.sent.get();
  s.refused = traffic_.refused.get();
  return s;
}

std::string engine::impl::last_detail() const {
  const std::lock_guard guard(mutex_);
  return detail_;
}

// --- what is told ------------------------------------------------------------------------------

void engine::impl::note(attempt& a, error_code ec, std::string detail) {
  const std::lock_guard guard(mutex_);
  snapshot_.last_error = ec;
  detail_ = std::move(detail);
  a.detail = detail_;
}

void engine::impl::publish() {
  record_phase(true);
  const std::lock_guard guard(mutex_);
  snapshot_.at = main_->life.current();
}

void engine::impl::log(log_level level, std::string_view what) const {
  if (!options_.log || !options_.log->wants(level)) return;
  std::string line;
  append_escaped(line, what);  // A part of it may come from the peer.
  options_.log->write(level, line);
}

}  // namespace hawser::io

// The handle of a client's engine, and what other threads may do with it.
#include <hawser/core/text/text.hpp>
#include <hawser/io/engine.hpp>

#include "io/net/engine_impl.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <iterator>

namespace hawser::io {
// Of run(), which may return when the engine is gone.
struct engine::run_state {
  std::mutex mutex;
  std::condition_variable changed;
  bool running = false;

  void set(bool runs) {
    const std::lock_guard guard(mutex);
    running = runs;
    changed.notify_all();
  }
  class scope {
   public:
    explicit scope(std::shared_ptr<run_state> s) : state_(std::move(s)) { state_->set(true); }
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    ~scope() { state_->set(false); }

   private:
    std::shared_ptr<run_state> state_;
  };
};

// --- the handle -------------------------------------------------------------------------------

engine::engine(options o, event_sink& sink, std::shared_ptr<loop> shared)
    : run_(std::make_shared<run_state>()),
      own_loop_(shared == nullptr),
      loop_(shared ? std::move(shared) : std::make_shared<loop>()),
      impl_(std::make_shared<impl>(std::move(o), sink, *loop_)) {
  monitor_ = impl_->open_monitor();
}

engine::~engine() {
  leave_run();
  monitor_->retire();
  impl_->shut();
}

error_code engine::run() {
  if (!own_loop_ || started_) return errc::already_running;
  error_code outcome;
  const auto started = start([&](error_code ec) {
    outcome = ec;
    loop_->stop();
  });
  // What waited for a client that cannot be is told of its end.
  if (!started) loop_->post([this] { loop_->stop(); });
  const run_state::scope runs(run_);
  loop_->run();
  return started ? outcome : started.error();
}

// A client must outlive its run(). The loop may be in the middle of its plug-ins: it is let out
// before they go, which is within the bound of stop(). On the thread that would have to return,
// nothing can be saved.
void engine::leave_run() {
  std::unique_lock lock(run_->mutex);
  if (!run_->running) return;
  const bool by_its_own_hook = runs_here();
  impl_->log(log_level::error,
             by_its_own_hook ? "the client is destroyed within its run(), by a hook of its own"
                             : "the client is destroyed while another thread is in its run(): "
                               "it is stopped, and the destructor waits; join that thread");
  assert(!run_->running && "a hawser::client is destroyed while a thread is in its run()");
  if (by_its_own_hook) std::terminate();
  impl_->stop();
  impl_->stop();
  run_->changed.wait(lock, [&] { return !run_->running; });
}

result<void> engine::start(std::function<void(error_code)> ended) {
  if (std::exchange(started_, true)) return errc::already_running;
  if (auto r = impl_->check(); !r) {
    impl_->refuse(r.error());
    return r;
  }
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
time_point engine::time() const noexcept { return impl_->clock_now(); }
client_snapshot engine::snapshot() const { return impl_->snapshot(); }
explanation engine::explain() const { return impl_->explain(); }
client_diagnostics engine::diagnostics(duration bound) const {
  client_diagnostics d;
  consult(*monitor_, bound, d);
  return d;
}
ready_gate engine::gate() const { return impl_->gate(); }
// What is known is told anywhere.
result<void> engine::wait_ready(duration bound) const {
  const bool here = runs_here();
  const auto r = gate().wait(here ? duration::zero() : bound);
  if (here && !r && r.error() == errc::ready_timeout) return errc::would_block;
  return r;
}
health_check engine::make_health_check(duration bound) const {
  return [monitor = monitor_, bound] { return check_health(*monitor, bound); };
}
std::string engine::last_detail() const { return impl_->last_detail(); }

// --- from other threads -----------------------------------------------------------------------

// Also after the end: a second call ends what lingers.
void engine::impl::stop() { stop_requested(); }

result<send_id> engine::impl::send(opcode op, lane l, buffer&& payload) {
  if (loop_.expired()) return errc::stopped;
  const time_point now = mailbox_.keeps() ? clock_now() : time_point{};
  return posted(mailbox_.send({0, op, l, std::move(payload)}, now, traffic_.stop.asked()));
}

result<void> engine::impl::submit(std::function<void(context&)> task, bool bounded) {
  if (loop_.expired()) return errc::stopped;
  if (const auto r = posted(mailbox_.submit(std::move(task), bounded)); !r) return r.error();
  return {};
}

// Wakes the strand for what has come.
result<send_id> engine::impl::posted(const result<mailbox::taken>& r) {
  if (!r) return r.error();
  if (r->whom == mailbox::wake::nobody) return r->id;
  if (const auto on = loop_.lock()) {
    asio::post(on->context, [weak = weak_from_this(), whom = r->whom] {
      const auto me = weak.lock();
      if (!me) return;
      whom == mailbox::wake::reader ? me->read_mail() : me->reschedule();
    });
  }
  return r->id;
}

void engine::impl::read_mail() {
  std::vector<mailbox::mail> taken = mailbox_.take();
  time_point now = clock_now();
  for (std::size_t i = 0; i < taken.size(); ++i) {
    mailbox::mail& m = taken[i];
    // What was sent or submitted before stop() comes before it, but not beyond its deadline.
    if (traffic_.out_of_time() && !shutdown_.ends()) {
      mailbox_.put_back(taken, i);  // For finish() to find.
      return tick(clock_now());
    }
    if (m.task) {
      if (i != 0 && !taken[i - 1].task) now = clock_now();
      run_task(now, m.task);
      now = clock_now();
    } else if (mailbox_.keeps() && !mailbox_.is_ready() && !shutdown_.ends()) {
      keep_unread(now, std::move(m.what));
    } else if (const auto link = live()) {
      link->send(now, std::move(m.what));
    } else {
      never_sent(now, m.what, errc::not_connected);
    }
  }
  if (const auto link = live()) link->flush();
  reschedule();
}

// What no connection had.
void engine::impl::never_sent(time_point event, const message& m, errc why) {
  ++traffic_.refused;
  if (!sink_.wants(hook::settled) || !traffic_.may_tell(event)) return;
  const auto tell = [&](context& c) {
    sink_.settled(c, {m.id, m.lane, delivery::never_sent, why});
    sink_.end_batch(c);
  };
  if (const auto link = live(); link && link->link().open) {
    link->with_context(clock_now(), tell);
    link->flush();
  } else {
    outside(tell);
  }
}

client_snapshot engine::impl::snapshot() const {
  client_snapshot s = history_.snapshot();
  s.received = traffic_.received.get();
  s.sent = traffic_.sent.get();
  s.refused = traffic_.refused.get();
  return s;
}

std::string engine::impl::last_detail() const { return history_.detail(); }

// --- what is told ------------------------------------------------------------------------------

void engine::impl::note(attempt& a, error_code ec, std::string detail) {
  a.detail = detail;
  history_.remember(ec, std::move(detail));
}

void engine::impl::publish() {
  const lifecycle& life = links_.own()->life;
  if (!history_.settled(life.current(), life.deadline(), clock_now())) return;
  if (shutdown_.abandoned()) return;
  std::vector<description> said;
  sink_.describe(said);
  history_.describe(std::move(said));
}

void engine::impl::log(log_level level, std::string_view what) const {
  if (!options_.log || !options_.log->wants(level)) return;
  std::string line;
  append_escaped(line, what);  // A part of it may come from the peer.
  options_.log->write(level, line);
}

}  // namespace hawser::io

// Heavy work of a client: it runs on the pool, its end is told on the strand.
#include <hawser/thrown.hpp>

#include "io/net/engine_impl.hpp"

#include <boost/asio/post.hpp>

namespace hawser::io {

result<void> engine::impl::offload(effects::job& work) {
  const std::lock_guard guard(mutex_);
  const auto on = loop_.lock();
  if (!accepting_ || !on) return errc::stopped;
  if (!pool_) pool_ = std::make_unique<offload_pool>(options_.offload);
  offload_pool::job j;
  j.work = work.work;
  j.done = [weak = weak_from_this(), loop = loop_, done = work.done](error_code ec) {
    const auto runs = loop.lock();
    if (!runs) return;
    asio::post(runs->context, [weak, done, ec] {
      if (const auto me = weak.lock()) me->offloaded(done, ec);
    });
  };
  const auto r = pool_->submit(work.key, std::move(j));
  if (r) ++jobs_;
  return r;
}

void engine::impl::offloaded(const offload_done& done, error_code ec) {
  bool last = false;
  {
    const std::lock_guard guard(mutex_);
    last = --jobs_ == 0;
  }
  if (traffic_.out_of_time()) tick(clock_now());
  if (completed_ || (finished_ && offload_deadline_ == never)) return;
  if (ec) log(log_level::error, "offloaded work threw, or was not begun: " + ec.message());
  if (done) tell_offloaded(done, ec);
  if (finished_ && last) return leave_offload();
  reschedule();
}

void engine::impl::tell_offloaded(const offload_done& done, error_code ec) {
  const auto tell = [&](context& c) {
    try {
      done(c, ec);
    } catch (...) {
      detail::report(c, "offload", "done");
    }
  };
  if (const auto link = live(); link && link->link().open) {
    link->run_task(clock_now(), tell);
    link->flush();
  } else {
    outside([&](context& c) { sink_.run_task(c, tell); });
  }
}

// What has not begun is told as stopped, by the way that all ends come; what runs has until the
// deadline, which is stop()'s if that was called.
void engine::impl::end_offload() {
  std::vector<offload_pool::job> dropped;
  {
    const std::lock_guard guard(mutex_);
    if (jobs_ == 0) return;
    dropped = pool_->stop();
  }
  const time_point now = clock_now();
  const time_point last =
      traffic_.out_of_time() ? now + slow_limit(options_) : traffic_.stop.deadline();
  offload_deadline_ = std::min(last, now + options_.deadlines.close);
  for (const auto& j : dropped) j.done(errc::stopped);
}

void engine::impl::leave_offload() {
  if (offload_deadline_ == never) return;
  offload_deadline_ = never;
  if (traffic_.stop.asked()) {
    const std::lock_guard guard(mutex_);
    for (std::size_t i = 0; i < jobs_; ++i) ++traffic_.untold;
  }
  tell_stopped();
  complete_if_idle();
}

}  // namespace hawser::io

// Heavy work of a client: it runs on the pool, its end is told on the strand.
#include <hawser/thrown.hpp>

#include "io/net/engine_impl.hpp"

#include <boost/asio/post.hpp>

namespace hawser::io {

result<void> engine::impl::offload(effects::job& work) {
  if (loop_.expired()) return errc::stopped;
  return work_.submit(work,
                      [weak = weak_from_this(), loop = loop_, done = work.done](error_code ec) {
                        const auto runs = loop.lock();
                        if (!runs) return;
                        asio::post(runs->context, [weak, done, ec] {
                          if (const auto me = weak.lock()) me->offloaded(done, ec);
                        });
                      });
}

void engine::impl::offloaded(const offloaded_work::done& done, error_code ec) {
  const bool last = work_.told();
  if (traffic_.out_of_time()) tick(clock_now());
  if (shutdown_.completed() || (shutdown_.ends() && !work_.awaited())) return;
  if (ec) log(log_level::error, "offloaded work threw, or was not begun: " + ec.message());
  if (done) tell_offloaded(done, ec);
  if (shutdown_.ends() && last) return leave_offload();
  reschedule();
}

void engine::impl::tell_offloaded(const offloaded_work::done& done, error_code ec) {
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
  const time_point now = clock_now();
  const time_point last =
      traffic_.out_of_time() ? now + slow_limit(options_) : traffic_.stop.deadline();
  for (const auto& j : work_.end(std::min(last, now + options_.deadlines.close))) {
    j.done(errc::stopped);
  }
}

void engine::impl::leave_offload() {
  const auto left = work_.leave();
  if (!left) return;
  if (traffic_.stop.asked()) {
    for (std::size_t i = 0; i < *left; ++i) ++traffic_.untold;
  }
  tell_stopped();
  complete_if_idle();
}

}  // namespace hawser::io

// What the engine writes down for explain(), at each change of phase.
#include "io/net/engine_impl.hpp"

#include <boost/asio/error.hpp>

namespace hawser::io {

explanation engine::impl::explain() const {
  const std::lock_guard guard(mutex_);
  explanation e = record_.explain(clock_now());
  e.plugins = described_;
  e.running = running(e.taken);
  // Whoever lets an attempt wait longest decides.
  for (const description& d : described_) {
    if (e.next_attempt && d.next_attempt() - e.taken > *e.next_attempt) {
      e.next_attempt = d.next_attempt() - e.taken;
    }
  }
  e.last_message = traffic_.since_last_message(e.taken);
  return e;
}

error_code engine::impl::refuse_options(error_info why) {
  note(*main_, why.code, std::move(why.detail));
  {
    const std::lock_guard guard(mutex_);
    record_.failed({.error = why.code, .detail = detail_}, clock_now());
  }
  return why.code;
}

std::string engine::impl::endpoint_name() const {
  if (options_.unix_socket) return (url_.secure ? "wss+unix:" : "unix:") + *options_.unix_socket;
  return (url_.secure ? "wss://" : "ws://") + url_.authority();
}

void engine::impl::record_endpoint() {
  known_ = process_state::here().endpoint(endpoint_name());
  const std::lock_guard guard(mutex_);
  record_.configure(endpoint_name(), url_.secure);
}

// The plug-ins are asked once they have decided something: while an attempt is awaited, and at the
// end. An open link needs no explanation, and many of them no memory for it. `settled`: nothing
// follows at once.
void engine::impl::record_phase(bool settled) {
  const phase p = main_->life.current();
  std::vector<description> said;
  const bool decided = p == phase::waiting || p == phase::stopped;
  // Who waits may be told to wait again, for longer.
  const time_point until = main_->life.deadline();
  const bool other = p != recorded_ || (p == phase::waiting && until != recorded_until_);
  const bool changes = settled && other && !shut_ && (decided || p == phase::open);
  if (settled) {
    recorded_ = p;
    recorded_until_ = until;
  }
  if (changes && decided) {
    sink_.describe(said);
    std::erase_if(said, [](const description& d) { return d.entries().empty(); });
  }
  const std::lock_guard guard(mutex_);
  record_.entered(p, clock_now(), until);
  if (changes) described_ = std::move(said);
}

// Of an attempt or a link: on_error is about to be asked.
void engine::impl::record_failure(const failure& f) {
  cause c{.at = f.at,
          .error = f.error,
          .status = f.status,
          .code = f.code,
          .own_close = f.own_close,
          .unknown_name = f.error == asio::error::host_not_found,
          .retry_after = f.retry_after,
          .detail = std::string(f.detail)};
  if (!f.successor) recorded_ = phase::idle;
  const std::lock_guard guard(mutex_);
  if (f.successor) return record_.successor_failed(std::move(c));
  record_.failed(std::move(c), clock_now());
}

// Whether there is a login is known once on_open has been called.
void engine::impl::record_open(std::uint64_t link) {
  announcing_ = true;
  recorded_ = phase::idle;
  const std::lock_guard guard(mutex_);
  record_.opened(link, true, clock_now());
}

void engine::impl::record_ready(std::uint64_t link) {
  const std::lock_guard guard(mutex_);
  if (announcing_) return record_.opened(link, false, clock_now());
  record_.ready(clock_now());
}

}  // namespace hawser::io

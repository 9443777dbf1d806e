// What the engine writes down for explain(), at each change of phase.
#include "io/net/engine_impl.hpp"

#include <boost/asio/error.hpp>

namespace hawser::io {

explanation engine::impl::explain() const {
  explanation e = history_.explain(clock_now());
  e.running = running(e.taken);
  e.last_message = traffic_.since_last_message(e.taken);
  return e;
}

error_code engine::impl::refuse_options(error_info why) {
  note(*links_.own(), why.code, std::move(why.detail));
  history_.refused(why.code, clock_now());
  return why.code;
}

std::string engine::impl::endpoint_name() const {
  if (options_.unix_socket)
    return (endpoint_.where.secure ? "wss+unix:" : "unix:") + *options_.unix_socket;
  return (endpoint_.where.secure ? "wss://" : "ws://") + endpoint_.where.authority();
}

void engine::impl::record_endpoint() {
  endpoint_.known = process_state::here().endpoint(endpoint_name());
  history_.configure(endpoint_name(), endpoint_.where.secure);
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
  history_.failed(std::move(c), f.successor, clock_now());
}

}  // namespace hawser::io

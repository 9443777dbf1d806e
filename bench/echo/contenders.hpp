// The clients that are compared. Each connects to the echo server, keeps `in_flight`
// text messages of `message_size` bytes under way, tells the meter of every echo, and returns when
// the meter has enough. Each runs on the calling thread alone. Throws std::runtime_error.
#pragma once

#include "meter.hpp"
#include "sockets.hpp"

namespace bench {

/// A blocking socket and frames that were masked before the run: what the kernel costs.
void run_raw(const target& to, meter& m);
/// hawser::session between a non-blocking socket and epoll: what the codec adds.
void run_codec(const target& to, meter& m);
/// hawser::io::engine with a handwritten event_sink: what the link adds.
void run_callback(const target& to, meter& m);
/// hawser::resilient_client: what the adapter and its behaviors add.
void run_full_stack(const target& to, meter& m);
/// Boost.Beast as its examples write it.
void run_beast(const target& to, meter& m);

}  // namespace bench

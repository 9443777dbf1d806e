// The clients that are compared. Each connects to the echo server on 127.0.0.1, keeps `in_flight`
// text messages of `message_size` bytes under way, tells the meter of every echo, and returns when
// the meter has enough. Each runs on the calling thread alone. Throws std::runtime_error.
#pragma once

#include "meter.hpp"

namespace bench {

/// A blocking socket and frames that were masked before the run: what the kernel costs.
void run_raw(std::uint16_t port, meter& m);
/// hawser::session between a non-blocking socket and epoll: what the codec adds.
void run_codec(std::uint16_t port, meter& m);
/// hawser::io::engine with a handwritten event_sink: what the link adds.
void run_callback(std::uint16_t port, meter& m);
/// hawser::resilient_client: what the adapter and its behaviors add.
void run_full_stack(std::uint16_t port, meter& m);
/// Boost.Beast as its examples write it.
void run_beast(std::uint16_t port, meter& m);

}  // namespace bench

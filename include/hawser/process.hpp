// What the clients of one process share.
#pragma once

#include <hawser/core/circuit.hpp>
#include <hawser/core/retry_budget.hpp>

#include <memory>
#include <string_view>

namespace hawser {

/// The retry budget of this process: 100 retries a second, 100 at once. A full TLS handshake costs
/// about a millisecond and a half on either side, so this is some 15 % of one core at each end,
/// while a gateway of a few hundred clients is back within seconds. Thread-safe.
const std::shared_ptr<retry_budget>& process_retry_budget();

/// The circuit of an endpoint (handshake::endpoint), one for all clients of this process that hold
/// it; it is forgotten with the last of them. Thread-safe.
std::shared_ptr<shared_circuit> process_circuit(std::string_view endpoint);

}  // namespace hawser

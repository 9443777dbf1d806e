// The same with sockets: clients of one process and a server that goes away, over loopback.
#pragma once

#include <chrono>

namespace bench {

/// Prints when they come back; whether that is within the aims.
bool real_outage(unsigned clients, std::chrono::milliseconds down);

}  // namespace bench

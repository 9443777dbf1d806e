// Durations and addresses as people write them.
#pragma once

#include <hawser/time.hpp>

#include <cstdint>
#include <string>

namespace hawser::cli {

/// "250ms", "30s", "5m", "2h". Throws usage_error that names `option`.
duration parse_duration(const std::string& text, const std::string& option);

struct host_port {
  std::string host;
  std::uint16_t port = 0;
};
/// "127.0.0.1:8080", "[::1]:0". Throws usage_error that names `option`.
host_port parse_host_port(const std::string& text, const std::string& option);

}  // namespace hawser::cli

// Durations and addresses as people write them.
#pragma once

#include <hawser/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace hawser::cli {

/// "250ms", "30s", "5m", "2h". Throws usage_error that names `option`.
duration parse_duration(const std::string& text, const std::string& option);

/// "500k", "64M", "4G" (1,024 each), or bytes. Throws usage_error that names `option`.
std::uint64_t parse_size(const std::string& text, const std::string& option);

struct host_port {
  std::string host;
  std::uint16_t port = 0;
};
/// "127.0.0.1:8080", "[::1]:0". Throws usage_error that names `option`.
host_port parse_host_port(const std::string& text, const std::string& option);

struct rotating_file {
  std::string path;
  std::uint64_t max_bytes = std::uint64_t{10} << 20;
  std::size_t older = 5;
};
/// "app.log", "app.log,500k,3": the size in bytes or with k, M or G (1,024 each). A path has no
/// comma. Throws usage_error that names `option`.
rotating_file parse_rotating_file(const std::string& text, const std::string& option);

}  // namespace hawser::cli

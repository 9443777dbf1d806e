// Log sinks over spdlog.
#pragma once

#include <hawser/error.hpp>
#include <hawser/log.hpp>

#include <memory>
#include <string>

namespace hawser::io {

/// Lines on standard error, with time and level. `name` is put before each line. Thread-safe.
std::shared_ptr<log_sink> make_stderr_log(std::string name, log_level threshold);

/// "trace", "debug", "info", "warn", "error" or "off"; anything else is refused
/// (errc::invalid_option).
result<log_level> parse_log_level(std::string_view text);

}  // namespace hawser::io

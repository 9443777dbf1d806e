// Log sinks over spdlog.
#pragma once

#include <hawser/error.hpp>
#include <hawser/log.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace hawser::io {

/// Lines on standard error, with time and level. `name` is put before each line. Thread-safe.
std::shared_ptr<log_sink> make_stderr_log(std::string name, log_level threshold);

/// The same lines in a file, which is made if it is missing and else continued. One that would grow
/// beyond `max_bytes` is moved aside first: app.log to app.1.log, app.1.log to app.2.log and so on;
/// `older` of those are kept. So at most (older + 1) * max_bytes bytes are on disk, but for one
/// line that is longer. Its folder must be there. Thread-safe; one process writes a file. Refused,
/// with `error` saying why: errc::invalid_option for max_bytes below 1,024 or `older` above 1,000;
/// the system's error for a file that cannot be opened. What cannot be written later (the disk is
/// full) is lost, and standard error says so, at most once a second.
result<std::shared_ptr<log_sink>> make_file_log(std::string name, const std::string& path,
                                                log_level threshold, std::uint64_t max_bytes,
                                                std::size_t older, std::string& error);

/// "trace", "debug", "info", "warn", "error" or "off"; anything else is refused
/// (errc::invalid_option).
result<log_level> parse_log_level(std::string_view text);

}  // namespace hawser::io

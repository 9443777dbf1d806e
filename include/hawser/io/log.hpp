// Log sinks that never hold up who logs: a thread of their own writes. A child of fork() logs
// through the same sinks, on a thread that its first line starts; lines that waited at the fork are
// written by the parent alone.
#pragma once

#include <hawser/error.hpp>
#include <hawser/log.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace hawser::io {

/// Lines on standard error, with time and level. `name` is put before each line. Thread-safe. One
/// thread of the process writes the lines of all of these; while nobody reads them, 16,384 lines or
/// 4 MiB wait, what comes beyond is dropped, and a line says how many were. At the end of the
/// process it is waited for, until nothing was taken for 1 s.
std::shared_ptr<log_sink> make_stderr_log(std::string name, log_level threshold);

/// The same lines in a file, which is made if it is missing and else continued. One that would grow
/// beyond `max_bytes` is moved aside first: app.log to app.1.log, app.1.log to app.2.log and so on;
/// `older` of those are kept. So at most (older + 1) * max_bytes bytes are on disk, but for one
/// line that is longer. Its folder must be there. Thread-safe; one process writes a file: a child
/// of fork() goes on in it after a line that says so, but while its parent logs too, each of them
/// moves it aside without the other. Refused, with the reason: errc::invalid_option for
/// max_bytes below 1,024 or `older` above 1,000; the system's error for a file that cannot be
/// opened. A thread of its own writes it, with the bounds of make_stderr_log. What cannot be
/// written later (the disk is full) is lost: standard error says so when it begins, the file says
/// how many lines were lost when it goes on.
result<std::shared_ptr<log_sink>, error_info> make_file_log(std::string name,
                                                            const std::string& path,
                                                            log_level threshold,
                                                            std::uint64_t max_bytes,
                                                            std::size_t older);

/// Text as it is, among the lines of make_stderr_log: never waits for the reader. Thread-safe.
void write_stderr(std::string_view text) noexcept;

/// Waits until standard error has what was written; false once it has taken nothing for 1 s. Then
/// only _exit() ends the process for sure.
bool drain_stderr();

/// "trace", "debug", "info", "warn", "error" or "off"; anything else is refused
/// (errc::invalid_option).
result<log_level> parse_log_level(std::string_view text);

}  // namespace hawser::io

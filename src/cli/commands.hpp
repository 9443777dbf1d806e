// The subcommands of the hawser program. stdout holds results only; all else goes to stderr.
#pragma once

#include <hawser/error.hpp>
#include <hawser/log.hpp>
#include <hawser/trace_control.hpp>

#include <CLI/App.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hawser::cli {

/// What every subcommand shares.
struct common {
  std::string log = "warn";
  std::optional<std::string> log_file;
  std::string trace = "auto";
  /// Both throw usage_error.
  std::shared_ptr<log_sink> make_log(const std::string& name) const;
  std::shared_ptr<trace_control> make_trace() const;
};

// Each adds its subcommand; `run` is set to what is to be done once the arguments are read. It
// returns the exit code.
using action = std::function<int()>;
void add_cloud(CLI::App& app, const common& c, action& run);
void add_edge(CLI::App& app, const common& c, action& run);
void add_connect(CLI::App& app, const common& c, action& run);
void add_archives(CLI::App& app, action& run);
void add_demo(CLI::App& app, action& run);

/// The exit code for arguments that cannot be used: nothing was begun.
inline constexpr int wrong_usage = 2;

/// The arguments cannot be used; what() names the one and says why.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// 2 if a start failed because of what it was told, else 1.
int exit_code_of(error_code ec) noexcept;

/// Turns the trace on, or back to what the log wants, and says so in the log.
void toggle(trace_control& trace, log_sink& log);

/// Text on stderr, as it is, in order with the log. Never waits for its reader. From any thread.
void say(std::string_view text);
/// Says `hawser: <what>` and a line feed; returns `code`.
int complain(const std::string& what, int code = 1);

}  // namespace hawser::cli

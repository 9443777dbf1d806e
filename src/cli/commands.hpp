// The subcommands of the hawser program. stdout holds results only; all else goes to stderr.
#pragma once

#include <hawser/log.hpp>

#include <CLI/App.hpp>

#include <functional>
#include <memory>
#include <string>

namespace hawser::cli {

/// What every subcommand shares.
struct common {
  std::string log = "warn";
  std::shared_ptr<log_sink> make_log(const std::string& name) const;
};

// Each adds its subcommand; `run` is set to what is to be done once the arguments are read. It
// returns the exit code.
using action = std::function<int()>;
void add_cloud(CLI::App& app, const common& c, action& run);
void add_edge(CLI::App& app, const common& c, action& run);
void add_archives(CLI::App& app, action& run);
void add_demo(CLI::App& app, action& run);

/// Prints `hawser: <what>` to stderr; returns `code`.
int complain(const std::string& what, int code = 1);

}  // namespace hawser::cli

// The hawser program.
#include <hawser/io/log.hpp>

#include "cli/commands.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <csignal>
#include <exception>
#include <iostream>

namespace hawser::cli {

int complain(const std::string& what, int code) {
  std::cerr << "hawser: " << what << '\n';
  return code;
}

std::shared_ptr<log_sink> common::make_log(const std::string& name) const {
  return io::make_stderr_log(name, *io::parse_log_level(log));
}

}  // namespace hawser::cli

int main(int argc, char** argv) {
  using namespace hawser::cli;
  std::signal(SIGPIPE, SIG_IGN);  // A reader that left is an error of the write, not a death.
  CLI::App app{"hawser carries governor events and receipts between edges and the cloud", "hawser"};
  app.require_subcommand(1);
  common shared;
  app.add_option("--log", shared.log,
                 "what is said on stderr: trace, debug, info, warn, error, off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
  action run;
  add_cloud(app, shared, run);
  add_edge(app, shared, run);
  add_archives(app, run);
  add_demo(app, run);
  CLI11_PARSE(app, argc, argv);
  try {
    return run();
  } catch (const std::exception& e) {
    return complain(e.what());
  }
}

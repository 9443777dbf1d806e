// The hawser program.
#include <hawser/io/log.hpp>

#include "cli/commands.hpp"
#include "cli/empty_values.hpp"
#include "cli/units.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <csignal>
#include <exception>
#include <fcntl.h>
#include <iostream>
#include <unistd.h>

namespace hawser::cli {

int complain(const std::string& what, int code) {
  std::cerr << "hawser: " + what + "\n";  // At once: threads may complain.
  return code;
}

int exit_code_of(error_code ec) noexcept {
  const bool usage =
      ec == errc::invalid_option || ec == errc::invalid_url || ec == errc::tls_unusable_files;
  return usage ? wrong_usage : 1;
}

std::shared_ptr<log_sink> common::make_log(const std::string& name) const {
  const log_level threshold = *io::parse_log_level(log);
  if (!log_file) return io::make_stderr_log(name, threshold);
  const rotating_file f = parse_rotating_file(*log_file, "--log-file");
  std::string error;
  auto made = io::make_file_log(name, f.path, threshold, f.max_bytes, f.older, error);
  if (!made) throw usage_error("--log-file: " + error);
  return std::move(*made);
}

std::shared_ptr<trace_control> common::make_trace() const {
  auto made = std::make_shared<trace_control>();
  std::string complaint;
  if (!made->set(trace, complaint)) throw usage_error("--" + complaint);
  return made;
}

void toggle(trace_control& trace, log_sink& log) {
  trace.toggle();
  log.write(log_level::info, "trace: " + trace.str());
}

namespace {

// Files that are opened later must not take the numbers of standard streams that are closed. What
// takes them cannot be used: to read or write there is to fail, not to find nothing.
void occupy_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO;) {
    const int mode = ::fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY;
    fd = ::open("/dev/null", mode | O_CLOEXEC);
    if (fd < 0) return;
    if (fd > STDERR_FILENO) ::close(fd);
  }
}

}  // namespace
}  // namespace hawser::cli

int main(int argc, char** argv) {
  using namespace hawser::cli;
  occupy_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // A reader that left is an error of the write, not a death.
  CLI::App app{"hawser carries governor events and receipts between edges and the cloud", "hawser"};
  app.require_subcommand(1);
  common shared;
  app.add_option("--log", shared.log,
                 "what is said on stderr: trace, debug, info, warn, error, off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
  app.add_option(
      "--log-file", shared.log_file,
      "say it in this file instead, PATH[,SIZE,COUNT]: a file that would grow beyond SIZE "
      "(10M) is moved aside, COUNT (5) of those are kept");
  app.add_option("--trace", shared.trace,
                 "of edge, cloud and connect: on, off, or auto (as --log says), then any of "
                 "hooks=, plugins=, "
                 "link=, payloads=, slow=, level=; SIGUSR1 turns it on and back")
      ->capture_default_str();
  action run;
  add_cloud(app, shared, run);
  add_edge(app, shared, run);
  add_connect(app, shared, run);
  add_archives(app, run);
  add_demo(app, run);
  refuse_empty_values(app);
  try {
    refuse_empty_words(argc, argv);
    app.parse(argc, argv);
    return run();
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    app.exit(e);  // prints it; its own exit codes are no part of our interface
    return wrong_usage;
  } catch (const usage_error& e) {
    return complain(e.what(), wrong_usage);
  } catch (const std::exception& e) {
    return complain(e.what());
  }
}

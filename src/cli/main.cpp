// The hawser program.
#include <hawser/core/text/text.hpp>
#include <hawser/io/crypto.hpp>
#include <hawser/io/log.hpp>
#include <hawser/io/side_thread.hpp>
#include <hawser/store/sqlite.hpp>
#include <hawser/version.hpp>

#include "cli/commands.hpp"
#include "cli/empty_values.hpp"
#include "cli/units.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/version.hpp>

#include <algorithm>
#include <csignal>
#include <exception>
#include <fcntl.h>
#include <iostream>
#include <unistd.h>
#include <vector>

namespace hawser::cli {

void say(std::string_view text) { io::write_stderr(text); }

int complain(const std::string& what, int code) {
  std::string line = "hawser: ";
  for (const char c : what) {  // A name of a file may have any: one complaint is one line.
    if (static_cast<unsigned char>(c) >= ' ') {
      line += c;
    } else {
      append_escaped(line, {&c, 1});
    }
  }
  say(line + "\n");
  return code;
}

int exit_code_of(error_code ec) noexcept {
  const bool usage =
      ec == errc::invalid_option || ec == errc::invalid_url || ec == tls_errc::unusable_files;
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

std::string version() {
  return "hawser " HAWSER_VERSION " (Boost " + std::to_string(BOOST_VERSION / 100'000) + '.' +
         std::to_string(BOOST_VERSION / 100 % 1000) + '.' + std::to_string(BOOST_VERSION % 100) +
         ", OpenSSL " + openssl_version() + ", SQLite " + sqlite_version() + ")";
}

// Of a global option CLI11 takes whatever comes next for the value, another option too. That of
// `connect` is a --trace of its own, which needs none.
void refuse_missing_values(const std::vector<std::string>& words) {
  const auto is_command = [](const std::string& w) {
    return w == "connect" || w == "edge" || w == "cloud";
  };
  const auto command = std::find_if(words.begin(), words.end(), is_command);
  const bool connects = command != words.end() && *command == "connect";
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& w = words[i];
    const bool trace = w == "--trace" && !connects;
    if (!trace && w != "--log" && w != "--log-file") continue;
    if (i + 1 < words.size() && !words[i + 1].starts_with("--")) continue;
    throw usage_error(w +
                      (trace ? ": wants on, off or auto behind it" : ": wants a value behind it") +
                      "; see --help");
  }
}

// The arguments in the order that CLI11 wants them, the last one first. `connect` has a --trace
// without a value beside the one with a value: a word that can be its value is. Throws usage_error.
std::vector<std::string> read_words(int argc, char** argv) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    std::string complaint;
    const bool is_value =
        !words.empty() && words.back() == "--trace" && trace_control().set(argv[i], complaint);
    if (is_value) {
      words.back().append("=").append(argv[i]);
    } else {
      words.emplace_back(argv[i]);
    }
  }
  refuse_missing_values(words);
  return {words.rbegin(), words.rend()};
}

// What stands behind an option may be a secret, and standard error a log.
std::string unexpected(const CLI::App& app) {
  const auto words = app.remaining(true);
  std::string known;
  for (const std::string& word : words) {
    const bool is_option = word.starts_with('-');
    const auto named = [&](const CLI::App* command) { return command->check_name(word); };
    if (!is_option && app.get_subcommands(named).empty()) continue;
    const std::size_t end = !is_option ? word.npos : word.starts_with("--") ? word.find('=') : 2;
    known += ' ' + word.substr(0, end);
  }
  if (!known.empty()) return "not expected here:" + known + "; see --help";
  return "words that no option takes: " + std::to_string(words.size()) +
         "; a value with spaces wants quotes; see --help";
}

int run(int argc, char** argv) {
  CLI::App app{"hawser carries governor events and receipts between edges and the cloud", "hawser"};
  app.require_subcommand(1);
  app.fallthrough();  // Global options may stand behind a subcommand too.
  app.set_version_flag("--version", version());
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
  action what;
  add_cloud(app, shared, what);
  add_edge(app, shared, what);
  add_connect(app, shared, what);
  add_archives(app, what);
  add_demo(app, what);
  refuse_empty_values(app);
  try {
    std::vector<std::string> words = read_words(argc, argv);
    refuse_empty_words(words);
    app.parse(std::move(words));
    return what();
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ValidationError& e) {
    return complain(e.what(), wrong_usage);
  } catch (const CLI::ExtrasError&) {
    return complain(unexpected(app), wrong_usage);
  } catch (const CLI::ParseError& e) {
    // Its own exit codes, and its second line, are no part of our interface.
    return complain(std::string(e.what()) + "; see --help", wrong_usage);
  } catch (const usage_error& e) {
    return complain(e.what(), wrong_usage);
  } catch (const std::exception& e) {
    return complain(e.what());
  }
}

}  // namespace
}  // namespace hawser::cli

int main(int argc, char** argv) {
  using namespace hawser;
  cli::occupy_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // A reader that left is an error of the write, not a death.
  const int code = cli::run(argc, argv);
  // Whoever is still in a call that does not return would hold exit() up.
  if (!io::drain_stderr() || io::side_thread::any_left()) ::_exit(code);
  return code;
}

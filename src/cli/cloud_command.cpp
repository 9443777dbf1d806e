#include <hawser/cloud/cloud.hpp>
#include <hawser/core/json_writer.hpp>

#include "cli/commands.hpp"
#include "cli/named_files.hpp"
#include "cli/printer.hpp"
#include "cli/signals.hpp"
#include "cli/units.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <unistd.h>

namespace hawser::cli {
namespace {

struct cloud_args {
  std::string listen = "127.0.0.1:0";
  std::string ledger;
  std::string token_file;
  tls_server_options tls;
};

int run_cloud(const cloud_args& a, const common& c) {
  constexpr std::string_view local = "unix:";
  const bool at_path = a.listen.starts_with(local);
  const host_port where = at_path ? host_port{} : parse_host_port(a.listen, "--listen");
  constexpr std::string_view scheme = sqlite_scheme;
  if (!a.ledger.starts_with(scheme) || a.ledger.size() == scheme.size()) {
    return complain("--ledger: must be sqlite:FILE", wrong_usage);
  }
  cloud_options o;
  o.host = where.host;
  o.port = where.port;
  if (at_path) o.unix_socket = a.listen.substr(local.size());
  o.tls = a.tls;
  o.ledger = a.ledger.substr(scheme.size());
  o.log = c.make_log("cloud");
  o.trace = c.make_trace();
  std::string error;
  if (!a.token_file.empty()) {
    auto tokens = read_token_file(a.token_file, error);
    if (!tokens) return complain("--token-file: " + error, wrong_usage);
    o.authenticate = true;
    o.tokens = std::move(*tokens);
  }
  printer out(STDOUT_FILENO, 1, [] {});
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  termination end(
      [&] {
        out.give_up_at(std::chrono::steady_clock::now() + printer::last_words);
        const std::lock_guard guard(mutex);
        over = true;
        changed.notify_one();
      },
      [trace = o.trace, log = o.log] { toggle(*trace, *log); });
  cloud node(std::move(o));
  const auto port = node.start(error);
  if (!port) return complain(in_server_words(error), exit_code_of(port.error()));
  const std::string host =
      where.host.find(':') == std::string::npos ? where.host : "[" + where.host + "]";
  std::string text;
  json_writer w(text);
  w.begin_object().key("listening");
  w.text(at_path ? a.listen
                 : (a.tls.certificate_file.empty() ? "ws://" : "wss://") + host + ':' +
                       std::to_string(*port));
  w.end_object();
  out.answer(text, [] {});
  if (!out.finish()) {  // Nobody learns where we listen.
    node.stop();
    return complain(out.complaint());
  }
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return over; });
  }
  node.stop();
  return 0;
}

}  // namespace

void add_cloud(CLI::App& app, const common& c, action& run) {
  auto a = std::make_shared<cloud_args>();
  auto* sub = app.add_subcommand("cloud", "accept devices and commit their receipts to a ledger");
  sub->add_option("--listen", a->listen, "address:port, port 0 takes any free one; or unix:PATH")
      ->capture_default_str();
  sub->add_option("--ledger", a->ledger, "sqlite:FILE")->required()->check(ledger_url);
  auto* certificate = sub->add_option("--tls-cert", a->tls.certificate_file,
                                      "speak TLS: our certificate and its chain, PEM")
                          ->check(readable_file);
  auto* key = sub->add_option("--tls-key", a->tls.key_file, "its key, PEM")
                  ->check(readable_file)
                  ->needs(certificate);
  certificate->needs(key);
  sub->add_option("--client-ca", a->tls.client_ca_file,
                  "devices must show a certificate of these authorities, PEM; without a token "
                  "file it must name the device in its subjectAltName")
      ->check(readable_file)
      ->needs(certificate);
  sub->add_option("--token-file", a->token_file,
                  "`device token` on each line; without it all may in");
  sub->callback([a, &c, &run] { run = [a, &c] { return run_cloud(*a, c); }; });
}

}  // namespace hawser::cli

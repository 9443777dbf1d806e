#include <hawser/cloud/cloud.hpp>
#include <hawser/core/text/json_writer.hpp>
#include <hawser/core/text/origin.hpp>
#include <hawser/core/text/redaction.hpp>
#include <hawser/core/text/url.hpp>

#include "cli/commands.hpp"
#include "cli/named_files.hpp"
#include "cli/printer.hpp"
#include "cli/signals.hpp"
#include "cli/units.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

namespace hawser::cli {
namespace {

struct cloud_args {
  std::string listen = "127.0.0.1:0";
  std::string ledger;
  bool require_store = false;
  std::optional<std::string> token_file;
  tls_server_options tls;
  bool open = false;
  std::vector<std::string> allow_origins;
  std::size_t pending_per_address = cloud_options{}.pending_per_address;
};

// What the arguments ask for. Throws usage_error.
cloud_options make_options(const cloud_args& a, const common& c) {
  cloud_options o;
  constexpr std::string_view local = "unix:";
  if (a.listen.starts_with(local)) {
    const auto where = parse_url(a.listen);
    if (!where) {
      const std::string why = where.error().detail;
      throw usage_error("--listen" + why.substr(why.find(':')));
    }
    o.unix_socket = where->unix_socket;
  } else {
    const host_port where = parse_host_port(a.listen, "--listen");
    o.host = where.host;
    o.port = where.port;
  }
  constexpr std::string_view scheme = sqlite_scheme;
  if (!a.ledger.starts_with(scheme) || a.ledger.size() == scheme.size()) {
    throw usage_error("--ledger: must be sqlite:FILE");
  }
  o.ledger = a.ledger.substr(scheme.size());
  o.require_store = a.require_store;
  o.tls = a.tls;
  o.open = a.open;
  o.allow_origins = a.allow_origins;
  o.pending_per_address = a.pending_per_address;
  if (a.token_file) {
    auto tokens = read_token_file(*a.token_file);
    if (!tokens) throw usage_error("--token-file: " + tokens.error().detail);
    o.authenticate = true;
    o.tokens = std::move(*tokens);
  }
  if (const auto r = validate(o); !r) {
    throw usage_error("--" + r.error().detail +
                      "; give --token-file, --client-ca, or --open if it is meant");
  }
  o.log = c.make_log("cloud");
  o.trace = c.make_trace();
  return o;
}

int run_cloud(const cloud_args& a, const common& c) {
  cloud_options o = make_options(a, c);
  const bool secure = o.tls.certificate_file.has_value();
  const std::string host = o.host;
  const auto path = o.unix_socket;
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
  const auto port = node.start();
  const std::string why = port ? std::string() : port.error().detail;
  if (!port && port.error().code == errc::listen_failed) {
    constexpr std::string_view before = "listen ";  // "listen PATH: ...": a file is named
    // A port may be free again.
    return path ? complain("--listen: " + why.substr(before.size()), wrong_usage) : complain(why);
  }
  if (!port) {
    // Nothing was begun: an option, or the ledger, cannot be used. What begins with a path is about
    // the ledger.
    return complain((why.starts_with('/') ? "--ledger: " : "") + in_server_words(why), wrong_usage);
  }
  std::string text;
  json_writer w(text);
  w.begin_object().key("listening");
  w.text(path ? listening_url(secure, *path) : listening_url(secure, host, *port));
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
  if (node.ledger_failed())
    return complain("the ledger failed: see the log; devices keep what was not committed");
  return 0;
}

}  // namespace

void add_cloud(CLI::App& app, const common& c, action& run) {
  auto a = std::make_shared<cloud_args>();
  auto* sub = app.add_subcommand("cloud", "accept devices and commit their receipts to a ledger");
  sub->add_option("--listen", a->listen, "address:port, port 0 takes any free one; or unix:PATH")
      ->capture_default_str();
  sub->add_option("--ledger", a->ledger, "sqlite:FILE")->required()->check(ledger_url);
  sub->add_flag("--require-store", a->require_store,
                "refuse to start without the file or FILE.id beside it");
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
  sub->add_flag("--open", a->open,
                "listen beyond loopback although there are neither tokens nor client certificates");
  sub->add_option("--allow-origin", a->allow_origins,
                  "scheme://host[:port] of pages whose scripts may come in; may be repeated")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        return parse_origin(text) ? ""
                                  : "'" + redact_parameters(text) + "' is not scheme://host[:port]";
      });
  sub->add_option("--pending-per-address", a->pending_per_address,
                  "links of one address that may be not upgraded yet; more displace the oldest; 0: "
                  "no bound; a proxy is one address")
      ->capture_default_str();
  sub->callback([a, &c, &run] { run = [a, &c] { return run_cloud(*a, c); }; });
}

}  // namespace hawser::cli

#include <hawser/cloud/cloud.hpp>

#include "cli/commands.hpp"
#include "cli/signals.hpp"
#include "cli/units.hpp"

#include <condition_variable>
#include <iostream>
#include <mutex>

namespace hawser::cli {
namespace {

struct cloud_args {
  std::string listen = "127.0.0.1:0";
  std::string ledger;
  std::string token_file;
};

int run_cloud(const cloud_args& a, const common& c) {
  const host_port where = parse_host_port(a.listen, "--listen");
  constexpr std::string_view scheme = "sqlite:";
  if (!a.ledger.starts_with(scheme) || a.ledger.size() == scheme.size()) {
    return complain("--ledger: must be sqlite:FILE", 2);
  }
  cloud_options o;
  o.host = where.host;
  o.port = where.port;
  o.ledger = a.ledger.substr(scheme.size());
  o.log = c.make_log("cloud");
  std::string error;
  if (!a.token_file.empty()) {
    auto tokens = read_token_file(a.token_file, error);
    if (!tokens) return complain(error, 2);
    o.authenticate = true;
    o.tokens = std::move(*tokens);
  }
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  termination end([&] {
    const std::lock_guard guard(mutex);
    over = true;
    changed.notify_one();
  });
  cloud node(std::move(o));
  const auto port = node.start(error);
  if (!port) return complain(error);
  const std::string host =
      where.host.find(':') == std::string::npos ? where.host : "[" + where.host + "]";
  std::cout << R"({"listening":"ws://)" << host << ':' << *port << R"("})" << std::endl;
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
  sub->add_option("--listen", a->listen, "address and port; port 0 takes any free one")
      ->capture_default_str();
  sub->add_option("--ledger", a->ledger, "sqlite:FILE")->required();
  sub->add_option("--token-file", a->token_file,
                  "`device token` on each line; without it all may in");
  sub->callback([a, &c, &run] { run = [a, &c] { return run_cloud(*a, c); }; });
}

}  // namespace hawser::cli

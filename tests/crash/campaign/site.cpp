#include "crash/campaign/site.hpp"

#include "crash/campaign/proof.hpp"

#include <algorithm>
#include <filesystem>

namespace hawser::crash {
namespace {

using std::chrono::steady_clock;
using test::program;
using test::run_program;

constexpr milliseconds most_patience{120'000};

std::size_t allowed(steady_clock::time_point begun, int per_second) {
  const auto passed = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
  return static_cast<std::size_t>(passed.count() * per_second / 1000);
}

}  // namespace

site::site(std::string folder, std::uint64_t seed, int devices, int quotas)
    : folder_(std::move(folder)), ledger_(folder_ + "/ledger.db"), socket_(folder_ + "/cloud") {
  for (int i = 0; i < devices; ++i) {
    const std::string name = "gw-" + std::to_string(i);
    edges_.push_back({feeder(name, seed + static_cast<std::uint64_t>(i), quotas),
                      folder_ + "/" + name + ".db", nullptr});
  }
}

void site::start_cloud() {
  if (cloud_) return;
  const std::vector<std::string> words{
      "--log", "warn", "cloud", "--listen", "unix:" + socket_, "--ledger", "sqlite:" + ledger_};
  cloud_ = std::make_unique<program>(words, log_of("cloud"));
}

void site::start_edge(std::size_t i) {
  fed_edge& e = edges_[i];
  if (e.run) return;
  e.draining = false;
  e.run = std::make_unique<program>(
      std::vector<std::string>{"--log", "warn", "edge", "--url", "ws://cloud", "--unix-socket",
                               socket_, "--device", e.feed.device(), "--store", e.store, "--events",
                               "-", "--drain-timeout", "60s", "--heartbeat", "2s", "--backoff",
                               "5ms..50ms"},
      log_of(e.feed.device()));
}

bool site::kill_cloud() {
  if (!cloud_) return false;
  cloud_->signal(SIGKILL);
  const int code = cloud_->wait();
  const bool ended =
      (ending_ && (code == 0 || code == 128 + SIGTERM)) || (may_refuse && (code == 1 || code == 2));
  ending_ = false;
  if (code != 128 + SIGKILL && !ended) {
    found_.find(&verdict::broken, "the cloud had ended with " + std::to_string(code));
  }
  cloud_.reset();
  return !ended;
}

bool site::kill_edge(std::size_t i) {
  fed_edge& e = edges_[i];
  if (!e.run) return false;
  e.run->signal(SIGKILL);
  const int code = e.run->wait();
  // What it wrote before it died was said.
  while (const auto line = e.run->line()) e.feed.take(*line);
  e.feed.interrupted();
  e.run.reset();
  // A young process has no handler of SIGTERM yet.
  const bool ended = (e.draining && (code == 0 || code == 128 + SIGTERM)) ||
                     (may_refuse && (code == 1 || code == 2));
  if (code != 128 + SIGKILL && !ended) {
    found_.find(&verdict::broken, e.feed.device() + " had ended with " + std::to_string(code));
  }
  return !ended;
}

void site::drain_edge(std::size_t i) {
  if (!edges_[i].run) return;
  edges_[i].draining = true;
  edges_[i].run->close_input();
}

bool site::end_cloud() {
  if (!cloud_) return false;
  ending_ = true;
  cloud_->signal(SIGTERM);
  return true;
}

bool site::end_edge(std::size_t i) {
  fed_edge& e = edges_[i];
  if (!e.run) return false;
  e.draining = true;
  e.run->signal(SIGTERM);
  return true;
}

void site::start_all() {
  start_cloud();
  for (std::size_t i = 0; i < edges_.size(); ++i) start_edge(i);
}

void site::feed(fed_edge& e) {
  while (e.run && !e.draining && e.feed.in_flight() < most_in_flight &&
         e.feed.events().size() < allowed(begun_, events_per_second) + most_in_flight) {
    const auto line = e.feed.next();
    if (!line) return;
    e.run->write(*line + '\n');
  }
}

void site::read(fed_edge& e) {
  if (!e.run) return;
  while (const auto line = e.run->line(0)) e.feed.take(*line);
}

void site::run_for(milliseconds time) {
  const auto end = steady_clock::now() + time;
  while (true) {
    std::vector<pollfd> outputs;
    for (fed_edge& e : edges_) {
      feed(e);
      // At its end a pipe is always ready.
      if (e.run && !e.draining) outputs.push_back({e.run->output(), POLLIN, 0});
    }
    const auto left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0) return;
    ::poll(outputs.data(), outputs.size(),
           static_cast<int>(std::min(left, milliseconds(5)).count()));
    for (fed_edge& e : edges_) read(e);
  }
}

bool site::settle() {
  start_all();
  const auto deadline = steady_clock::now() + most_patience;
  for (fed_edge& e : edges_) e.feed.finish();
  const auto settled = [&] {
    return std::all_of(edges_.begin(), edges_.end(),
                       [](const fed_edge& e) { return e.feed.settled() && !e.draining; });
  };
  while (!settled() && look_for_ends()) {
    if (steady_clock::now() > deadline) {
      found_.find(&verdict::broken, "events stay without an answer");
      return false;
    }
    run_for(milliseconds(5));
  }
  bool ended = true;
  for (std::size_t i = 0; i < edges_.size(); ++i) drain_edge(i);
  for (fed_edge& e : edges_) {
    const auto code = e.run ? e.run->wait_at_most(most_patience) : std::nullopt;
    if (code != 0) {
      found_.find(&verdict::broken, e.feed.device() + " does not drain: " +
                                        (code ? "ends with " + std::to_string(*code) : "hangs"));
      ended = false;
    }
    e.run.reset();
  }
  if (cloud_) cloud_->signal(SIGTERM);
  const auto code = cloud_ ? cloud_->wait_at_most(most_patience) : std::nullopt;
  if (code != 0) {
    found_.find(&verdict::broken, "the cloud does not end: " + std::to_string(code.value_or(-1)));
    ended = false;
  }
  cloud_.reset();
  return ended;
}

// False if one has ended that was not told to. An edge that has drained is started anew.
bool site::look_for_ends() {
  if (!cloud_ || cloud_->wait_at_most(milliseconds(0))) {
    found_.find(&verdict::broken, "the cloud has ended by itself");
    return false;
  }
  for (std::size_t i = 0; i < edges_.size(); ++i) {
    if (edges_[i].run && !edges_[i].run->wait_at_most(milliseconds(0))) continue;
    const bool drained = edges_[i].draining;
    kill_edge(i);
    if (!drained) return false;
    start_edge(i);
  }
  return true;
}

void site::verify_beside(std::size_t which) {
  const bool the_ledger = which >= edges_.size();
  const std::string& file = the_ledger ? ledger_ : edges_[which].store;
  std::error_code ec;
  if (std::filesystem::file_size(file, ec) == 0 || ec) return;
  const auto ran =
      run_program(log_of("beside"), {the_ledger ? "ledger" : "outbox", "verify", file});
  // An owner that has just come or gone may be told instead of a summary.
  if (ran.lines.empty() || field(ran.lines[0], "broken") == "0") return;
  found_.find(&verdict::broken, "verify beside its owner: " + ran.lines[0] + ' ' + ran.errors);
}

void site::prove() {
  std::map<std::string, expectation> devices;
  for (const fed_edge& e : edges_) {
    devices.emplace(e.feed.device(), expectation{e.feed.events()});
    found_.answered += e.feed.answered();
    for (const std::string& words : e.feed.surprises()) found_.find(&verdict::broken, words);
    found_.add(crash::prove("outbox", read_outbox(e.store), {{e.feed.device(), {e.feed.events()}}}),
               e.store);
  }
  found_.add(crash::prove("ledger", read_ledger(ledger_), devices), ledger_);
  const std::string errors = log_of("verify");
  const auto verified = [&](const std::string& what, const std::string& file) {
    if (const auto ran = run_program(errors, {what, "verify", file}); ran.code != 0) {
      found_.find(&verdict::broken,
                  what + " verify ends with " + std::to_string(ran.code) + ": " + ran.errors);
    }
  };
  verified("ledger", ledger_);
  for (const fed_edge& e : edges_) verified("outbox", e.store);
}

}  // namespace hawser::crash

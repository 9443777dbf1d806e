#include <hawser/core/json_writer.hpp>
#include <hawser/edge/edge.hpp>
#include <hawser/edge/event_json.hpp>

#include "cli/commands.hpp"
#include "cli/line_input.hpp"
#include "cli/signals.hpp"
#include "cli/tls_flags.hpp"
#include "cli/units.hpp"

#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <mutex>

namespace hawser::cli {
namespace {

struct edge_args {
  std::string url;
  std::string device;
  std::string store;
  std::string events;
  std::string token_file;
  tls_options tls;
  std::string unix_socket;
  bool follow = false;
  std::string drain_timeout = "30s";
  std::string heartbeat = "30s";
  std::string backoff = "1s..30s";
};

constexpr std::size_t most_in_flight = 1024;
constexpr int pending_left = 3;  // the exit code

// Lines on standard output, each one whole and out at once.
class output {
 public:
  void line(std::string text) {
    text += '\n';
    const std::lock_guard guard(mutex_);
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
        std::fflush(stdout) != 0) {
      failed_ = true;
    }
  }
  bool failed() {
    const std::lock_guard guard(mutex_);
    return failed_;
  }

 private:
  std::mutex mutex_;
  bool failed_ = false;
};

// Bounds the events that are not answered yet, so that a fast feeder is held back, not refused.
class in_flight {
 public:
  void enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return count_ < most_in_flight; });
    ++count_;
  }
  void leave() {
    const std::lock_guard guard(mutex_);
    --count_;
    changed_.notify_one();
  }
  void wait_for_none() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
};

std::string bad_event(std::size_t line, std::string_view detail) {
  std::string out;
  json_writer w(out);
  w.begin_object().key("ok").boolean(false).key("error").text("bad_event");
  w.key("line").unsigned_int(line).key("detail").text(detail).end_object();
  return out;
}

std::string to_line(const transition& t) {
  std::string out;
  json_writer w(out);
  w.begin_object().key("transition").text(t.stream).key("seq").unsigned_int(t.seq);
  w.key("cause").text(to_string(t.why)).key("event").text(t.step.event);
  w.key("from").text(t.step.from).key("to").text(t.step.to).key("reason").text(t.step.reason);
  if (!t.key.empty()) w.key("key").text(t.key);
  w.end_object();
  return out;
}

std::string acknowledged_line(const std::string& stream, std::uint64_t seq) {
  std::string out;
  json_writer w(out);
  w.begin_object().key("acknowledged").text(stream).key("seq").unsigned_int(seq).end_object();
  return out;
}

// The token of this device in the file, read anew at every dial: it may have been replaced.
std::function<std::string()> token_from(const std::string& path, const std::string& device) {
  return [path, device] {
    std::ifstream in(path);
    std::string name;
    std::string token;
    for (std::string line; std::getline(in, line);) {
      const auto space = line.find_first_of(" \t");
      if (line.substr(0, space) != device || space == std::string::npos) continue;
      const auto begin = line.find_first_not_of(" \t", space);
      const auto end = line.find_first_of(" \t\r", begin);
      if (begin != std::string::npos) return line.substr(begin, end - begin);
    }
    return std::string();
  };
}

edge_options make_options(const edge_args& a, const common& c) {
  edge_options o;
  o.device = a.device;
  o.store = a.store;
  o.uplink.url = a.url;
  o.uplink.tls = a.tls;
  o.uplink.unix_socket = a.unix_socket;
  o.heartbeat = parse_duration(a.heartbeat, "--heartbeat");
  const auto dots = a.backoff.find("..");
  o.backoff_base = parse_duration(a.backoff.substr(0, dots), "--backoff");
  o.backoff_cap = dots == std::string::npos
                      ? o.backoff_base
                      : parse_duration(a.backoff.substr(dots + 2), "--backoff");
  if (!a.token_file.empty()) o.token = token_from(a.token_file, a.device);
  o.log = c.make_log(a.device);
  return o;
}

// Feeds every line to the edge; returns false if standard output or the input failed.
bool feed(edge& e, line_input& in, output& out, in_flight& flight) {
  event_reader reader;
  std::string line;
  const auto answered = [&](const answer& a) {
    out.line(a.json);
    flight.leave();
  };
  while (!out.failed()) {
    const auto got = in.next(line);
    if (got == line_input::kind::end) return true;
    if (got == line_input::kind::failed) return false;
    std::string detail = "longer than " + std::to_string(max_event_size) + " bytes";
    auto event = got == line_input::kind::line ? reader.read(line, detail)
                                               : result<governor::event>(errc::bad_event);
    flight.enter();
    const auto taken = event ? e.apply(std::move(*event), answered)
                             : e.answer_in_order(bad_event(in.number(), detail), answered);
    if (!taken) flight.leave();
  }
  return false;
}

int run_edge(const edge_args& a, const common& c) {
  const duration drain = parse_duration(a.drain_timeout, "--drain-timeout");
  output out;
  in_flight flight;
  line_input in(a.events, max_event_size);
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  termination end([&] {
    in.cancel();
    const std::lock_guard guard(mutex);
    over = true;
    changed.notify_one();
  });
  edge e(make_options(a, c));
  if (a.follow) {
    e.on_transition([&](const transition& t) { out.line(to_line(t)); });
    e.on_acknowledged(
        [&](const std::string& s, std::uint64_t n) { out.line(acknowledged_line(s, n)); });
  }
  std::string error;
  if (!e.start(error)) return complain(error);
  const bool fed = feed(e, in, out, flight);
  flight.wait_for_none();
  bool stopped = false;
  {
    std::unique_lock lock(mutex);
    if (a.follow && fed) changed.wait(lock, [&] { return over; });
    stopped = over;
  }
  const auto pending = e.stop(stopped ? duration::zero() : drain);
  if (!fed) return complain(out.failed() ? "standard output failed" : a.events + ": read failed");
  if (pending == 0) return 0;
  return complain(
      std::to_string(pending) + " receipts are not acknowledged yet; they are kept in " + a.store,
      pending_left);
}

}  // namespace

void add_edge(CLI::App& app, const common& c, action& run) {
  auto a = std::make_shared<edge_args>();
  auto* sub =
      app.add_subcommand("edge", "apply governor events and send their receipts to a cloud");
  sub->add_option("--url", a->url, "the cloud, ws[s]://host:port")->required();
  sub->add_option("--device", a->device, "name of this device")->required();
  sub->add_option("--store", a->store, "outbox file, made if missing")->required();
  sub->add_option("--events", a->events, "NDJSON file, or - for standard input")->required();
  sub->add_option("--token-file", a->token_file, "`device token` on each line");
  add_tls(*sub, a->tls);
  sub->add_option("--unix-socket", a->unix_socket,
                  "connect to this path instead of the URL's host");
  sub->add_flag("--follow", a->follow,
                "go on after the input ends; print transitions and acknowledgments");
  sub->add_option("--drain-timeout", a->drain_timeout,
                  "how long to wait for acknowledgments at the end")
      ->capture_default_str();
  sub->add_option("--heartbeat", a->heartbeat, "ping after so much silence")->capture_default_str();
  sub->add_option("--backoff", a->backoff, "base..cap of the delay between dials")
      ->capture_default_str();
  sub->callback([a, &c, &run] { run = [a, &c] { return run_edge(*a, c); }; });
}

}  // namespace hawser::cli

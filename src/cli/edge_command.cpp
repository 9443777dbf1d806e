#include <hawser/core/text/json_writer.hpp>
#include <hawser/edge/edge.hpp>
#include <hawser/edge/event_json.hpp>

#include "cli/commands.hpp"
#include "cli/line_input.hpp"
#include "cli/named_files.hpp"
#include "cli/printer.hpp"
#include "cli/signals.hpp"
#include "cli/tls_flags.hpp"
#include "cli/token_source.hpp"
#include "cli/units.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <unistd.h>

namespace hawser::cli {
namespace {

struct edge_args {
  std::string url;
  std::string device;
  std::string store;
  std::string events;
  std::optional<std::string> token_file;
  tls_options tls;
  std::optional<std::string> unix_socket;
  bool follow = false;
  bool require_store = false;
  std::string drain_timeout = "30s";
  std::string heartbeat = "30s";
  std::string backoff = "1s..30s";
  std::uint64_t outbox_rows = outbox_limits{}.rows;
  std::string outbox_bytes = "4G";
};

constexpr std::size_t most_in_flight = 1024;
constexpr int pending_left = 3;  // the exit code

constexpr std::size_t most_news = 16 * 1024;

// Bounds the events whose answers are not written yet, so that a fast feeder is held back, not
// refused.
class in_flight {
 public:
  /// Waits for room. False: closed.
  bool enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || count_ < most_in_flight; });
    if (closed_) return false;
    ++count_;
    return true;
  }
  void leave() {
    const std::lock_guard guard(mutex_);
    --count_;
    changed_.notify_one();
  }
  void close() {
    const std::lock_guard guard(mutex_);
    closed_ = true;
    changed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
  bool closed_ = false;
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

bool failed_by_store(const answer& a) {
  return a.error == "store_failed" || a.error == "in_doubt" || a.error == "governor_damaged" ||
         a.error == "answer_damaged";
}

edge_options make_options(const edge_args& a, const std::shared_ptr<log_sink>& log,
                          const std::shared_ptr<trace_control>& trace) {
  edge_options o;
  o.device = a.device;
  o.store = a.store;
  o.require_store = a.require_store;
  o.uplink.url = a.url;
  o.uplink.tls = a.tls;
  o.uplink.unix_socket = a.unix_socket;
  o.heartbeat = parse_duration(a.heartbeat, "--heartbeat");
  const auto dots = a.backoff.find("..");
  o.backoff_base = parse_duration(a.backoff.substr(0, dots), "--backoff");
  o.backoff_cap = dots == std::string::npos
                      ? o.backoff_base
                      : parse_duration(a.backoff.substr(dots + 2), "--backoff");
  o.limits.rows = a.outbox_rows;
  o.limits.bytes = parse_size(a.outbox_bytes, "--outbox-bytes");
  if (o.limits.bytes < std::uint64_t{1} << 20) {
    throw usage_error("--outbox-bytes: '" + a.outbox_bytes + "' is below 1M");
  }
  if (a.token_file) o.token = token_source(*a.token_file, a.device, log);
  o.log = log;
  o.trace = trace;
  return o;
}

// One run, from the first line of the input to the exit code.
class edge_run {
 public:
  edge_run(const edge_args& a, const common& c);
  int run();

 private:
  bool feed();
  void end_input();
  void terminate();
  void drain_from_now_on();

  const edge_args& args_;
  const duration drain_;
  const std::shared_ptr<log_sink> log_;
  const std::shared_ptr<trace_control> trace_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool told_to_end_ = false;
  bool draining_ = false;
  in_flight flight_;
  line_input in_;
  std::atomic<std::size_t> failed_{0};  // events that the store failed
  std::unique_ptr<printer> out_;
  std::unique_ptr<edge> edge_;
};

edge_run::edge_run(const edge_args& a, const common& c)
    : args_(a),
      drain_(parse_duration(a.drain_timeout, "--drain-timeout")),
      log_(c.make_log(a.device)),
      trace_(c.make_trace()),
      in_(a.events, "--events", max_event_line) {
  edge_options o = make_options(a, log_, trace_);
  watch_termination();  // before the first thread
  out_ = std::make_unique<printer>(STDOUT_FILENO, most_news, [this] { end_input(); });
  edge_ = std::make_unique<edge>(std::move(o));
}

// Feeds every line to the edge; false if the input failed.
bool edge_run::feed() {
  event_reader reader;
  std::string line;
  const auto answered = [&](const answer& a) {
    if (failed_by_store(a)) ++failed_;
    out_->answer(a.json, [this] { flight_.leave(); });
  };
  while (true) {
    const auto got = in_.next(line);
    if (got == line_input::kind::end) return true;
    if (got == line_input::kind::failed) return false;
    if (got == line_input::kind::line && event_reader::is_blank(line)) continue;
    result<governor::event, error_info> event =
        error_info{errc::bad_event, "longer than " + std::to_string(max_event_line) + " bytes"};
    if (got == line_input::kind::line) event = reader.read(line);
    if (!flight_.enter()) return true;
    const auto taken =
        event ? edge_->apply(std::move(*event), answered)
              : edge_->answer_in_order(bad_event(in_.number(), event.error().detail), answered);
    if (!taken) flight_.leave();
  }
}

void edge_run::end_input() {
  in_.cancel();
  flight_.close();
  const std::lock_guard guard(mutex_);
  told_to_end_ = true;
  changed_.notify_one();
}

// The first signal. It ends the input and begins the drain, or ends the drain.
void edge_run::terminate() {
  bool draining = false;
  {
    const std::lock_guard guard(mutex_);
    draining = draining_;  // before the end of the input makes it so
  }
  end_input();
  if (draining) edge_->hurry();
  out_->give_up_at(std::chrono::steady_clock::now() +
                   (draining ? printer::last_words : std::max(drain_, printer::last_words)));
}

void edge_run::drain_from_now_on() {
  {
    std::unique_lock lock(mutex_);
    if (args_.follow) changed_.wait(lock, [&] { return told_to_end_; });
    draining_ = true;
  }
  if (log_->wants(log_level::info)) {
    log_->write(log_level::info, "the input has ended; waits at most " + args_.drain_timeout +
                                     " for acknowledgments");
  }
}

int edge_run::run() {
  if (args_.follow) {
    edge_->on_transition([this](const transition& t) { out_->news(to_line(t)); });
    edge_->on_acknowledged(
        [this](const std::string& s, std::uint64_t n) { out_->news(acknowledged_line(s, n)); });
  }
  const termination end([this] { terminate(); }, [this] { toggle(*trace_, *log_); });
  if (const auto r = edge_->start(); !r) {
    const std::string& error = r.error().detail;
    // Nothing was begun: an option, or the store, cannot be used. What begins with a path is about
    // the store; `connect` has no option for its URL, so that the library's word is its.
    const char* of = error.starts_with('/') ? "--store: " : error.starts_with("url: ") ? "--" : "";
    return complain(of + in_client_words(error), wrong_usage);
  }
  const bool fed = feed();
  if (!fed) end_input();
  drain_from_now_on();
  const auto pending = edge_->stop(drain_);
  if (!out_->finish()) {
    return complain(out_->complaint());
  }
  if (!fed)
    return complain((args_.events == "-" ? "standard input" : args_.events) + ": read failed");
  if (failed_ != 0) {
    return complain(std::to_string(failed_) +
                    " events were answered store_failed or in_doubt, or that they are damaged");
  }
  if (pending == 0) return 0;
  return complain(std::to_string(pending) +
                      " receipts are not acknowledged yet; they are kept in " + args_.store,
                  pending_left);
}

}  // namespace

void add_edge(CLI::App& app, const common& c, action& run) {
  auto a = std::make_shared<edge_args>();
  auto* sub =
      app.add_subcommand("edge", "apply governor events and send their receipts to a cloud");
  sub->add_option("--url", a->url, "the cloud, ws[s]://host:port")->required();
  sub->add_option("--device", a->device, "name of this device")->required();
  sub->add_option("--store", a->store, "outbox file, made if missing")
      ->required()
      ->check(outbox_file);
  sub->add_flag(
      "--require-store", a->require_store,
      "refuse to start without the store or FILE.id beside it; a damaged store is still moved "
      "aside and begun anew");
  sub->add_option("--events", a->events, "NDJSON file, or - for standard input")
      ->required()
      ->check(readable_input);
  sub->add_option("--token-file", a->token_file, "`device token` on each line");
  add_tls(*sub, a->tls);
  sub->add_option("--unix-socket", a->unix_socket, "connect to this path instead of the URL's host")
      ->check(socket_path);
  sub->add_flag(
      "--follow", a->follow,
      "go on after the input ends; print transitions and acknowledgments; they are skipped, "
      "and counted, when 16384 of them wait for a reader that pauses");
  sub->add_option(
         "--drain-timeout", a->drain_timeout,
         "how long to wait for acknowledgments at the end, also when SIGTERM or SIGINT ends the "
         "input; a signal during that wait, or a second one, cuts it short")
      ->capture_default_str();
  sub->add_option("--heartbeat", a->heartbeat, "ping after so much silence")->capture_default_str();
  sub->add_option("--backoff", a->backoff, "base..cap of the delay between dials")
      ->capture_default_str();
  sub->add_option("--outbox-rows", a->outbox_rows,
                  "receipts that the store may hold; at 95 % of receipts that are not "
                  "acknowledged events are answered outbox_full")
      ->check([](const std::string& text) {
        return CLI::PositiveNumber(text).empty() ? "" : "'" + text + "' is no number above 0";
      })
      ->capture_default_str();
  sub->add_option("--outbox-bytes", a->outbox_bytes,
                  "likewise of the store's file, without the log beside it; k, M or G")
      ->capture_default_str();
  sub->callback([a, &c, &run] { run = [a, &c] { return edge_run(*a, c).run(); }; });
}

}  // namespace hawser::cli

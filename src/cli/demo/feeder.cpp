#include "cli/demo/feeder.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <string_view>

namespace hawser::cli {
namespace {

// Few enough to fit a pipe, so that one thread can write and read without a deadlock.
constexpr std::size_t window = 200;
constexpr std::size_t governors = 2;

// A field of a line that our own edge wrote: text without escapes, or a number.
std::string_view field(std::string_view line, std::string_view name) {
  const std::string label = "\"" + std::string(name) + "\":";
  const auto at = line.find(label);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + label.size());
  if (!line.starts_with('"')) return line.substr(0, line.find_first_of(",}"));
  line.remove_prefix(1);
  return line.substr(0, line.find('"'));
}

std::uint64_t number(std::string_view text) {
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

}  // namespace

void feeder::start() {
  thread_ = std::thread([this] { run(); });
}

void feeder::kill() {
  const std::lock_guard guard(mutex_);
  if (process_) process_->signal(SIGKILL);
}

void feeder::stop() {
  stopping_ = true;
  {
    const std::lock_guard guard(mutex_);
    if (process_) process_->signal(SIGTERM);
  }
  if (thread_.joinable()) thread_.join();
}

void feeder::run() {
  while (!stopping_ && !*config_.over) {
    const auto edge = std::make_shared<child_process>(config_.arguments, true);
    {
      const std::lock_guard guard(mutex_);
      process_ = edge;
      for (auto& [name, p] : streams_) p.acknowledged = p.last;
    }
    if (stopping_) edge->signal(SIGTERM);
    std::string again;
    for (const event& e : unanswered_) again += e.line;
    bool alive = edge->write(again);
    while (alive && !*config_.over) {
      alive = top_up(*edge);
      if (!edge->readable(10)) continue;
      const auto line = edge->read_line();
      if (!line) break;
      take(*line);
    }
    if (*config_.over) edge->signal(SIGKILL);
    edge->wait();
  }
}

bool feeder::top_up(child_process& edge) {
  std::string fresh;
  const std::size_t end = std::min(config_.events, allowed_.load());
  while (unanswered_.size() < window && next_ < end) {
    unanswered_.push_back(make_event(next_++));
    fresh += unanswered_.back().line;
  }
  return fresh.empty() || edge.write(fresh);
}

feeder::event feeder::make_event(std::size_t n) const {
  const std::string id = "tenant-" + std::to_string(n % governors + 1) + "/api";
  event e;
  e.key = config_.device + "-" + std::to_string(n);
  std::string body =
      n < governors
          ? R"("event":"set_quota","metric":"api_calls","limit":1000000000,"window_minutes":60,"burst":1.2)"
          : R"("event":"record_usage","metric":"api_calls","amount":)" + std::to_string(n % 7 + 1);
  e.line = R"({"governor":"quota","id":")" + id + R"(",)" + body + R"(,"key":")" + e.key + "\"}\n";
  return e;
}

void feeder::take(const std::string& line) {
  const auto seq = number(field(line, "seq"));
  if (line.starts_with(R"({"ok":)")) {
    if (unanswered_.empty()) return;
    const std::string stream(field(line, "stream"));
    if (line.starts_with(R"({"ok":true)")) {
      record_.push_back({unanswered_.front().key, stream});
      ++answered_;
    } else {
      ++refused_;
    }
    unanswered_.pop_front();
    const std::lock_guard guard(mutex_);
    if (seq != 0) streams_[stream].last = std::max(streams_[stream].last, seq);
    return;
  }
  const std::lock_guard guard(mutex_);
  if (const auto acked = field(line, "acknowledged"); !acked.empty()) {
    progress& p = streams_[std::string(acked)];
    p.acknowledged = std::max(p.acknowledged, seq);
  } else if (const auto moved = field(line, "transition"); !moved.empty()) {
    progress& p = streams_[std::string(moved)];
    p.last = std::max(p.last, seq);
  }
}

std::uint64_t feeder::acknowledged() const {
  const std::lock_guard guard(mutex_);
  std::uint64_t n = 0;
  for (const auto& [name, p] : streams_) n += p.acknowledged;
  return n;
}

std::uint64_t feeder::in_flight() const {
  const std::lock_guard guard(mutex_);
  std::uint64_t n = 0;
  for (const auto& [name, p] : streams_) n += p.last - std::min(p.last, p.acknowledged);
  return n;
}

}  // namespace hawser::cli

#include "io/net/client_monitor.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>

namespace hawser::io {
namespace {

struct monitor_list {
  std::mutex mutex;
  std::vector<std::weak_ptr<client_monitor>> monitors;
};

// Never destroyed: a client may be, after everything static.
monitor_list& all_monitors() {
  static auto* const list = new monitor_list;
  return *list;
}

std::vector<std::shared_ptr<client_monitor>> living_monitors() {
  std::vector<std::shared_ptr<client_monitor>> living;
  monitor_list& all = all_monitors();
  const std::lock_guard guard(all.mutex);
  for (const auto& weak : all.monitors) {
    if (auto monitor = weak.lock()) living.push_back(std::move(monitor));
  }
  return living;
}

}  // namespace

void client_monitor::open(std::function<void()> answer) {
  const std::lock_guard guard(mutex_);
  answer_ = std::move(answer);
}

void client_monitor::publish(client_diagnostics d) {
  const std::lock_guard guard(mutex_);
  last_ = std::make_unique<client_diagnostics>(std::move(d));
  ++answered_;
  posted_ = false;
  changed_.notify_all();
}

void client_monitor::close(client_diagnostics d) {
  const std::lock_guard guard(mutex_);
  last_ = std::make_unique<client_diagnostics>(std::move(d));
  answer_ = nullptr;
  changed_.notify_all();
}

void client_monitor::retire() {
  const std::lock_guard guard(mutex_);
  answer_ = nullptr;
  refresh_ = nullptr;
  changed_.notify_all();
}

// It posts under the lock, so that nobody touches the loop of a client that has retired.
client_monitor::question client_monitor::ask() {
  std::function<void()> answer;
  std::uint64_t next = 0;
  {
    const std::lock_guard guard(mutex_);
    const auto on = answer_ ? loop_.lock() : nullptr;
    if (!on) return {};
    next = answered_ + 1;
    if (on->context.get_executor().running_in_this_thread()) {
      answer = answer_;
    } else if (!std::exchange(posted_, true)) {
      asio::post(on->context, answer_);
    }
  }
  if (!answer) return {next};
  answer();
  const std::lock_guard guard(mutex_);
  return {answered_ >= next ? next : 0};
}

bool client_monitor::take(question q, time_point until, client_diagnostics& to) {
  std::unique_lock lock(mutex_);
  const auto over = [&] { return answered_ >= q.number || !answer_; };
  if (q.number != 0) changed_.wait_until(lock, until, over);
  if (!refresh_) return false;
  if (last_) to = *last_;
  to.name = name_;
  to.fresh = q.number != 0 && answered_ >= q.number;
  if (!to.fresh) refresh_(to);
  return true;
}

void enlist(const std::shared_ptr<client_monitor>& monitor) {
  monitor_list& all = all_monitors();
  const std::lock_guard guard(all.mutex);
  std::erase_if(all.monitors, [](const auto& weak) { return weak.expired(); });
  all.monitors.push_back(monitor);
}

bool consult(client_monitor& monitor, duration bound, client_diagnostics& to) {
  // A thread waits in real time, also for a client of the test kit.
  return monitor.take(monitor.ask(), std::chrono::steady_clock::now() + bound, to);
}

health_answer check_health(client_monitor& monitor, duration bound) {
  client_diagnostics d;
  if (!consult(monitor, bound, d)) return {false, "the client is gone"};
  if (!d.why.ready) return {false, to_words(d.why)};
  if (!d.fresh) {
    const std::string silent = "the client's thread does not answer";
    return {false, d.why.running ? silent + ": " + to_words(*d.why.running) : silent};
  }
  std::string text;
  for (const std::string& w : d.warnings) text += w + '\n';
  return {text.empty(), text.empty() ? "connected" : text};
}

}  // namespace hawser::io

namespace hawser {

std::vector<client_diagnostics> diagnose_all(duration bound) {
  const auto monitors = io::living_monitors();
  const auto until = std::chrono::steady_clock::now() + bound;
  std::vector<io::client_monitor::question> asked;
  for (const auto& monitor : monitors) asked.push_back(monitor->ask());
  std::vector<client_diagnostics> all;
  for (std::size_t i = 0; i < monitors.size(); ++i) {
    client_diagnostics d;
    if (monitors[i]->take(asked[i], until, d)) all.push_back(std::move(d));
  }
  return all;
}

}  // namespace hawser

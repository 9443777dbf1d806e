#include "io/net/client_desk.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>

namespace hawser::io {
namespace {

struct desk_list {
  std::mutex mutex;
  std::vector<std::weak_ptr<client_desk>> desks;
};

// Never destroyed: a client may be, after everything static.
desk_list& all_desks() {
  static auto* const list = new desk_list;
  return *list;
}

std::vector<std::shared_ptr<client_desk>> living_desks() {
  std::vector<std::shared_ptr<client_desk>> living;
  desk_list& all = all_desks();
  const std::lock_guard guard(all.mutex);
  for (const auto& weak : all.desks) {
    if (auto desk = weak.lock()) living.push_back(std::move(desk));
  }
  return living;
}

}  // namespace

void client_desk::open(std::function<void()> answer) {
  const std::lock_guard guard(mutex_);
  answer_ = std::move(answer);
}

void client_desk::publish(client_diagnostics d) {
  const std::lock_guard guard(mutex_);
  last_ = std::make_unique<client_diagnostics>(std::move(d));
  ++answered_;
  posted_ = false;
  changed_.notify_all();
}

void client_desk::close(client_diagnostics d) {
  const std::lock_guard guard(mutex_);
  last_ = std::make_unique<client_diagnostics>(std::move(d));
  answer_ = nullptr;
  changed_.notify_all();
}

void client_desk::retire() {
  const std::lock_guard guard(mutex_);
  answer_ = nullptr;
  refresh_ = nullptr;
  changed_.notify_all();
}

// It posts under the lock, so that nobody touches the loop of a client that has retired.
client_desk::question client_desk::ask() {
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

bool client_desk::take(question q, time_point until, client_diagnostics& to) {
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

void enlist(const std::shared_ptr<client_desk>& desk) {
  desk_list& all = all_desks();
  const std::lock_guard guard(all.mutex);
  std::erase_if(all.desks, [](const auto& weak) { return weak.expired(); });
  all.desks.push_back(desk);
}

bool consult(client_desk& desk, duration bound, client_diagnostics& to) {
  // A thread waits in real time, also for a client of the test kit.
  return desk.take(desk.ask(), std::chrono::steady_clock::now() + bound, to);
}

health_answer check_health(client_desk& desk, duration bound) {
  client_diagnostics d;
  if (!consult(desk, bound, d)) return {false, "the client is gone"};
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
  const auto desks = io::living_desks();
  const auto until = std::chrono::steady_clock::now() + bound;
  std::vector<io::client_desk::question> asked;
  for (const auto& desk : desks) asked.push_back(desk->ask());
  std::vector<client_diagnostics> all;
  for (std::size_t i = 0; i < desks.size(); ++i) {
    client_diagnostics d;
    if (desks[i]->take(asked[i], until, d)) all.push_back(std::move(d));
  }
  return all;
}

}  // namespace hawser

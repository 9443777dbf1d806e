#include <hawser/core/text/json_writer.hpp>
#include <hawser/health.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>

namespace hawser {
namespace {

time_point clock_now() { return std::chrono::steady_clock::now(); }

health_answer call(const health_check& check) noexcept {
  try {
    return check();
  } catch (const std::exception& e) {
    try {
      return {false, std::string("it threw: ") + e.what()};
    } catch (...) {
      return {};
    }
  } catch (...) {
    return {};
  }
}

}  // namespace

// Shared with every call under way, which may outlive the registry.
struct health_registry::state {
  struct entry {
    std::uint64_t id = 0;
    std::string name;
    health_check check;
    bool removed = false;
    bool running = false;
    time_point began = {};
    std::uint64_t calls = 0;  // that have ended
    health_answer answer;     // of the last one
    duration took = {};
  };
  using entry_ptr = std::shared_ptr<entry>;

  explicit state(options o) : bounds(o) {}

  // What was taken out and does not run. Whoever asks lets go of it without the lock: a check may
  // own tokens of its own.
  [[nodiscard]] std::vector<entry_ptr> sweep() {
    const auto gone = std::stable_partition(entries.begin(), entries.end(), [](const entry_ptr& e) {
      return !e->removed || e->running;
    });
    std::vector<entry_ptr> out(std::make_move_iterator(gone),
                               std::make_move_iterator(entries.end()));
    entries.erase(gone, entries.end());
    return out;
  }

  const options bounds;
  std::mutex mutex;  // guards what follows, and what the entries hold
  std::condition_variable changed;
  std::vector<entry_ptr> entries;
  std::uint64_t last_id = 0;
};

void health_registry::token::remove() noexcept {
  const auto s = from_.lock();
  const auto id = std::exchange(id_, 0);
  if (!s || id == 0) return;
  std::vector<state::entry_ptr> gone;
  const std::lock_guard guard(s->mutex);
  for (const auto& e : s->entries) {
    if (e->id == id) e->removed = true;
  }
  gone = s->sweep();
}

health_registry::health_registry() : health_registry(options{}) {}
health_registry::health_registry(options o) : state_(std::make_shared<state>(o)) {}
health_registry::~health_registry() = default;

result<health_registry::token> health_registry::add(std::string name, health_check check) {
  if (name.empty() || !check) return errc::invalid_option;
  const std::lock_guard guard(state_->mutex);
  auto& entries = state_->entries;
  if (std::any_of(entries.begin(), entries.end(),
                  [&](const auto& e) { return !e->removed && e->name == name; })) {
    return errc::invalid_option;
  }
  if (entries.size() >= state_->bounds.checks) return errc::too_many_checks;
  auto e = std::make_shared<state::entry>();
  e->id = ++state_->last_id;
  e->name = std::move(name);
  e->check = std::move(check);
  entries.push_back(e);
  token t;
  t.from_ = state_;
  t.id_ = e->id;
  return t;
}

std::vector<health_report> health_registry::run(duration bound) {
  struct asked {
    state::entry_ptr entry;
    std::uint64_t call = 0;  // the one that is waited for
    bool hung = false;       // since an earlier run: not waited for
    std::string trouble = {};
  };
  const auto until = clock_now() + bound;
  std::vector<asked> all;
  std::unique_lock lock(state_->mutex);
  for (const auto& e : state_->entries) {
    if (e->removed) continue;
    asked a{e, e->calls + 1, e->running && clock_now() - e->began >= bound};
    if (!e->running) {
      e->running = true;
      e->began = clock_now();
      try {
        std::thread([s = state_, e] {
          health_answer answer = call(e->check);
          std::vector<state::entry_ptr> gone;
          const std::lock_guard guard(s->mutex);
          e->answer = std::move(answer);
          e->took = clock_now() - e->began;
          e->running = false;
          ++e->calls;
          gone = s->sweep();
          s->changed.notify_all();
        }).detach();
      } catch (const std::system_error& error) {
        e->running = false;
        a.trouble = std::string("no thread for it: ") + error.what();
      }
    }
    all.push_back(std::move(a));
  }
  const auto is_over = [](const asked& a) {
    return !a.trouble.empty() || a.entry->calls >= a.call;
  };
  state_->changed.wait_until(lock, until, [&] {
    return std::all_of(all.begin(), all.end(),
                       [&](const asked& a) { return a.hung || is_over(a); });
  });
  std::vector<health_report> reports;
  for (const asked& a : all) {
    health_report r{a.entry->name};
    if (!a.trouble.empty()) {
      r.text = a.trouble;
    } else if (is_over(a)) {
      r.what = a.entry->answer.good ? health_report::state::good : health_report::state::failed;
      r.text = a.entry->answer.text;
      r.took = a.entry->took;
    } else {
      r.what = health_report::state::timeout;
      r.text = a.hung ? "it hangs since an earlier run" : "no answer in time";
      r.took = clock_now() - a.entry->began;
    }
    reports.push_back(std::move(r));
  }
  return reports;
}

std::string_view to_string(health_report::state s) noexcept {
  switch (s) {
    case health_report::state::good:
      return "good";
    case health_report::state::failed:
      return "failed";
    case health_report::state::timeout:
      return "timeout";
  }
  return "?";
}

std::string to_json(const std::vector<health_report>& reports) {
  const bool healthy = std::all_of(reports.begin(), reports.end(), [](const health_report& r) {
    return r.what == health_report::state::good;
  });
  std::string out;
  json_writer w(out);
  w.begin_object().key("healthy").boolean(healthy).key("checks").begin_array();
  for (const health_report& r : reports) {
    w.begin_object().key("name").text(r.name).key("state").text(to_string(r.what));
    w.key("text").text(r.text).key("ms").signed_int(
        std::chrono::duration_cast<std::chrono::milliseconds>(r.took).count());
    w.end_object();
  }
  w.end_array().end_object();
  return out;
}

}  // namespace hawser

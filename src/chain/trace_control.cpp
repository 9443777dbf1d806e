#include <hawser/trace_control.hpp>

#include <utility>

namespace hawser {
namespace {

// Held for a copy of a pointer only.
class short_lock {
 public:
  explicit short_lock(std::atomic_flag& flag) noexcept : flag_(flag) {
    while (flag_.test_and_set(std::memory_order_acquire)) flag_.wait(true);
  }
  ~short_lock() {
    flag_.clear(std::memory_order_release);
    flag_.notify_one();
  }
  short_lock(const short_lock&) = delete;
  short_lock& operator=(const short_lock&) = delete;

 private:
  std::atomic_flag& flag_;
};

hook_mask watched_by(const trace_settings& s) noexcept {
  switch (s.is) {
    case trace_settings::state::off:
      return 0;
    case trace_settings::state::on:
      return s.hooks;
    case trace_settings::state::automatic:
      break;
  }
  return s.hooks | trace_control::automatic_bit;
}

}  // namespace

void trace_control::put(std::shared_ptr<const trace_settings> s) {
  watched_.store(watched_by(*s), std::memory_order_relaxed);
  current_.swap(s);
}

void trace_control::set(trace_settings s) {
  auto next = std::make_shared<const trace_settings>(std::move(s));
  const short_lock guard(busy_);
  put(std::move(next));
}

result<void, error_info> trace_control::set(std::string_view spec) {
  auto s = parse_trace_settings(spec);
  if (!s) return s.error();
  set(std::move(*s));
  return {};
}

bool trace_control::toggle() {
  auto next = std::make_shared<trace_settings>();
  const short_lock guard(busy_);
  *next = *current_;
  const bool on = next->is != trace_settings::state::on;
  next->is = on ? trace_settings::state::on : trace_settings::state::automatic;
  put(std::move(next));
  return on;
}

std::shared_ptr<const trace_settings> trace_control::current() const {
  const short_lock guard(busy_);
  return current_;
}

}  // namespace hawser

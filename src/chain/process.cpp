#include <hawser/process.hpp>

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>

namespace hawser {

struct detail::process_lock::impl {
  std::mutex mutex;
};

detail::process_lock::process_lock() : impl_(std::make_unique<impl>()) {}
detail::process_lock::~process_lock() = default;
void detail::process_lock::lock() { impl_->mutex.lock(); }
void detail::process_lock::unlock() { impl_->mutex.unlock(); }

struct process_state::registry {
  std::mutex mutex;
  std::unordered_map<std::string, std::weak_ptr<endpoint_state>> known;
  std::size_t sweep_at = 64;  // entries; those that nobody holds any more are then removed
};

process_state::process_state() : endpoints_(std::make_unique<registry>()) {}
process_state::~process_state() = default;

std::shared_ptr<endpoint_state> process_state::endpoint(std::string_view name) {
  registry& all = *endpoints_;
  const std::lock_guard guard(all.mutex);
  if (all.known.size() >= all.sweep_at) {
    std::erase_if(all.known, [](const auto& e) { return e.second.expired(); });
    all.sweep_at = std::max<std::size_t>(64, 2 * all.known.size());
  }
  auto& known = all.known[std::string(name)];
  auto endpoint = known.lock();
  if (!endpoint) known = endpoint = std::make_shared<endpoint_state>();
  return endpoint;
}

namespace {

process_state*& of_this_thread() noexcept {
  static constinit thread_local process_state* replaced = nullptr;
  return replaced;
}

}  // namespace

process_state& process_state::here() {
  static process_state of_the_process;
  process_state* const replaced = of_this_thread();
  return replaced != nullptr ? *replaced : of_the_process;
}

process_state* process_state::replace(process_state* by) noexcept {
  return std::exchange(of_this_thread(), by);
}

}  // namespace hawser

// Of a client's heavy work.
#include "io/net/offloaded_work.hpp"

#include <utility>

namespace hawser::io {

result<void> offloaded_work::submit(effects::job& work, std::function<void(error_code)> tell) {
  const std::lock_guard guard(mutex_);
  if (closed_) return errc::stopped;
  if (!pool_) pool_ = std::make_unique<offload_pool>(options_);
  const auto r = pool_->submit(work.key, {work.work, std::move(tell)});
  if (r) ++out_;
  return r;
}

bool offloaded_work::told() {
  const std::lock_guard guard(mutex_);
  return --out_ == 0;
}

void offloaded_work::close() {
  const std::lock_guard guard(mutex_);
  closed_ = true;
}

std::vector<offload_pool::job> offloaded_work::end(time_point until) {
  const std::lock_guard guard(mutex_);
  if (out_ == 0) return {};
  deadline_ = until;
  return pool_->stop();
}

std::optional<std::size_t> offloaded_work::leave() {
  if (std::exchange(deadline_, never) == never) return std::nullopt;
  const std::lock_guard guard(mutex_);
  return out_;
}

void offloaded_work::wait(duration limit) {
  if (pool_) (void)pool_->wait(limit);
}

}  // namespace hawser::io

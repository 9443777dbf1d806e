#include "io/loop/loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace hawser::io {

loop::loop() : loop(environment::system()) {}
loop::loop(std::shared_ptr<environment> around)
    : impl_(std::make_shared<impl>(around ? std::move(around) : environment::system())) {}
loop::loop(asio::io_context& users) : impl_(std::make_shared<impl>(environment::system(), users)) {}
loop::~loop() = default;

void loop::run() {
  if (!impl_->own) return;
  auto work = asio::make_work_guard(impl_->context);
  impl_->context.run();
  impl_->context.restart();  // Not before: a stop() that came ahead of run() has to hold.
}

void loop::stop() {
  if (impl_->own) impl_->context.stop();
}

void loop::post(std::function<void()> f) { asio::post(impl_->context, std::move(f)); }

}  // namespace hawser::io

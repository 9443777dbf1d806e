#include "io/loop/loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace hawser::io {
namespace {

auto make_resolver() {
  return [](const std::string& host, std::uint16_t port, boost::system::error_code& ec) {
    asio::io_context own;  // The blocking resolver needs a context, not a loop that runs.
    std::vector<asio::ip::tcp::endpoint> found;
    for (const auto& entry : asio::ip::tcp::resolver(own).resolve(host, std::to_string(port), ec)) {
      found.push_back(entry.endpoint());
    }
    return found;
  };
}

}  // namespace

loop::loop() : impl_(std::make_shared<impl>()) { impl_->resolve = make_resolver(); }
loop::loop(asio::io_context& users) : impl_(std::make_shared<impl>(users)) {
  impl_->resolve = make_resolver();
}
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

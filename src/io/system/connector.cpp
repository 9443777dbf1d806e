#include "io/system/connector.hpp"

#include <chrono>
#include <utility>

namespace hawser::io {

connector::connector(asio::io_context& context, endpoints to, done_fn done)
    : context_(context), to_(std::move(to)), done_(std::move(done)), stagger_(context) {
  sockets_.reserve(to_.size());  // A socket that connects stays where it is.
}

void connector::abort() {
  done_ = nullptr;
  stagger_.cancel();
  error_code ignored;
  for (stream_socket& s : sockets_) s.close(ignored);
}

void connector::connect_next() {
  const std::size_t index = sockets_.size();
  sockets_.emplace_back(context_);
  sockets_[index].async_connect(to_[index], [me = shared_from_this(), index](const error_code& ec) {
    if (me->done_) me->connected(index, ec);
  });
  if (sockets_.size() == to_.size()) return;
  stagger_.set(std::chrono::steady_clock::now() + std::chrono::milliseconds(250),
               [me = shared_from_this()](time_point) {
                 if (me->done_) me->connect_next();
               });
}

void connector::connected(std::size_t index, const error_code& ec) {
  if (ec && ++failed_ < to_.size()) {
    if (sockets_.size() == to_.size()) return;
    stagger_.cancel();
    return connect_next();
  }
  const auto done = std::exchange(done_, nullptr);
  stream_socket taken = std::move(sockets_[index]);
  abort();
  done(ec, ec ? "connect " + to_string(to_[index]) + ": " + ec.message() : "", std::move(taken));
}

}  // namespace hawser::io

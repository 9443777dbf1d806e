// The way to a server over sockets.
#include "io/system/route.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace hawser::io {

system_route::system_route(const std::shared_ptr<loop::impl>& on, destination to, resolver look_up)
    : loop_(on),
      to_(std::move(to)),
      look_up_(std::move(look_up)),
      addresses_(std::make_shared<known>(known{address_preference(to_.known)})) {}

system_route::~system_route() {
  if (connector_) connector_->abort();
}

void system_route::resolve(std::function<void(error_code, std::string)> done) {
  const auto on = loop_.lock();
  if (!on) return;
  if (to_.unix_socket) {
    addresses_->found = {unix_endpoint(*to_.unix_socket).value()};
    return asio::post(on->context, [done = std::move(done), weak = std::weak_ptr(addresses_)] {
      if (!weak.expired()) done({}, {});
    });
  }
  io::resolve(on, look_up_, to_.to.node(), to_.to.port,
              [done = std::move(done), weak = std::weak_ptr(addresses_), name = to_.to.node()](
                  error_code ec, endpoints found) {
                const auto addresses = weak.lock();
                if (!addresses) return;
                if (!ec && found.empty()) ec = asio::error::host_not_found;
                addresses->found = addresses->order.sort(std::move(found));
                done(ec, ec ? "resolve " + name + ": " + ec.message() : "");
              });
}

void system_route::connect(
    std::function<void(error_code, std::string, std::unique_ptr<transport>)> done) {
  const auto on = loop_.lock();
  if (!on) return;
  connector_ = std::make_shared<connector>(on->context, addresses_->found,
                                           [done = std::move(done), to = addresses_](
                                               error_code ec, std::string detail, stream_socket s) {
                                             if (ec) return done(ec, std::move(detail), nullptr);
                                             to->order.connected(s);
                                             done({}, std::move(detail),
                                                  make_socket_transport(std::move(s)));
                                           });
  connector_->start();
}

}  // namespace hawser::io

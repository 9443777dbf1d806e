#include "io/system/address_preference.hpp"

namespace hawser::io {

endpoints address_preference::sort(endpoints found) const {
  of_->addresses.use([&](const address_order& o) {
    if (!o.empty()) o.sort(found, [](const endpoint& e) { return to_string(e); });
  });
  return found;
}

void address_preference::connected(const stream_socket& s) {
  error_code ec;
  const endpoint peer = s.remote_endpoint(ec);
  if (!ec && peer.data()->sa_family != AF_UNIX) address_ = to_string(peer);
}

void address_preference::failed() const {
  if (address_.empty()) return;
  of_->addresses.use([&](address_order& o) { o.failed(address_); });
}

void address_preference::opened() const {
  if (address_.empty()) return;
  of_->addresses.use([&](address_order& o) { o.worked(address_); });
}

}  // namespace hawser::io

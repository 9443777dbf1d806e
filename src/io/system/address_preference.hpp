// Begins with another address of a name when the last one took a connection and then failed.
#pragma once

#include <hawser/process.hpp>

#include "io/net/socket.hpp"

#include <memory>
#include <string>

namespace hawser::io {

/// One attempt's view of what the clients of the process know of an endpoint's addresses.
class address_preference {
 public:
  explicit address_preference(std::shared_ptr<endpoint_state> of) : of_(std::move(of)) {}

  endpoints sort(endpoints found) const;
  void connected(const stream_socket& s);
  /// The TLS handshake or the upgrade failed on the address that was connected, if one was.
  void failed() const;
  void opened() const;

 private:
  std::shared_ptr<endpoint_state> of_;
  std::string address_;
};

}  // namespace hawser::io

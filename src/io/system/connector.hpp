// Connecting to whichever of several addresses answers first.
#pragma once

#include "io/net/socket.hpp"
#include "io/system/timer.hpp"

#include <memory>

namespace hawser::io {

/// RFC 8305 section 5: while an address does not answer, the next one is tried beside it, and the
/// first that connects is taken. So an address that swallows everything costs 250 ms, not the whole
/// phase, at every attempt. On one strand.
class connector final : public std::enable_shared_from_this<connector> {
 public:
  using done_fn = std::function<void(error_code, std::string detail, stream_socket)>;

  /// `done` is called once, on the loop, unless abort() comes first. At least one address.
  connector(asio::io_context& context, endpoints to, done_fn done);
  void start() { connect_next(); }
  void abort();

 private:
  void connect_next();
  void connected(std::size_t index, const error_code& ec);

  asio::io_context& context_;
  endpoints to_;
  done_fn done_;                        // empty: over
  std::vector<stream_socket> sockets_;  // of the first addresses, one each
  std::size_t failed_ = 0;              // of them
  system_timer stagger_;
};

}  // namespace hawser::io

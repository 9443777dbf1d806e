// TCP: name resolution, connecting, and the transport over a connected socket.
#pragma once

#include <hawser/io/transport.hpp>

#include "io/net/loop.hpp"

#include <functional>
#include <string>
#include <vector>

namespace hawser::io {

using endpoints = std::vector<asio::ip::tcp::endpoint>;

/// Resolves on a thread of its own, since getaddrinfo can neither be cancelled nor be given a
/// deadline; a numeric address needs none. `done` is called on the loop, unless the loop is gone.
void resolve(const std::shared_ptr<loop::impl>& on, const std::string& host, std::uint16_t port,
             std::function<void(error_code, endpoints)> done);

/// Takes a connected socket: non-blocking, TCP_NODELAY, keepalive after 30 s of silence.
std::unique_ptr<transport> make_tcp_transport(tcp_socket socket);

}  // namespace hawser::io

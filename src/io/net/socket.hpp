// Sockets: name resolution, addresses, and the transport over a connected one.
#pragma once

#include <hawser/io/transport.hpp>

#include "io/net/loop.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hawser::io {

using endpoint = asio::generic::stream_protocol::endpoint;
using endpoints = std::vector<endpoint>;

/// Resolves on a thread of its own, since getaddrinfo can neither be cancelled nor be given a
/// deadline; a numeric address needs none. `done` is called on the loop, unless the loop is gone.
void resolve(const std::shared_ptr<loop::impl>& on, const std::string& host, std::uint16_t port,
             std::function<void(error_code, endpoints)> done);

/// The endpoint of a unix-domain socket; empty if the path is, or is too long for one.
std::optional<endpoint> unix_endpoint(const std::string& path);

/// "192.0.2.1:80", "[2001:db8::1]:80" or the path of a unix-domain socket.
std::string to_string(const endpoint& e);

/// Takes a connected socket: non-blocking; TCP with TCP_NODELAY and keepalive after 30 s of
/// silence.
std::unique_ptr<transport> make_socket_transport(stream_socket socket);

}  // namespace hawser::io

// Sockets: addresses, and the transport over a connected one.
#pragma once

#include <hawser/io/transport.hpp>

#include "io/loop/loop.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hawser::io {

using endpoint = asio::generic::stream_protocol::endpoint;
using endpoints = std::vector<endpoint>;

/// An address in digits; an IPv6 one may have a zone behind "%", the name or number of an interface
/// of this machine: "No such device" if there is none. Another error: the text is no address.
asio::ip::address numeric_address(const std::string& text, error_code& ec);

/// The endpoint of a unix-domain socket; empty if the path is, or is too long for one.
std::optional<endpoint> unix_endpoint(const std::string& path);

/// "192.0.2.1:80", "[2001:db8::1]:80" or the path of a unix-domain socket; "unix" if it has none.
std::string to_string(const endpoint& e);

/// Whose connections are counted together: an IPv4 address, or 64 bits of an IPv6 one, since a
/// host has all of such a network. Empty: loopback and unix-domain sockets.
std::string address_group(const endpoint& e);

/// Takes a connected socket: non-blocking; TCP with TCP_NODELAY and keepalive after 30 s of
/// silence.
std::unique_ptr<transport> make_socket_transport(stream_socket socket);

}  // namespace hawser::io

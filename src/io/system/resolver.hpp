// Name resolution by the system.
#pragma once

#include "io/net/socket.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace hawser::io {

/// The addresses of a name; may block.
using resolver = std::function<std::vector<asio::ip::tcp::endpoint>(
    const std::string& host, std::uint16_t port, boost::system::error_code& ec)>;

/// getaddrinfo
std::vector<asio::ip::tcp::endpoint> look_up_addresses(const std::string& host, std::uint16_t port,
                                                       boost::system::error_code& ec);

/// Resolves on a thread of its own, since getaddrinfo can neither be cancelled nor be given a
/// deadline; a numeric address needs none. `done` is called on the loop, unless the loop is gone.
void resolve(const std::shared_ptr<loop::impl>& on, const resolver& look_up,
             const std::string& host, std::uint16_t port,
             std::function<void(error_code, endpoints)> done);

}  // namespace hawser::io

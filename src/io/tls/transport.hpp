// TLS as a filter over another transport.
#pragma once

#include <hawser/io/transport.hpp>

#include "io/loop/loop.hpp"
#include "io/tls/context.hpp"

namespace hawser::io {

/// The client's side. `host` is the URL's. The session to resume is taken from `resumption` and the
/// newest one left there; it may be gone before the transport.
std::unique_ptr<transport> make_tls_client(std::unique_ptr<transport> lower, executor on,
                                           const tls_context& context, const tls_options& o,
                                           const std::string& host,
                                           const std::shared_ptr<tls_resumption>& resumption);

/// The acceptor's side.
std::unique_ptr<transport> make_tls_server(std::unique_ptr<transport> lower, executor on,
                                           const tls_context& context);

}  // namespace hawser::io

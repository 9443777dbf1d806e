// The TLS flags that edge and other clients share.
#pragma once

#include <hawser/tls.hpp>

#include <CLI/App.hpp>

namespace hawser::cli {

/// Adds --ca, --cert, --key, --pin and --insecure; `to` must outlive the parsing.
void add_tls(CLI::App& sub, tls_options& to);

}  // namespace hawser::cli

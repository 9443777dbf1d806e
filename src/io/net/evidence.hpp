// What a refused upgrade is shown as, without the credentials that it may echo.
#pragma once

#include <hawser/core/text/sent_secrets.hpp>

#include "io/net/client_upgrade.hpp"

#include <string>

namespace hawser::io {

/// What must not be shown of anything that the peer of this request says.
sent_secrets secrets_of(const handshake& request);

/// The detail of a failed upgrade, and of a refusal its challenges (RFC 9110 section 11.6.1) and
/// its body, each on one line, capped and without secrets. What else cannot be shown is still to be
/// escaped.
std::string show_refusal(const upgrade_outcome& o, const sent_secrets& ours);

}  // namespace hawser::io

// The base of an adapter.
#pragma once

#include <hawser/hook.hpp>

namespace hawser {

/// An adapter: what the wire says. It comes last in the chain and lists its hooks like a behavior:
/// `struct ticker : hawser::adapter<ticker, hawser::on::message>`, or `hawser::adapter<ticker>`
/// beside handlers such as hawser::message_handler<ticker>.
template <class Self, class... Hooks>
struct adapter {};

}  // namespace hawser

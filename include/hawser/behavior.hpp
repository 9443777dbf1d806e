// The bases of a plug-in: how it lists its hooks.
#pragma once

#include <hawser/hook.hpp>

namespace hawser {

/// A behavior: how the link survives. `struct quiet : hawser::behavior<quiet, hawser::on::drop>`.
/// What is listed must be there, what is there must be listed; client<> or
/// `static_assert(hawser::plugin<quiet>)` checks it. A behavior may name a pure `options` aggregate
/// and a member `result<void, error_info> validate() const`, which run() calls before the first
/// dial, and a member `void describe(hawser::description&) const`, with which it tells
/// explain() and diagnostics() how it is.
template <class Self, class... Hooks>
struct behavior {};

/// The rules of a behavior's place in the list: public members of it,
/// `using listed_before = hawser::behaviors<hawser::reconnect>;` and `listed_after`. A client whose
/// list breaks one does not compile. What is not in the list does not matter, and needs a
/// declaration only.
template <class... Behavior>
struct behaviors {};

// The four handlers: each names a group of hooks, and means all of it. They can be combined with
// each other and with behavior<> or adapter<>.

/// connecting, open and drop.
template <class Self>
struct connection_handler {};

/// message.
template <class Self>
struct message_handler {};

/// error.
template <class Self>
struct error_handler {};

/// authenticate.
template <class Self>
struct auth_handler {};

}  // namespace hawser

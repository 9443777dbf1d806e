// Error values of hawser and the conditions that policy tests.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/error_condition.hpp>
#include <boost/system/result.hpp>

namespace hawser {

using error_code = boost::system::error_code;

/// A value or an error_code. Used for local refusals; remote and I/O failures travel as failure.
template <class T>
using result = boost::system::result<T>;

// What hawser itself finds wrong, by who reads it: each enumeration has a category of its own.
// Errors of the operating system keep theirs.

/// The link, its upgrade (RFC 6455 section 4), and what is refused here. Category "hawser".
enum class errc {
  // The link.
  closed = 1,       ///< the peer closed the link with a Close frame
  dropped,          ///< the peer ended TCP without a Close frame
  refused_by_hook,  ///< a hook refused without saying why
  hook_threw,       ///< an exception left a hook; failure::detail names it
  resolve_timeout,  ///< the name did not resolve in time
  connect_timeout,  ///< no TCP connection in time
  secure_timeout,   ///< no TLS session in time
  upgrade_timeout,  ///< no HTTP upgrade in time
  auth_timeout,     ///< no credentials in time
  write_timeout,    ///< a write made no progress in time
  pong_timeout,     ///< a ping was not answered in time
  close_timeout,    ///< the closing handshake did not end in time
  // The upgrade.
  upgrade_refused,    ///< a status other than 101, or a response that is not an upgrade
  upgrade_malformed,  ///< not HTTP, or a handshake that breaks RFC 6455 section 4
  upgrade_too_big,    ///< header bytes above the limit
  unauthorized,       ///< 401, 403 or 407, or close code 1008
  rate_limited,       ///< 429
  unavailable,        ///< a status from 500 on, or close code 1012 or 1013
  origin_refused,     ///< by an acceptor, with 403: a script of this Origin may not come in (10.2)
  // Local refusals.
  not_connected,            ///< no open link
  queue_full,               ///< a send queue is at its bound, in frames or bytes
  rate_exceeded,            ///< more was sent than rate_limit lets through
  too_many_unacknowledged,  ///< messages whose acknowledgment is awaited
  mailbox_full,             ///< too many tasks wait for the strand
  stopped,                  ///< stop() was called, or the client never ran
  already_running,          ///< run() was called twice
  too_many_calls,           ///< calls that wait for their reply
  call_timeout,             ///< no reply within the call's deadline
  call_cancelled,           ///< the pending<> of a call was dropped
  call_lost,        ///< the link ended before the reply came, and the call must not be repeated
  would_block,      ///< a blocking get() or wait_ready() on the strand that it would wait for
  outside_hook,     ///< a context was used outside its hook, or by another thread
  ready_timeout,    ///< no ready link within the bound of wait_ready()
  offline_full,     ///< more than options::offline lets wait for a link
  offline_expired,  ///< waited longer than offline_options::age for a link
  too_many_subscriptions,  ///< topics above the bound of subscriptions
  subscription_refused,    ///< the peer does not serve the topic
  subscription_timeout,    ///< the peer did not confirm the topic in time
  offload_full,            ///< too much work waits for the executor
  too_many_checks,         ///< of a health_registry
  invalid_url,             ///< of the options; the detail says what is wrong with it
  invalid_option,          ///< out of its range, or not usable here; the detail says which
  bad_event,               ///< a governor event that cannot be read
  listen_failed,           ///< an address or path that cannot be listened on
};

/// What breaks RFC 6455 sections 5 and 7. What a link is closed with for it: close_code_for.
/// Category "hawser.framing".
enum class framing_errc {
  reserved_bits = 1,    ///< RSV1-3 set without an extension (5.2)
  bad_opcode,           ///< opcode 3-7 or 11-15 (5.2)
  masked_frame,         ///< a server masked a frame (5.1)
  unmasked_frame,       ///< a client did not mask a frame (5.1)
  control_too_long,     ///< control frame above 125 bytes (5.5)
  control_fragmented,   ///< control frame without FIN (5.5)
  stray_continuation,   ///< continuation without a message to continue (5.4)
  interleaved_message,  ///< a new data frame inside a fragmented message (5.4)
  bad_length,           ///< length not minimal, or above 2^63 - 1 (5.2)
  bad_close_payload,    ///< close payload of one byte (5.5.1)
  bad_close_code,       ///< close code that must not be on the wire (7.4)
  bad_utf8,             ///< text or close reason is not UTF-8 (8.1)
  message_too_big,      ///< above the message limit; the link ends with 1009
};

/// TLS. "Refused" means by us, but for client_certificate and failed. Category "hawser.tls".
enum class tls_errc {
  failed = 1,           ///< the handshake or a record failed in another way; the detail says how
  untrusted,            ///< no chain to a trusted authority
  self_signed,          ///< the certificate vouches for itself
  expired,              ///< a certificate of the chain, or our clock is ahead
  not_yet_valid,        ///< a certificate of the chain, or our clock is behind
  wrong_name,           ///< the certificate is for other names
  no_alternative_name,  ///< the certificate has a common name only, which is no name (RFC 9525)
  wrong_pin,            ///< the server's public key is none of tls_options::pins
  weak,                 ///< a key or signature below 112 bits
  version,              ///< the peer speaks nothing from TLS 1.2 on
  client_certificate,   ///< a client certificate is wanted and was not shown, or was refused
  malformed,            ///< not TLS
  truncated,            ///< TCP ended without close_notify: what came may not be all (RFC 8446 6.1)
  unusable_files,       ///< certificates or keys of ours that cannot be read or do not fit
};

/// What is inside messages. Category "hawser.wire".
enum class wire_errc {
  malformed = 1,  ///< not deterministic CBOR, not a message of hawser.v1, or a bad JSON-RPC reply
  too_big,        ///< a message of hawser.v1 above a limit
};

/// Outboxes and ledgers. Category "hawser.store".
enum class store_errc {
  failed = 1,  ///< the store refused a read or a commit
  corrupt,     ///< the store's content contradicts itself
  in_doubt,    ///< the store could not say whether it kept it: repeat it with its key
  full,        ///< too many receipts wait for acknowledgment
  gap,         ///< receipts are missing
};

/// What a policy needs to know of an error: test `ec == condition::transient`, not forty values.
enum class condition {
  transient = 1,  ///< trying again later may succeed
  permanent,      ///< trying again will not help until something is changed
  protocol,       ///< one side broke a protocol
  limit,          ///< a configured bound was reached
  auth,           ///< credentials are missing, wrong or expired
  cancelled,      ///< the caller asked for the end
};

const boost::system::error_category& hawser_category() noexcept;
const boost::system::error_category& framing_category() noexcept;
const boost::system::error_category& tls_category() noexcept;
const boost::system::error_category& wire_category() noexcept;
const boost::system::error_category& store_category() noexcept;
const boost::system::error_category& condition_category() noexcept;

inline error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), hawser_category()};
}
inline error_code make_error_code(framing_errc e) noexcept {
  return {static_cast<int>(e), framing_category()};
}
inline error_code make_error_code(tls_errc e) noexcept {
  return {static_cast<int>(e), tls_category()};
}
inline error_code make_error_code(wire_errc e) noexcept {
  return {static_cast<int>(e), wire_category()};
}
inline error_code make_error_code(store_errc e) noexcept {
  return {static_cast<int>(e), store_category()};
}
inline boost::system::error_condition make_error_condition(condition c) noexcept {
  return {static_cast<int>(c), condition_category()};
}

/// The condition of any error, also of the operating system's and Asio's own.
condition classify(const error_code& ec) noexcept;

}  // namespace hawser

namespace boost::system {
template <>
struct is_error_code_enum<hawser::errc> : std::true_type {};
template <>
struct is_error_code_enum<hawser::framing_errc> : std::true_type {};
template <>
struct is_error_code_enum<hawser::tls_errc> : std::true_type {};
template <>
struct is_error_code_enum<hawser::wire_errc> : std::true_type {};
template <>
struct is_error_code_enum<hawser::store_errc> : std::true_type {};
template <>
struct is_error_condition_enum<hawser::condition> : std::true_type {};
}  // namespace boost::system

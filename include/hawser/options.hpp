// The options of a client: plain values, every one with a default, checked before the first dial.
#pragma once

#include <hawser/core/ws/offline_queue.hpp>
#include <hawser/core/ws/session.hpp>
#include <hawser/hook.hpp>
#include <hawser/log.hpp>
#include <hawser/tls.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hawser {

/// The bounds of a client. Each has an error of its own.
struct limits {
  std::size_t message = std::size_t{16} << 20;  ///< inbound, bytes: framing_errc::message_too_big
  std::array<lane_limits, lane_count> lanes{};  ///< waiting to be sent: errc::queue_full
  std::size_t unacknowledged = 64 * 1024;  ///< messages with await_ack: too_many_unacknowledged
  std::size_t calls = 1024;                ///< that wait for a reply: errc::too_many_calls
  std::size_t mailbox = 16 * 1024;         ///< tasks from other threads: errc::mailbox_full
  /// Of an upgrade response: errc::upgrade_too_big. Of a request at an acceptor: 431. It may have
  /// one field for each 64 of them, 64 at least.
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 4 * 1024;  ///< of a failed upgrade's body that are kept; the rest is cut
};

/// Where context::offload and client::offload put heavy work.
struct offload_options {
  std::size_t threads = 2;    ///< they begin with the first job
  std::size_t queued = 1024;  ///< jobs that wait: errc::offload_full
};

/// What a client needs to know. Only `url` has no default.
struct options {
  std::string url;        ///< ws[s]://host[:port][/path][?query], or unix:PATH
  std::string name = {};  ///< of the client, in diagnostics; empty: the URL's host
  /// Sent with every upgrade request. Host takes the place of the URL's; what else belongs to the
  /// handshake (Connection, Upgrade, Sec-WebSocket-*) or frames a body (Content-Length,
  /// Transfer-Encoding, TE, Trailer) is refused: errc::invalid_option.
  std::vector<header> headers = {};
  std::vector<std::string> subprotocols = {};  ///< offered, best first
  tls_options tls = {};                        ///< for wss://
  /// Given: connect to the unix-domain socket of this path instead of the URL's host and port.
  std::optional<std::string> unix_socket = {};
  hawser::deadlines deadlines = {};
  hawser::limits limits = {};
  offload_options offload = {};
  offline_options offline = {};  ///< what send() takes without a ready link
  /// A hook that takes longer is warned of in the log, at once and then at most once a minute for
  /// hooks of its kind: nothing else happens on the client meanwhile. 0: none is.
  duration slow_hook = std::chrono::milliseconds(10);
  /// Messages that wait to be written: above it, diagnostics and the log warn, once until half of
  /// them are gone. 0: they do not.
  std::size_t queue_warning = 1000;
  std::shared_ptr<log_sink> log = {};  ///< empty: nothing is logged
};

/// How a call is made.
struct call_options {
  duration deadline = std::chrono::seconds(30);  ///< from call() to the reply: errc::call_timeout
  /// May be written again to the next link if this one ends before the reply comes; else that ends
  /// the call (errc::call_lost). What was not sent at all waits for the next link in any case.
  bool idempotent = false;
};

/// Says what is wrong with them: errc::invalid_url, errc::invalid_option.
result<void, error_info> validate(const options& o);

/// The same for the upgrade request of an attempt, with what plug-ins and credentials made of it
/// (errc::invalid_option).
result<void, error_info> validate(const handshake& h);

}  // namespace hawser

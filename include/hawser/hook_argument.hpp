// What the hooks are given. Views are valid during the call only.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/core/recovery/refusals.hpp>
#include <hawser/core/ws/delivery.hpp>
#include <hawser/core/ws/frame.hpp>
#include <hawser/core/ws/lane.hpp>
#include <hawser/core/ws/lifecycle.hpp>
#include <hawser/error.hpp>
#include <hawser/time.hpp>
#include <hawser/tls.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser {

/// Names one message that was taken to be sent, over all links of a client; never 0.
using send_id = std::uint64_t;

/// Names one call of a client; never 0 and never used again.
using call_id = std::uint64_t;

/// A header field of the upgrade request or response.
struct header {
  std::string name;
  std::string value;
};

/// The upgrade request of an attempt. A client's hooks may change what will be sent, within what
/// options::headers may hold; for an acceptor it is what arrived, and only `subprotocol` may be
/// set.
struct handshake {
  unsigned attempt = 1;    ///< since the last open link, from 1
  bool successor = false;  ///< of a link that is to take over from the open one, its predecessor
  bool incoming = false;   ///< an acceptor's: the peer has connected
  std::string endpoint =
      {};  ///< "wss://host:port" or "[wss+]unix:<path>"; of a client, not to be changed
  std::string target = {};  ///< path and query
  std::vector<header> headers = {};
  std::vector<std::string> subprotocols = {};  ///< offered by the client
  std::string subprotocol = {};                ///< chosen by the acceptor
  // Of a client, between its behaviors and the engine:
  bool probe = false;                    ///< circuit_breaker's: asks whether the endpoint is back
  withheld_credentials withheld = {};    ///< reconnect's: with these, put the attempt off
  hawser::fingerprint fingerprint = {};  ///< once the credentials are granted
  std::function<void()> put_off = {};    ///< circuit_breaker's: gives the probe back
  std::function<void()> begins = {};     ///< trace's: tells of what might have been put off
  /// Of a client: what on_authenticate added to the request, which is a credential whatever it is
  /// called. Fields; parameters and segments of the target; subprotocols. The engine sets it.
  std::vector<header> granted = {};
};

/// What this request asks for, and with which credentials: what was granted, the fields whose name
/// says that they carry some (is_secret), the query and the subprotocols. Nothing can be read back
/// from it.
fingerprint fingerprint_of(const handshake& h);

/// A link opened.
struct open_info {
  std::uint64_t link = 0;
  std::string_view subprotocol;        ///< what the server chose; empty: none
  const std::vector<header>& headers;  ///< of the response (acceptor: of the request)
  tls_info tls = {};                   ///< empty: the link is in the clear
  bool successor = false;  ///< its predecessor is open still; this one takes over once it is ready
  hawser::fingerprint fingerprint = {};  ///< of a client's request
};

/// The link is usable: at once after on_open, or, if a hook called context::begin_login(), when
/// context::set_ready() was called.
struct ready_info {
  std::uint64_t link = 0;
  bool successor = false;  ///< as in open_info: what is sent below the control lane waits
};

/// Which side began the end of a link.
enum class link_end : std::uint8_t {
  ours,   ///< our Close, a failure of ours or that we found, a deadline
  peers,  ///< its Close, or the end of its stream without one
};

/// An open link ended. `error` is errc::closed after a closing handshake, whoever began it, but
/// errc::unauthorized when the peer's Close said 1008 and errc::unavailable for 1012 and 1013 (but
/// not as the answer to an orderly `own_close`).
/// Without one: errc::dropped if the peer ended its stream in order (proxies do, after their idle
/// timeout), tls_errc::truncated if TLS was cut off, the system's error if it was reset, a
/// deadline's, or what broke the protocol. What comes behind the handshake, a reset too, changes
/// nothing.
struct drop_info {
  std::uint64_t link = 0;
  error_code error;
  link_end by = link_end::peers;
  /// With which code a plug-in or the program closed the link (context::close), if that began its
  /// end. Empty: the peer did, or the client itself (stop(), a recycling, a failure).
  std::optional<close_code> own_close = {};
  bool clean = false;  ///< the closing handshake was completed (RFC 6455 section 7.1.4)
  close_code code = close_code::abnormal;  ///< what the peer's Close said
  std::string_view reason = {};            ///< its reason; what echoes our own credentials is ***
  /// Messages that were never framed. What was framed and not yet written, at most
  /// send_queue::cork_size bytes and one message, may be lost as well and is not counted.
  std::size_t unsent = 0;
  std::string_view detail = {};  ///< how it ended, in words, for people
  bool replaced = false;         ///< a successor has taken over: on_error will not be asked
};

/// The time that a plug-in asked for with context::wake_at has come.
struct wake_info {
  time_point due;
};

/// A frame went in or out, control frames too.
struct frame_info {
  bool outbound = false;
  opcode op = opcode::binary;
  bool fin = true;
  std::size_t size = 0;     ///< of its payload, in bytes
  bytes_view payload = {};  ///< unmasked; what the last piece held if it arrived in pieces
};

/// A whole message. frame_reader::padding bytes past its end are readable.
struct inbound {
  std::uint64_t link = 0;
  opcode op = opcode::text;
  bytes_view data;

  std::string_view text() const noexcept { return as_text(data); }
};

/// A message that is about to be queued.
struct outbound {
  send_id id = 0;
  opcode op = opcode::text;
  hawser::lane lane = lane::bulk;
  bytes_view data;

  std::string_view text() const noexcept { return as_text(data); }
};

/// An attempt failed or a link ended, in order too: shall the client dial again?
struct failure {
  phase at = phase::idle;
  error_code error;
  std::string_view detail;  ///< in words, for people
  unsigned attempt = 1;
  close_code code = close_code::abnormal;        ///< as in drop_info
  int status = 0;                                ///< HTTP status of a failed upgrade, else 0
  const std::vector<header>* headers = nullptr;  ///< of a failed upgrade: the lines that came whole
  std::string_view body;                         ///< of a failed upgrade, capped
  /// How long the peer asked to be left alone: Retry-After (RFC 9110 10.2.3), or what the adapter
  /// read and told by context::defer_retry.
  std::optional<duration> retry_after = {};
  bool successor = false;  ///< a recycling's attempt failed: the predecessor is open still
  std::optional<close_code> own_close = {};  ///< as in drop_info; also of a close without a link
  hawser::fingerprint fingerprint = {};      ///< of the request, if it was made

  /// The peer wants to be left alone for a while: it says for how long, or is busy (429, 503, a
  /// Close with 1012 or 1013, or what the adapter calls so). Other statuses from 500 on are what a
  /// proxy says of a server that is gone: they are like an attempt that did not reach it.
  bool asks_for_pause() const noexcept {
    return retry_after || error == errc::rate_limited ||
           (error == errc::unavailable && (status == 0 || status == 503));
  }
};

/// The client ends. Told once, last of all.
struct stop_info {
  enum class reason : std::uint8_t {
    asked,      ///< client::stop() or context::stop()
    closed,     ///< an orderly close (1000 or 1005) that nobody wanted to follow
    permanent,  ///< no retry heals the error
    auth,       ///< credentials are missing, wrong or expired
    given_up,   ///< another error that nobody wanted to retry
    threw,      ///< an exception left on_error
  };
  reason why = reason::asked;
  error_code error = {};   ///< what run() returns
  phase at = phase::idle;  ///< where the last attempt or link failed
  std::string_view detail = {};
};

/// The application's own heartbeat is due: the adapter sends it and answers `handled`.
struct heartbeat_info {
  std::uint64_t count = 0;  ///< of the heartbeats on this link, from 1
};

/// Something about a subscription: `subscribe` and `unsubscribe` ask the adapter to send the wire's
/// words for it; the others tell what became of it. Raised by context::subscription.
struct subscription_event {
  enum class kind : std::uint8_t { subscribe, unsubscribe, confirmed, failed, expired };
  kind what = kind::subscribe;
  std::string_view topic;
  error_code error = {};  ///< of a failed one
};

/// Credentials that were granted on a live link, after context::reauthenticate: the adapter tells
/// them to the peer.
struct credentials {
  std::uint64_t link = 0;
  const std::vector<header>& headers;  ///< as they would be in the next upgrade request
};

/// The end of a send. Every message that was taken ends once, while anybody lists on::settled:
/// - never_sent: it waited still when the link or the client ended, on_sending refused it, the
///   queue had no room for it at its turn, or what a thread sent found no link;
/// - maybe_sent: its last byte was given to the transport; or the link ended after it was framed;
/// - acked: context::acked. With context::await_ack it ends then, or with the link.
/// The ends that a link's end brings are told before on_drop, in order of ids.
struct settled_info {
  send_id id = 0;
  hawser::lane lane = lane::bulk;
  hawser::delivery delivery = delivery::never_sent;
  error_code error = {};  ///< why it was not sent, or how the link ended
};

/// Finishes a pending grant from any thread, once; later calls have no effect, by another ticket of
/// the same attempt neither. Dropping the ticket leaves the attempt to its deadline
/// (errc::auth_timeout). Moved, not copied.
class auth_ticket {
 public:
  using finish_fn = std::function<void(error_code, std::vector<header>)>;
  explicit auth_ticket(finish_fn finish) : finish_(std::move(finish)) {}
  auth_ticket(auth_ticket&& other) noexcept : finish_(std::exchange(other.finish_, nullptr)) {}
  auth_ticket& operator=(auth_ticket&& other) noexcept {
    finish_ = std::exchange(other.finish_, nullptr);
    return *this;
  }
  void grant(std::vector<header> credentials) { finish({}, std::move(credentials)); }
  void refuse(error_code ec) { finish(ec, {}); }

 private:
  void finish(error_code ec, std::vector<header> h) {
    if (auto f = std::exchange(finish_, nullptr)) f(ec, std::move(h));
  }
  finish_fn finish_;
};

/// Credentials are asked for: before every attempt, or for the open link.
struct auth_request {
  handshake& request;
  std::function<auth_ticket()> make_ticket;
  bool live = false;  ///< for the open link, which wants new ones: context::reauthenticate

  /// Adds `Authorization: Bearer <token>` to the upgrade request (RFC 6750).
  void bearer(std::string_view token) {
    request.headers.push_back({"Authorization", "Bearer " + std::string(token)});
  }
  /// For an answer that comes later: keep the ticket and return grant::pending().
  auth_ticket defer() const { return make_ticket(); }
};

}  // namespace hawser

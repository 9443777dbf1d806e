// The whole contract between plug-ins and the client: one table of hooks, and what they exchange.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/core/frame.hpp>
#include <hawser/core/lifecycle.hpp>
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

class context;

/// A header field of the upgrade request or response.
struct header {
  std::string name;
  std::string value;
};

// What the hooks are given. Views are valid during the call only.

/// The upgrade request of an attempt. A client's hooks may change what will be sent; for an
/// acceptor it is what arrived, and only `subprotocol` may be set.
struct handshake {
  unsigned attempt = 1;     ///< since the last open link, from 1
  std::string target = {};  ///< path and query
  std::vector<header> headers = {};
  std::vector<std::string> subprotocols = {};  ///< offered by the client
  std::string subprotocol = {};                ///< chosen by the acceptor
};

/// A link opened.
struct open_info {
  std::uint64_t link = 0;
  std::string_view subprotocol;        ///< what the server chose; empty: none
  const std::vector<header>& headers;  ///< of the response (acceptor: of the request)
  tls_info tls = {};                   ///< empty: the link is in the clear
};

/// Which side began the end of a link.
enum class link_end : std::uint8_t {
  ours,   ///< our Close, a failure of ours or that we found, a deadline
  peers,  ///< its Close, or the end of its stream without one
};

/// An open link ended. `error` is errc::closed after a closing handshake, whoever began it, but
/// errc::unauthorized when the peer's Close said 1008 and errc::unavailable for 1012 and 1013.
/// Without one: errc::dropped if the peer ended its stream in order (proxies do, after their idle
/// timeout), errc::tls_truncated if TLS was cut off, the system's error if it was reset, a
/// deadline's, or what broke the protocol. What comes behind the handshake, a reset too, changes
/// nothing.
struct drop_info {
  std::uint64_t link = 0;
  error_code error;
  link_end by = link_end::peers;
  bool clean = false;  ///< the closing handshake was completed (RFC 6455 section 7.1.4)
  close_code code = close_code::abnormal;  ///< what the peer's Close said
  std::string_view reason = {};
  /// Messages that were never framed. What was framed and not yet written, at most
  /// send_queue::cork_size bytes and one message, may be lost as well and is not counted.
  std::size_t unsent = 0;
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
  opcode op = opcode::text;
  hawser::lane lane = lane::bulk;
  bytes_view data;

  std::string_view text() const noexcept { return as_text(data); }
};

/// An attempt failed or a link ended, a clean 1000 too: shall the client dial again?
struct failure {
  phase at = phase::idle;
  error_code error;
  std::string_view detail;  ///< in words, for people
  unsigned attempt = 1;
  close_code code = close_code::abnormal;
  int status = 0;                                ///< HTTP status of a failed upgrade, else 0
  const std::vector<header>* headers = nullptr;  ///< of a failed upgrade
  std::string_view body;                         ///< of a failed upgrade, capped
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

/// Credentials are asked for, before every attempt.
struct auth_request {
  handshake& request;
  std::function<auth_ticket()> make_ticket;

  /// Adds `Authorization: Bearer <token>` to the upgrade request (RFC 6750).
  void bearer(std::string_view token) {
    request.headers.push_back({"Authorization", "Bearer " + std::string(token)});
  }
  /// For an answer that comes later: keep the ticket and return grant::pending().
  auth_ticket defer() const { return make_ticket(); }
};

// What the hooks answer. A deciding hook that answers `pass` (`go`, `ready`) leaves the decision to
// the next plug-in; anything else is final.

/// May this attempt be made?
class admission {
 public:
  enum class kind : std::uint8_t { go, wait, refuse };
  static admission go() noexcept { return {kind::go, {}, {}}; }
  /// Ask again at that time.
  static admission wait_until(time_point t) noexcept { return {kind::wait, t, {}}; }
  static admission refuse(error_code ec) noexcept { return {kind::refuse, {}, ec}; }

  kind what() const noexcept { return what_; }
  time_point until() const noexcept { return until_; }
  error_code error() const noexcept { return error_; }
  bool passes() const noexcept { return what_ == kind::go; }

 private:
  admission(kind k, time_point t, error_code ec) noexcept : what_(k), until_(t), error_(ec) {}
  kind what_;
  time_point until_;
  error_code error_;
};

/// Was the message for this plug-in alone?
enum class verdict : std::uint8_t { pass, handled };

inline constexpr verdict handled = verdict::handled;
constexpr bool passes(verdict v) noexcept { return v == verdict::pass; }

/// May this message be queued?
class permit {
 public:
  enum class kind : std::uint8_t { pass, hold, refuse };
  static permit pass() noexcept { return {kind::pass, {}, {}}; }
  /// Ask again at that time; messages of the same lane wait behind it.
  static permit hold_until(time_point t) noexcept { return {kind::hold, t, {}}; }
  static permit refuse(error_code ec) noexcept { return {kind::refuse, {}, ec}; }

  kind what() const noexcept { return what_; }
  time_point until() const noexcept { return until_; }
  error_code error() const noexcept { return error_; }
  bool passes() const noexcept { return what_ == kind::pass; }

 private:
  permit(kind k, time_point t, error_code ec) noexcept : what_(k), until_(t), error_(ec) {}
  kind what_;
  time_point until_;
  error_code error_;
};

/// Shall the client dial again? If everybody passes, it ends.
class reaction {
 public:
  enum class kind : std::uint8_t { pass, retry, give_up };
  /// Ten years: added to any time that a clock says, it does not overflow.
  static constexpr duration longest = std::chrono::hours(24 * 3653);
  static reaction pass() noexcept { return {kind::pass, {}}; }
  /// A delay below 0 is taken for 0, one above `longest` for that.
  static reaction retry_after(duration d) noexcept {
    return {kind::retry, d < duration::zero() ? duration::zero() : d > longest ? longest : d};
  }
  static reaction give_up() noexcept { return {kind::give_up, {}}; }

  kind what() const noexcept { return what_; }
  duration after() const noexcept { return after_; }
  bool passes() const noexcept { return what_ == kind::pass; }

 private:
  reaction(kind k, duration d) noexcept : what_(k), after_(d) {}
  kind what_;
  duration after_;
};

/// Are the credentials in place?
class grant {
 public:
  enum class kind : std::uint8_t { ready, pending, refuse };
  static grant ready() noexcept { return {kind::ready, {}}; }
  /// The ticket of auth_request::defer will be finished within the auth deadline.
  static grant pending() noexcept { return {kind::pending, {}}; }
  static grant refuse(error_code ec) noexcept { return {kind::refuse, ec}; }

  kind what() const noexcept { return what_; }
  error_code error() const noexcept { return error_; }
  bool passes() const noexcept { return what_ == kind::ready; }

 private:
  grant(kind k, error_code ec) noexcept : what_(k), error_(ec) {}
  kind what_;
  error_code error_;
};

inline bool passes(const admission& a) noexcept { return a.passes(); }
inline bool passes(const permit& p) noexcept { return p.passes(); }
inline bool passes(const reaction& r) noexcept { return r.passes(); }
inline bool passes(const grant& g) noexcept { return g.passes(); }

// The table. X(name, result, argument, the answer that passes): the hook on::<name> is the public
// member `<result> on_<name>(hawser::context&, <argument>)`. Hooks that return void notify
// everybody; the others decide, in list order, adapter last, until one does not pass.
// clang-format off
#define HAWSER_HOOKS(X)                                                                \
  /* connection */                                                                     \
  X(connecting,   admission, handshake&,        admission::go())                       \
  X(open,         void,      const open_info&,  )                                      \
  X(drop,         void,      const drop_info&,  )                                      \
  X(wake,         void,      const wake_info&,  )                                      \
  X(frame,        void,      const frame_info&, )                                      \
  /* message */                                                                        \
  X(message,      verdict,   const inbound&,    verdict::pass)                         \
  X(sending,      permit,    const outbound&,   permit::pass())                        \
  /* error */                                                                          \
  X(error,        reaction,  const failure&,    reaction::pass())                      \
  /* auth */                                                                           \
  X(authenticate, grant,     auth_request&,     grant::ready())
// clang-format on

/// The position of each hook in the table, and in a hook_mask.
enum class hook : std::uint8_t {
#define HAWSER_HOOK_ENUM(NAME, RESULT, ARGUMENT, PASS) NAME,
  HAWSER_HOOKS(HAWSER_HOOK_ENUM)
#undef HAWSER_HOOK_ENUM
};

/// A set of hooks, one bit each.
using hook_mask = std::uint32_t;
constexpr hook_mask bit(hook h) noexcept { return hook_mask{1} << static_cast<unsigned>(h); }

/// The tags that a plug-in lists: `hawser::behavior<Self, hawser::on::open, hawser::on::drop>`.
namespace on {
#define HAWSER_HOOK_TAG(NAME, RESULT, ARGUMENT, PASS)       \
  struct NAME {                                             \
    static constexpr hook id = hook::NAME;                  \
    static constexpr std::string_view member = "on_" #NAME; \
    using result = RESULT;                                  \
    using argument = ARGUMENT;                              \
    static result passing() { return PASS; }                \
    template <class P>                                      \
    static result call(P& plugin, context& c, argument a) { \
      return plugin.on_##NAME(c, a);                        \
    }                                                       \
  };
HAWSER_HOOKS(HAWSER_HOOK_TAG)
#undef HAWSER_HOOK_TAG
}  // namespace on

}  // namespace hawser

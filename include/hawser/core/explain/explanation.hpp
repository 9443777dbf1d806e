// Why a client is not connected: as a struct, as words, as JSON.
#pragma once

#include <hawser/core/explain/description.hpp>
#include <hawser/core/ws/frame.hpp>
#include <hawser/core/ws/lifecycle.hpp>
#include <hawser/error.hpp>
#include <hawser/time.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hawser {

/// The steps from nothing to a usable link, in order.
enum class attempt_step : std::uint8_t {
  credentials,  ///< on_authenticate
  resolve,      ///< the name
  connect,      ///< TCP, or a unix-domain socket
  secure,       ///< the TLS handshake; skipped for ws://
  upgrade,      ///< the HTTP upgrade
  login,        ///< in-band, between on_open and set_ready(); skipped if there is none
};
inline constexpr std::size_t attempt_steps = 6;
std::string_view to_string(attempt_step s) noexcept;

/// What became of one step.
struct step_record {
  enum class state : std::uint8_t { not_reached, under_way, done, failed, cancelled };
  state what = state::not_reached;
  duration took = {};  ///< so far, if it is under way
};

/// What this client has seen work since it was started: a name that resolved once is no typing
/// error.
struct experience {
  bool resolved = false;
  bool connected = false;
  bool secured = false;
  bool opened = false;
};

/// How an attempt or a link ended.
struct cause {
  phase at = phase::idle;
  error_code error = {};
  int status = 0;                            ///< HTTP status of a refused upgrade, else 0
  close_code code = close_code::abnormal;    ///< what the peer's Close said
  std::optional<close_code> own_close = {};  ///< as in drop_info
  bool unknown_name = false;                 ///< the name servers answered: there is no such name
  bool in_login = false;                     ///< the link was open, and its login under way
  std::optional<duration> retry_after = {};  ///< the pause that the peer asked for
  std::string detail = {};                   ///< in words; a part of it may be the peer's
};

/// A link that has ended: how long it lasted tells one that flaps from one that was lost.
struct ended_link {
  std::uint64_t number = 0;
  duration lasted = {};
  duration ago = {};      ///< since its end
  bool replaced = false;  ///< a successor took over from it
  cause why = {};         ///< without an error: this client ended it
};

/// Who has to do something.
enum class suspicion : std::uint8_t {
  none,              ///< nothing is wrong, or the end was asked for
  misconfiguration,  ///< somebody has to change something; waiting will not help
  outage,            ///< it worked, or may work, without a change here: waiting may help
  unsure,            ///< both look like this
};
std::string_view to_string(suspicion s) noexcept;

struct judgment {
  suspicion what = suspicion::none;
  std::string_view why = {};  ///< a sentence; static
};

/// Tells a misconfiguration from an outage by the first row of a table that fits; unsure, if what
/// was seen does not tell. Pure.
judgment judge(const cause& c, const experience& before) noexcept;

/// A hook that has not returned.
struct running_hook {
  std::string hook = {};    ///< "message"; "task": of submit() or offload()
  std::string plugin = {};  ///< whose; empty for a task
  duration since = {};      ///< at most: hooks of one batch are not timed one by one
};
/// "hook message of ticker runs since 2.1 s".
std::string to_words(const running_hook& h);

/// What client::explain() tells. Plain values: nothing in it refers to the client.
struct explanation {
  std::string endpoint = {};           ///< "wss://host:port" or "[wss+]unix:<path>"
  phase at = phase::idle;              ///< where the client is
  bool ready = false;                  ///< the link is open and usable
  std::uint64_t link = 0;              ///< number of the current or last link
  std::uint64_t attempts = 0;          ///< since the last open link, or since the start
  std::optional<duration> since = {};  ///< how long it has been with, or without, an open link
  /// Of the attempt under way, else of the last one.
  std::array<step_record, attempt_steps> steps = {};
  std::optional<duration> last_message = {};  ///< age of the last whole message that came
  std::optional<cause> last = {};             ///< how the last attempt or link ended
  std::optional<ended_link> last_link = {};   ///< the last link that has ended
  /// While an open link is to be replaced: how the last attempt at its successor ended. Empty once
  /// one has taken over.
  std::optional<cause> successor = {};
  std::optional<duration> next_attempt = {};  ///< in so long; it may be asked to wait again then
  experience before = {};
  judgment verdict = {};
  /// A hook that holds up the client, once it has run longer than options::slow_hook (10 ms if that
  /// is off).
  std::optional<running_hook> running = {};
  /// What the plug-ins say of themselves (backoff, circuit breaker), as far as it is known.
  std::vector<description> plugins = {};
  time_point taken = {};  ///< when this was made

  const step_record& step(attempt_step s) const noexcept {
    return steps[static_cast<std::size_t>(s)];
  }
};

/// Several short lines, the most important first, each ended by a line feed. What came from the
/// peer is escaped.
std::string to_words(const explanation& e);
/// One JSON object. Durations in milliseconds.
std::string to_json(const explanation& e);
void write(json_writer& w, const explanation& e);

}  // namespace hawser

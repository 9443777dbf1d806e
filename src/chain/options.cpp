// What is wrong with options, before anything is dialed.
#include <hawser/core/text/ascii.hpp>
#include <hawser/core/text/http_syntax.hpp>
#include <hawser/core/text/redaction.hpp>
#include <hawser/core/text/url.hpp>
#include <hawser/options.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace hawser {
namespace {

// What the opening handshake is made of, and what would say where a request without a body ends: a
// field of ours beside one of the user's is read by one server so, by the next otherwise.
bool is_reserved(std::string_view name) noexcept {
  constexpr std::string_view prefix = "Sec-WebSocket-";
  if (equals_ignoring_case(name.substr(0, prefix.size()), prefix)) return true;
  constexpr std::string_view names[] = {"Connection",        "Upgrade", "Content-Length",
                                        "Transfer-Encoding", "TE",      "Trailer"};
  return std::any_of(std::begin(names), std::end(names),
                     [&](std::string_view own) { return equals_ignoring_case(name, own); });
}

// uri-host [ ":" port ], as in a URL but without a zone (RFC 9110 section 7.2, RFC 6874 section 4).
bool is_host(std::string_view s) {
  return s.find_first_of("/?#@%,") == std::string_view::npos &&
         parse_url("ws://" + std::string(s)).has_value();
}

// "Authorization: Bearer TOKEN" is no name, and no complaint may show it.
std::string shown(const std::string& s) { return redact_subprotocols({&s, 1}).front(); }

}  // namespace

result<void, error_info> validate(const handshake& h) {
  const bool printable =
      std::all_of(h.target.begin(), h.target.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!printable || !h.target.starts_with('/')) {
    return invalid_option("target: must begin with / and be printable ASCII without spaces");
  }
  bool hosted = false;
  for (const header& field : h.headers) {
    if (!is_token(field.name)) {
      return invalid_option("headers: '" + shown(field.name) + "' is not a header name");
    }
    if (!is_field_value(field.value)) {
      return invalid_option("headers: the value of '" + field.name + "' has a control character");
    }
    if (is_reserved(field.name)) {
      return invalid_option("headers: '" + field.name +
                            "' belongs to the handshake, which sets it itself");
    }
    if (!equals_ignoring_case(field.name, "Host")) continue;
    if (std::exchange(hosted, true)) return invalid_option("headers: 'Host' is given twice");
    if (!is_host(field.value)) {
      return invalid_option("headers: the value of 'Host' is no host[:port]");
    }
  }
  for (const std::string& s : h.subprotocols) {
    if (!is_token(s)) return invalid_option("subprotocols: '" + shown(s) + "' is not a token");
    if (std::count(h.subprotocols.begin(), h.subprotocols.end(), s) != 1) {
      // RFC 6455 section 4.1
      return invalid_option("subprotocols: '" + shown(s) + "' is offered twice");
    }
  }
  return {};
}

namespace {

// "sha256//" and 32 octets in base64.
bool is_pin(std::string_view pin) noexcept {
  constexpr std::string_view prefix = "sha256//";
  if (!pin.starts_with(prefix) || pin.size() != prefix.size() + 44 || !pin.ends_with('=')) {
    return false;
  }
  pin.remove_prefix(prefix.size());
  return std::all_of(pin.begin(), pin.end() - 1,
                     [](char c) { return is_alphanumeric(c) || c == '+' || c == '/'; });
}

result<void, error_info> validate(const tls_options& o) {
  const auto refuse = [](const std::string& why) { return invalid_option("tls." + why); };
  for (const auto& [name, file] : {std::pair{"ca_file", &o.ca_file},
                                   {"certificate_file", &o.certificate_file},
                                   {"key_file", &o.key_file}}) {
    if (*file && (*file)->empty()) return refuse(std::string(name) + ": must not be empty");
  }
  if (o.certificate_file.has_value() != o.key_file.has_value()) {
    return refuse("certificate_file and key_file: one needs the other");
  }
  const bool printable = std::all_of(o.server_name.begin(), o.server_name.end(),
                                     [](char c) { return c > 0x20 && c < 0x7F; });
  if (!printable || o.server_name.size() > 253) {
    return refuse("server_name: must be at most 253 printable ASCII characters");
  }
  for (const std::string& pin : o.pins) {
    if (!is_pin(pin)) return refuse("pins: '" + pin + "' is not sha256// and 44 base64 characters");
  }
  if (o.verify_depth < 0 || o.verify_depth > 100) return refuse("verify_depth: must be 0 to 100");
  return {};
}

}  // namespace

result<void, error_info> validate(const options& o) {
  const auto where = parse_url(o.url);
  if (!where) return where.error();
  handshake asked;
  asked.target = where->target;
  asked.headers = o.headers;
  asked.subprotocols = o.subprotocols;
  if (auto r = validate(asked); !r) return r;
  if (auto r = validate(o.tls); !r) return r;
  if (o.unix_socket) {
    if (o.unix_socket->empty()) return invalid_option("unix_socket: must not be empty");
    if (o.unix_socket->size() >= 108) {
      return invalid_option("unix_socket: longer than a socket's path can be");
    }
    if (!where->unix_socket.empty()) return invalid_option("unix_socket: the url names one, too");
  }
  const struct {
    const char* name;
    duration value;
  } durations[] = {{"authenticate", o.deadlines.authenticate},
                   {"resolve", o.deadlines.resolve},
                   {"connect", o.deadlines.connect},
                   {"secure", o.deadlines.secure},
                   {"upgrade", o.deadlines.upgrade},
                   {"refusal_body", o.deadlines.refusal_body},
                   {"handover", o.deadlines.handover},
                   {"write_progress", o.deadlines.write_progress},
                   {"close", o.deadlines.close}};
  for (const auto& d : durations) {
    if (d.value <= duration::zero() || d.value > std::chrono::hours(24)) {
      return invalid_option(std::string("deadlines.") + d.name +
                            ": must be above 0 and at most 24 h");
    }
  }
  if (o.limits.message == 0) return invalid_option("limits.message: must be above 0");
  if (o.limits.calls == 0) return invalid_option("limits.calls: must be above 0");
  if (o.limits.unacknowledged == 0) return invalid_option("limits.unacknowledged: must be above 0");
  if (o.limits.mailbox == 0) return invalid_option("limits.mailbox: must be above 0");
  if (o.limits.header_bytes < 256) {
    return invalid_option("limits.header_bytes: must be at least 256");
  }
  if (o.offload.threads == 0 || o.offload.threads > 64) {
    return invalid_option("offload.threads: must be 1 to 64");
  }
  if (o.offline.messages != 0) {
    if (o.offline.bytes == 0) return invalid_option("offline.bytes: must be above 0");
    if (o.offline.age <= duration::zero() || o.offline.age > reaction::longest) {
      return invalid_option("offline.age: must be above 0 and at most 3653 days");
    }
  }
  if (o.slow_hook < duration::zero()) return invalid_option("slow_hook: must not be below 0");
  if (o.offload.queued == 0) return invalid_option("offload.queued: must be above 0");
  for (const lane_limits& l : o.limits.lanes) {
    if (l.frames == 0 || l.bytes == 0) {
      return invalid_option("limits.lanes: bounds must be above 0");
    }
  }
  return {};
}

}  // namespace hawser

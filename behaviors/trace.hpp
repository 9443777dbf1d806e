// Says what happens on the link, for the one who debugs it at 3 a.m.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>

#include <algorithm>
#include <string>

namespace hawser {

/// Writes every event of the link to the client's log_sink: attempts, opens, drops and failures at
/// `info`, frames at `trace` with direction, opcode and size. Payloads only if `payloads` says how
/// many bytes; the values of header fields and query parameters whose name says that they are
/// secret (Authorization, Cookie, X-Api-Key, access_token and the like) never. Costs a comparison a
/// frame while the sink wants no trace.
struct trace : behavior<trace, on::connecting, on::open, on::drop, on::frame, on::error> {
  struct options {
    std::size_t payloads = 0;  ///< bytes of each payload that are shown
  };

  trace() = default;
  explicit trace(options o) : options_(o) {}

  admission on_connecting(context& c, handshake& h);
  void on_open(context& c, const open_info& o);
  void on_drop(context& c, const drop_info& d);
  void on_frame(context& c, const frame_info& f) {
    if (c.wants(log_level::trace)) write_frame(c, f);
  }
  reaction on_error(context& c, const failure& f);

 private:
  void write_frame(context& c, const frame_info& f) const;

  options options_;
};

namespace detail {

/// Whether the value of a header field or query parameter of this name must not be logged.
inline bool is_secret(std::string_view name) {
  std::string lower(name);
  for (char& ch : lower) ch = ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch + 32) : ch;
  for (const std::string_view word : {"auth", "cookie", "token", "secret", "key", "passw", "pwd",
                                      "signature", "credential", "session"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

inline std::string_view opcode_name(opcode op) noexcept {
  switch (op) {
    case opcode::continuation:
      return "continuation";
    case opcode::text:
      return "text";
    case opcode::binary:
      return "binary";
    case opcode::close:
      return "close";
    case opcode::ping:
      return "ping";
    case opcode::pong:
      return "pong";
  }
  return "?";
}

// Printable ASCII as it is, everything else as \xHH: a log line stays one line.
inline void append_escaped(std::string& out, bytes_view payload) {
  constexpr char hex[] = "0123456789abcdef";
  for (const std::byte b : payload) {
    const auto c = std::to_integer<unsigned char>(b);
    if (c >= 0x20 && c < 0x7F && c != '\\') {
      out += static_cast<char>(c);
    } else {
      out += "\\x";
      out += hex[c >> 4];
      out += hex[c & 15];
    }
  }
}

inline void append_target(std::string& out, std::string_view target) {
  while (!target.empty()) {
    const auto end = std::min(target.find_first_of("?&", 1), target.size());
    const std::string_view part = target.substr(0, end);
    const auto name = std::min(part.find('='), part.size());
    const bool hide = name != part.size() && part.front() != '/' && is_secret(part.substr(0, name));
    append_escaped(out, as_bytes(hide ? part.substr(0, name) : part));
    if (hide) out += "=***";
    target.remove_prefix(end);
  }
}

}  // namespace detail

inline admission trace::on_connecting(context& c, handshake& h) {
  if (!c.wants(log_level::info)) return admission::go();
  std::string line = "connecting attempt=" + std::to_string(h.attempt) + " target=";
  detail::append_target(line, h.target);
  for (const header& field : h.headers) {
    line += " " + field.name + "=";
    detail::append_escaped(line, as_bytes(detail::is_secret(field.name) ? "***" : field.value));
  }
  c.log(log_level::info, line);
  return admission::go();
}

inline void trace::on_open(context& c, const open_info& o) {
  if (!c.wants(log_level::info)) return;
  std::string line = "open link=" + std::to_string(o.link);
  if (!o.subprotocol.empty()) line.append(" subprotocol=").append(o.subprotocol);
  c.log(log_level::info, line);
}

inline void trace::on_drop(context& c, const drop_info& d) {
  if (!c.wants(log_level::info)) return;
  std::string line = "drop link=" + std::to_string(d.link) + " error=\"" + d.error.message() +
                     "\" code=" + std::to_string(static_cast<int>(d.code)) +
                     " unsent=" + std::to_string(d.unsent);
  if (!d.reason.empty()) {
    line += " reason=\"";
    detail::append_escaped(line, as_bytes(d.reason));
    line += '"';
  }
  c.log(log_level::info, line);
}

inline reaction trace::on_error(context& c, const failure& f) {
  if (!c.wants(log_level::info)) return reaction::pass();
  std::string line = "failure in=" + std::string(to_string(f.at)) +
                     " attempt=" + std::to_string(f.attempt) + " error=\"" + f.error.message() +
                     '"';
  if (f.status != 0) line += " status=" + std::to_string(f.status);
  if (!f.detail.empty()) {
    line += " detail=\"";
    detail::append_escaped(line, as_bytes(f.detail));
    line += '"';
  }
  c.log(log_level::info, line);
  return reaction::pass();
}

inline void trace::write_frame(context& c, const frame_info& f) const {
  std::string line = f.outbound ? "> " : "< ";
  line.append(detail::opcode_name(f.op)).append(f.fin ? "" : " (more)");
  line += " " + std::to_string(f.size) + " bytes link=" + std::to_string(c.link().number);
  if (options_.payloads != 0 && !f.payload.empty()) {
    line += " \"";
    const std::size_t n = std::min(f.payload.size(), options_.payloads);
    detail::append_escaped(line, f.payload.first(n));
    line += n < f.payload.size() ? "\"..." : "\"";
  }
  c.log(log_level::trace, line);
}

}  // namespace hawser

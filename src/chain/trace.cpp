#include <hawser/behaviors/trace.hpp>
#include <hawser/core/text.hpp>

#include <algorithm>
#include <string>

namespace hawser {
namespace {

// Whether the value of a header field or query parameter of this name must not be logged.
bool is_secret(std::string_view name) {
  std::string lower(name);
  for (char& ch : lower) ch = ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch + 32) : ch;
  for (const std::string_view word : {"auth", "cookie", "token", "secret", "key", "passw", "pwd",
                                      "signature", "credential", "session"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

std::string_view opcode_name(opcode op) noexcept {
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

void append_target(std::string& out, std::string_view target) {
  while (!target.empty()) {
    const auto end = std::min(target.find_first_of("?&", 1), target.size());
    const std::string_view part = target.substr(0, end);
    const auto name = std::min(part.find('='), part.size());
    const bool hide = name != part.size() && part.front() != '/' && is_secret(part.substr(0, name));
    append_escaped(out, hide ? part.substr(0, name) : part);
    if (hide) out += "=***";
    target.remove_prefix(end);
  }
}

}  // namespace

admission trace::on_connecting(context& c, handshake& h) {
  if (!c.wants(log_level::info)) return admission::go();
  std::string line = "connecting attempt=" + std::to_string(h.attempt) + " target=";
  append_target(line, h.target);
  for (const header& field : h.headers) {
    line += ' ';
    append_escaped(line, field.name);
    line += '=';
    append_escaped(line, is_secret(field.name) ? "***" : field.value);
  }
  c.log(log_level::info, line);
  return admission::go();
}

void trace::on_open(context& c, const open_info& o) {
  if (!c.wants(log_level::info)) return;
  std::string line = "open link=" + std::to_string(o.link);
  if (!o.subprotocol.empty()) append_escaped(line += " subprotocol=", o.subprotocol);
  if (!o.tls.version.empty()) {
    line += " tls=" + std::string(o.tls.version) + " cipher=" + std::string(o.tls.cipher) +
            " resumed=" + (o.tls.resumed ? "yes" : "no");
  }
  c.log(log_level::info, line);
}

void trace::on_drop(context& c, const drop_info& d) {
  if (!c.wants(log_level::info)) return;
  std::string line = "drop link=" + std::to_string(d.link) + " error=\"" + d.error.message() +
                     "\" code=" + std::to_string(static_cast<int>(d.code)) +
                     " by=" + (d.by == link_end::ours ? "us" : "peer") +
                     " clean=" + (d.clean ? "yes" : "no") + " unsent=" + std::to_string(d.unsent);
  if (!d.reason.empty()) {
    line += " reason=\"";
    append_escaped(line, d.reason);
    line += '"';
  }
  c.log(log_level::info, line);
}

reaction trace::on_error(context& c, const failure& f) {
  if (!c.wants(log_level::info)) return reaction::pass();
  std::string line = "failure in=" + std::string(to_string(f.at)) +
                     " attempt=" + std::to_string(f.attempt) + " error=\"" + f.error.message() +
                     '"';
  if (f.status != 0) line += " status=" + std::to_string(f.status);
  if (!f.detail.empty()) {
    line += " detail=\"";
    append_escaped(line, f.detail);
    line += '"';
  }
  c.log(log_level::info, line);
  return reaction::pass();
}

void trace::write_frame(context& c, const frame_info& f) const {
  std::string line = f.outbound ? "> " : "< ";
  line.append(opcode_name(f.op)).append(f.fin ? "" : " (more)");
  line += " " + std::to_string(f.size) + " bytes link=" + std::to_string(c.link().number);
  if (options_.payloads != 0 && !f.payload.empty()) {
    line += " \"";
    const std::size_t n = std::min(f.payload.size(), options_.payloads);
    append_escaped(line, as_text(f.payload.first(n)));
    line += n < f.payload.size() ? "\"..." : "\"";
  }
  c.log(log_level::trace, line);
}

}  // namespace hawser

#include <hawser/behaviors/trace.hpp>
#include <hawser/core/crc32.hpp>
#include <hawser/core/text/ascii.hpp>
#include <hawser/core/text/redaction.hpp>
#include <hawser/core/text/text.hpp>
#include <hawser/event_sink.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace hawser {
namespace {

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

std::string_view reason_name(stop_info::reason r) noexcept {
  constexpr std::string_view names[] = {"asked", "closed",   "permanent",
                                        "auth",  "given_up", "threw"};
  return names[static_cast<std::size_t>(r)];
}

std::string_view kind_name(subscription_event::kind k) noexcept {
  constexpr std::string_view names[] = {"subscribe", "unsubscribe", "confirmed", "failed",
                                        "expired"};
  return names[static_cast<std::size_t>(k)];
}

void append_quoted(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  append_escaped(out.append(name).append("=\""), text);
  out += '"';
}

void append_hex(std::string& out, std::uint32_t n) {
  char digits[8];
  const auto end = std::to_chars(digits, digits + sizeof digits, n, 16).ptr;
  out.append(static_cast<std::size_t>(digits + sizeof digits - end), '0').append(digits, end);
}

// "0.4us", "12.3ms", "1.5s": one digit behind the point, cut.
void append_rounded(std::string& out, duration d) {
  const auto append = [&](duration::rep tenth, std::string_view unit) {
    const auto tenths = std::max<duration::rep>(d.count(), 0) / tenth;
    out.append(std::to_string(tenths / 10)).append(".").append(std::to_string(tenths % 10));
    out.append(unit);
  };
  if (d < std::chrono::milliseconds(1)) return append(100, "us");
  if (d < std::chrono::seconds(1)) return append(100'000, "ms");
  append(100'000'000, "s");
}

}  // namespace

// What the settings let through, as they are at the moment of one event.
class trace::line {
 public:
  line(const trace& t, const context& c)
      : settings_(t.options_.control->current()),
        log_(t.destination(c)),
        heard_(c.sink()),
        link_(c.link().number) {}

  /// Whether lines of this level about this hook are wanted.
  bool wanted(log_level level, hook h) const noexcept {
    if (log_ == nullptr || (settings_->hooks & bit(h)) == 0) return false;
    if (settings_->link != 0 && settings_->link != link_) return false;
    switch (settings_->is) {
      case trace_settings::state::off:
        return false;
      case trace_settings::state::on:
        return level >= settings_->level && log_->threshold() != log_level::off;
      case trace_settings::state::automatic:
        break;
    }
    return log_->wants(level);
  }
  /// The same, of what is told of the link and of no other plug-in.
  bool wanted_here(log_level level, hook h) const noexcept {
    return wanted(level, h) && settings_->names("trace");
  }
  void write(log_level level, std::string_view text) const {
    if (heard_ == nullptr || heard_ == log_) return log_->write(level, text);
    log_->write(level, heard_->shown(text));
  }

  const trace_settings& settings() const noexcept { return *settings_; }
  const std::shared_ptr<const trace_settings>& shared() const noexcept { return settings_; }
  bool on() const noexcept { return settings_->is == trace_settings::state::on; }
  std::string link() const { return " link=" + std::to_string(link_); }

 private:
  std::shared_ptr<const trace_settings> settings_;
  log_sink* log_;
  const log_sink* heard_;  // what the hook was given
  std::uint64_t link_;
};

trace::trace(options o)
    : options_(std::move(o)), redactor_(options_.redact, options_.redact_named) {
  if (!options_.control) options_.control = std::make_shared<trace_control>();
  switch_ = options_.control.get();
}

result<void, error_info> trace::validate() const {
  if (const auto r = validate_json_pointers(options_.redact); !r) {
    return invalid_option("trace: redact: " + r.error().detail);
  }
  const auto& names = options_.redact_headers;
  if (std::find(names.begin(), names.end(), "") == names.end()) return {};
  return invalid_option("trace: redact_headers: a name is empty");
}

// --- the link ---------------------------------------------------------------------------------

void trace::append_header(std::string& out, const header& h) const {
  const auto& names = options_.redact_headers;
  const bool hide = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return equals_ignoring_case(name, h.name);
  });
  append_escaped(out += ' ', h.name);
  append_escaped(out += '=', hide ? "***" : redact_field(h.name, h.value));
}

admission trace::on_connecting(context& c, handshake& h) {
  look_at_log(c);
  attempt_ = &h;
  return admission::go();
}

// As it will be sent, but for what on_authenticate adds; an acceptor's: as it was sent.
std::string trace::describe_attempt(const handshake& h) const {
  std::string text = h.incoming ? "connected" : "connecting attempt=" + std::to_string(h.attempt);
  if (h.successor) text += " successor";
  if (!h.endpoint.empty()) append_escaped(text += " to=", h.endpoint);
  append_escaped(text += " target=", redact_parameters(h.target));
  std::string_view between = " subprotocols=";
  for (const std::string& offered : redact_subprotocols(h.subprotocols)) {
    append_escaped(text += std::exchange(between, ","), offered);
  }
  for (const header& field : h.headers) append_header(text, field);
  return text;
}

void trace::on_open(context& c, const open_info& o) {
  look_at_log(c);
  const line to(*this, c);
  if (!to.wanted_here(log_level::info, hook::open)) return;
  std::string text = "open link=" + std::to_string(o.link) + (o.successor ? " successor" : "");
  if (!o.subprotocol.empty()) {
    const std::string chosen(o.subprotocol);
    append_escaped(text += " subprotocol=", redact_subprotocols({&chosen, 1}).front());
  }
  if (!o.tls.version.empty()) {
    text += " tls=" + std::string(o.tls.version) + " cipher=" + std::string(o.tls.cipher) +
            " resumed=" + (o.tls.resumed ? "yes" : "no");
  }
  to.write(log_level::info, text);
}

// The one line about a link's end: on_error has nothing to add.
void trace::on_drop(context& c, const drop_info& d) {
  const line to(*this, c);
  told_ = {};
  if (!to.wanted_here(log_level::info, hook::drop)) return;
  told_ = d.error;
  const bool ours = d.by == link_end::ours;
  std::string text = "drop link=" + std::to_string(d.link);
  if (!ours || !d.clean || d.error != errc::closed) text += " error=\"" + d.error.message() + '"';
  text += " code=" + std::to_string(static_cast<int>(d.code)) + " by=" + (ours ? "us" : "peer") +
          " clean=" + (d.clean ? "yes" : "no") + " unsent=" + std::to_string(d.unsent);
  append_quoted(text, " reason", redact_text(d.reason));
  if (d.own_close) text += " own_close=" + std::to_string(static_cast<int>(*d.own_close));
  // What its Close said is told already, and what the error's name says.
  if (!d.clean && d.detail != d.error.message()) append_quoted(text, " detail", d.detail);
  if (d.replaced) text += " replaced";
  to.write(log_level::info, text);
}

void trace::on_ready(context& c, const ready_info& r) {
  const line to(*this, c);
  if (!to.wanted_here(log_level::info, hook::ready)) return;
  to.write(log_level::info,
           "ready link=" + std::to_string(r.link) + (r.successor ? " successor" : ""));
}

bool trace::tells(const context& c, const failure& f) const noexcept {
  return destination(c) == c.sink() &&
         (was_told(f) || line(*this, c).wanted_here(log_level::info, hook::error));
}

reaction trace::on_error(context& c, const failure& f) {
  const line to(*this, c);
  if (was_told(f)) {
    if (f.retry_after && to.wanted_here(log_level::info, hook::error)) {
      std::string text = "the next attempt was put off by ";
      append_rounded(text, *f.retry_after);
      to.write(log_level::info, text + to.link());
    }
    return reaction::pass();
  }
  told_ = {};
  if (!to.wanted_here(log_level::info, hook::error)) return reaction::pass();
  told_ = f.error;
  std::string text = "failure in=" + std::string(to_string(f.at)) +
                     " attempt=" + std::to_string(f.attempt) + " error=\"" + f.error.message() +
                     '"';
  if (f.successor) text += " successor";
  if (f.status != 0) text += " status=" + std::to_string(f.status);
  if (f.retry_after) append_rounded(text += " retry_after=", *f.retry_after);
  append_quoted(text, " detail", f.detail);
  to.write(log_level::info, text);
  return reaction::pass();
}

// That nobody dials any more is worth a warning, unless somebody wanted it. Why, if no line before
// said so.
void trace::on_stopped(context& c, const stop_info& s) {
  using reason = stop_info::reason;
  const bool wished = s.why == reason::asked || s.why == reason::closed;
  const log_level level = wished ? log_level::info : log_level::warn;
  const line to(*this, c);
  if (!options_.tell_stopped || !to.wanted_here(level, hook::stopped)) return;
  std::string text = "stopped why=" + std::string(reason_name(s.why));
  if (s.error && s.error != told_) {
    text += " in=" + std::string(to_string(s.at)) + " error=\"" + s.error.message() + '"';
    append_quoted(text, " detail", s.detail);
  }
  to.write(level, text);
}

void trace::on_subscription(context& c, const subscription_event& s) {
  const line to(*this, c);
  if (!to.wanted_here(log_level::debug, hook::subscription)) return;
  std::string text = "subscription " + std::string(kind_name(s.what)) + to.link();
  append_quoted(text, " topic", redact_text(s.topic));
  if (s.error) text += " error=\"" + s.error.message() + '"';
  to.write(log_level::debug, text);
}

// --- frames -----------------------------------------------------------------------------------

void trace::write_frame(context& c, const frame_info& f) const {
  const line to(*this, c);
  if (!to.wanted_here(log_level::trace, hook::frame)) return;
  std::string text = f.outbound ? "> " : "< ";
  text.append(opcode_name(f.op)).append(f.fin ? "" : " (more)");
  text += " " + std::to_string(f.size) + " bytes" + to.link();
  // Of a frame that came in pieces only the last one is here.
  if (f.payload.size() == f.size) append_hex(text += " crc=", crc32(f.payload));
  const std::size_t most = to.settings().payloads.value_or(options_.payloads);
  // The reason of a Close is told with the drop, without what it echoes of our credentials.
  if (most != 0 && !f.payload.empty() && f.op != opcode::close) append_payload(text, f, most);
  to.write(log_level::trace, text);
}

void trace::append_payload(std::string& out, const frame_info& f, std::size_t most) const {
  const std::string_view payload = as_text(f.payload);
  const bool whole = f.fin && f.op != opcode::continuation && f.payload.size() == f.size;
  result<std::string> redacted = errc::invalid_option;
  if (whole) redacted = redactor_.redact(payload);
  // A secret may hide in what is no JSON only because of what is missing or stands around it.
  const bool may_hold_names =
      options_.redact_named && (!whole || payload.find('{') != std::string_view::npos);
  if (!redacted && (may_hold_names || !options_.redact.empty())) {
    out += " (payload not shown: not one whole JSON text)";
    return;
  }
  const std::string all = redacted                ? std::move(*redacted)
                          : options_.redact_named ? redact_text(payload)
                                                  : std::string(payload);
  append_escaped(out += " \"", std::string_view(all).substr(0, most));
  out += most < all.size() ? "\"..." : "\"";
}

// --- the hooks --------------------------------------------------------------------------------

void trace::walked(context& c, const event_sink& plugins, hook h,
                   std::span<const hook_step> steps) {
  const line to(*this, c);
  // If everybody passed, on_connecting above was among them.
  const bool begins = h == hook::connecting && attempt_ != nullptr &&
                      (steps.empty() || steps.back().what == hook_step::outcome::passed);
  handshake* const attempt = std::exchange(attempt_, nullptr);
  if (begins && to.wanted_here(log_level::info, h)) {
    std::string text = describe_attempt(*attempt);
    if (c.now() < attempt->withheld.until) {  // Its credentials decide whether it is made.
      attempt->begins = [log = destination(c), text = std::move(text)] {
        log->write(log_level::info, text);
      };
    } else {
      to.write(log_level::info, text);
    }
  }
  if (to.on() && to.wanted(log_level::info, h) && routes_told_ != to.shared()) {
    routes_told_ = to.shared();
    const std::string table = plugins.routing_table();
    for (std::size_t at = 0; at < table.size();) {
      const std::size_t end = std::min(table.find('\n', at), table.size());
      to.write(log_level::info, "routing table: " + table.substr(at, end - at));
      at = end + 1;
    }
  }
  std::string asked;
  std::string_view stopped;
  for (const hook_step& s : steps) {
    if (!to.settings().names(s.plugin)) continue;
    asked.append(asked.empty() ? " " : ", ").append(s.plugin);
    if (s.took) append_rounded(asked += ' ', *s.took);
    if (s.what == hook_step::outcome::threw) asked += " threw";
    if (s.what == hook_step::outcome::stopped) stopped = s.plugin;
    if (!s.took || *s.took <= to.settings().slow || !to.wanted(log_level::warn, h)) continue;
    std::string slow =
        "slow hook: " + std::string(to_string(h)) + " of " + std::string(s.plugin) + " took ";
    append_rounded(slow, *s.took);
    to.write(log_level::warn, slow + to.link());
  }
  // A frame has a line already.
  if (asked.empty() || h == hook::frame || !to.wanted(log_level::trace, h)) return;
  std::string text = std::string(to_string(h)) + to.link() + " asked" + asked;
  if (!stopped.empty()) text.append("; stopped by ").append(stopped);
  to.write(log_level::trace, text);
}

}  // namespace hawser

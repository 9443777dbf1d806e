#include <hawser/core/explain/explanation.hpp>
#include <hawser/core/text/json_writer.hpp>
#include <hawser/core/text/text.hpp>

namespace hawser {
namespace {

std::string_view name(step_record::state s) noexcept {
  switch (s) {
    case step_record::state::not_reached:
      return "not reached";
    case step_record::state::under_way:
      return "under way";
    case step_record::state::done:
      return "done";
    case step_record::state::failed:
      return "failed";
    case step_record::state::cancelled:
      return "cancelled";
  }
  return "?";
}

std::string condition_of(const error_code& ec) {
  return make_error_condition(classify(ec)).message();
}

// "not connected to ws://host for 9.1 s: waiting, next attempt in 3.2 s, 2 attempts since link 1"
void append_state(std::string& out, const explanation& e) {
  out += e.ready                  ? "connected"
         : e.at == phase::open    ? "logging in"
         : e.at == phase::closing ? "closing the link"
                                  : "not connected";
  if (!e.endpoint.empty()) out += " to ";
  append_escaped(out, e.endpoint);
  if (e.since) out += " for " + to_words(*e.since);
  if (e.at != phase::open && e.at != phase::closing) {
    out += ": " + std::string(to_string(e.at));
    if (e.next_attempt) out += ", next attempt in " + to_words(*e.next_attempt);
  }
  if (e.attempts != 0) {
    out += ", " + std::to_string(e.attempts) +
           (e.attempts == 1 ? " attempt since " : " attempts since ") +
           (e.link == 0 ? "the start" : "link " + std::to_string(e.link));
  }
  out += '\n';
}

// "link 3: last message 2.1 s ago", "link 2 lasted 300 ms and ended 41 s ago: ...": one that was
// opened again and again looks different from one that holds.
void append_links(std::string& out, const explanation& e) {
  const bool open = e.at == phase::open || e.at == phase::closing;
  if (open) {
    out += "link " + std::to_string(e.link) + ": ";
    out += e.last_message ? "last message " + to_words(*e.last_message) + " ago" : "no message yet";
    out += '\n';
  }
  const bool is_cause =
      !open && e.last && (e.last->at == phase::open || e.last->at == phase::closing);
  if (!e.last_link || is_cause) return;
  const ended_link& l = *e.last_link;
  out += "link " + std::to_string(l.number) + " lasted " + to_words(l.lasted) +
         (l.replaced ? " and was replaced " : " and ended ") + to_words(l.ago) + " ago";
  if (l.why.error) {
    append_escaped(out += ": ", l.why.detail.empty() ? l.why.error.message() : l.why.detail);
    out += " (" + condition_of(l.why.error) + ")";
  }
  out += '\n';
}

void append_cause(std::string& out, std::string_view label, const cause& c, const judgment& j) {
  out += label;
  append_escaped(out, c.error ? c.error.message() : "none");
  out += " (" + (c.error ? condition_of(c.error) + ", " : std::string()) + "while " +
         std::string(c.in_login ? "logging in" : to_string(c.at));
  if (c.status != 0) out += ", HTTP status " + std::to_string(c.status);
  if (c.code != close_code::abnormal) {
    out += ", close code " + std::to_string(static_cast<int>(c.code));
  }
  if (c.retry_after) out += ", asked to wait " + to_words(*c.retry_after);
  out += ")\n";
  if (!c.detail.empty() && c.detail != c.error.message()) {
    append_escaped(out += "detail: ", c.detail);
    out += '\n';
  }
  out.append("looks like: ").append(to_string(j.what)).append(": ").append(j.why).append("\n");
}

// "steps: resolve 12 ms, connect 1 ms, upgrade failed after 3 ms"
void append_steps(std::string& out, const explanation& e) {
  std::string_view between = "steps: ";
  for (std::size_t i = 0; i < attempt_steps; ++i) {
    const step_record& s = e.steps[i];
    if (s.what == step_record::state::not_reached) continue;
    out.append(std::exchange(between, ", ")).append(to_string(static_cast<attempt_step>(i)));
    if (s.what == step_record::state::under_way) out += " under way for";
    if (s.what == step_record::state::failed) out += " failed after";
    if (s.what == step_record::state::cancelled) out += " cancelled after";
    out += ' ' + to_words(s.took);
  }
  if (between == ", ") out += '\n';
}

void write_steps(json_writer& w, const explanation& e) {
  w.key("steps").begin_object();
  for (std::size_t i = 0; i < attempt_steps; ++i) {
    const step_record& s = e.steps[i];
    w.key(to_string(static_cast<attempt_step>(i))).begin_object();
    w.key("state").text(name(s.what));
    if (s.what != step_record::state::not_reached) w.key("ms").signed_int(whole_ms(s.took));
    w.end_object();
  }
  w.end_object();
}

void write_cause(json_writer& w, const cause& c) {
  w.begin_object().key("while").text(c.in_login ? "logging in" : to_string(c.at));
  w.key("error").text(c.error.message()).key("category").text(c.error.category().name());
  w.key("value").signed_int(c.error.value());
  if (c.error) w.key("condition").text(condition_of(c.error));
  if (c.status != 0) w.key("status").signed_int(c.status);
  if (c.code != close_code::abnormal) {
    w.key("close_code").signed_int(static_cast<std::int64_t>(c.code));
  }
  if (c.retry_after) w.key("retry_after_ms").signed_int(whole_ms(*c.retry_after));
  w.key("detail").text(c.detail).end_object();
}

}  // namespace

std::string_view to_string(attempt_step s) noexcept {
  switch (s) {
    case attempt_step::credentials:
      return "credentials";
    case attempt_step::resolve:
      return "resolve";
    case attempt_step::connect:
      return "connect";
    case attempt_step::secure:
      return "tls";
    case attempt_step::upgrade:
      return "upgrade";
    case attempt_step::login:
      return "login";
  }
  return "?";
}

std::string_view to_string(suspicion s) noexcept {
  switch (s) {
    case suspicion::none:
      return "nothing wrong";
    case suspicion::misconfiguration:
      return "misconfiguration";
    case suspicion::outage:
      return "outage";
    case suspicion::unsure:
      return "unsure";
  }
  return "?";
}

std::string to_words(const running_hook& h) {
  return "hook " + h.hook + (h.plugin.empty() ? "" : " of " + h.plugin) + " runs since " +
         to_words(h.since);
}

std::string to_words(const explanation& e) {
  std::string out;
  append_state(out, e);
  if (e.running) out += to_words(*e.running) + ": nothing else happens meanwhile\n";
  append_links(out, e);
  if (e.last && !e.ready) append_cause(out, "cause: ", *e.last, e.verdict);
  if (e.successor) {
    append_cause(out, "no successor yet: ", *e.successor, judge(*e.successor, e.before));
  }
  append_steps(out, e);
  for (const description& d : e.plugins) {
    if (!d.entries().empty()) out += d.to_words(e.taken) + '\n';
  }
  return out;
}

void write(json_writer& w, const explanation& e) {
  w.begin_object().key("endpoint").text(e.endpoint).key("phase").text(to_string(e.at));
  w.key("ready").boolean(e.ready).key("link").unsigned_int(e.link);
  w.key("attempts").unsigned_int(e.attempts);
  if (e.since) w.key("since_ms").signed_int(whole_ms(*e.since));
  if (e.last_message) w.key("last_message_ms").signed_int(whole_ms(*e.last_message));
  if (e.next_attempt) w.key("next_attempt_ms").signed_int(whole_ms(*e.next_attempt));
  write_steps(w, e);
  if (e.last) {
    w.key("last");
    write_cause(w, *e.last);
    w.key("looks_like").text(to_string(e.verdict.what)).key("why").text(e.verdict.why);
  }
  if (e.last_link) {
    const ended_link& l = *e.last_link;
    w.key("last_link").begin_object().key("link").unsigned_int(l.number);
    w.key("lasted_ms").signed_int(whole_ms(l.lasted)).key("ended_ms").signed_int(whole_ms(l.ago));
    w.key("replaced").boolean(l.replaced);
    if (l.why.error) {
      w.key("cause");
      write_cause(w, l.why);
    }
    w.end_object();
  }
  if (e.successor) {
    w.key("successor");
    write_cause(w, *e.successor);
  }
  if (e.running) {
    w.key("running").begin_object().key("hook").text(e.running->hook).key("plugin");
    w.text(e.running->plugin).key("ms").signed_int(whole_ms(e.running->since)).end_object();
  }
  w.key("plugins").begin_object();
  for (const description& d : e.plugins) d.write(w, e.taken);
  w.end_object().end_object();
}

std::string to_json(const explanation& e) {
  std::string out;
  json_writer w(out);
  write(w, e);
  return out;
}

}  // namespace hawser

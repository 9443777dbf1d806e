#include "edge/answer_json.hpp"

#include <hawser/core/text/json_writer.hpp>
#include <hawser/governor/metadata.hpp>

#include <simdjson.h>

#include <algorithm>
#include <array>

namespace hawser {
namespace {

void put(json_writer& w, const governor::value& v) {
  if (const auto* i = std::get_if<std::int64_t>(&v)) {
    w.signed_int(*i);
  } else if (const auto* b = std::get_if<bool>(&v)) {
    w.boolean(*b);
  } else if (const auto* d = std::get_if<governor::decimal>(&v)) {
    w.text(to_text(*d));
  } else {
    w.text(std::get<std::string>(v));
  }
}

// What an answer says itself, or will say when it is repeated.
bool is_envelope(std::string_view name) {
  constexpr std::array<std::string_view, 8> names{"ok",     "error", "state",    "answer",
                                                  "stream", "seq",   "repeated", "differs"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

// A governor's detail. What the answer says itself is not said again: the names of an object are
// unique (RFC 8259 section 4).
void put(json_writer& w, const governor::fields& detail) {
  for (auto field = detail.begin(); field != detail.end(); ++field) {
    const auto same = [&](const auto& other) { return other.first == field->first; };
    if (is_envelope(field->first) || std::any_of(detail.begin(), field, same)) continue;
    put(w.key(field->first), field->second);
  }
}

// What put() writes; a decimal is text by then.
bool read(simdjson::simdjson_result<simdjson::ondemand::value> from, governor::value& to) {
  simdjson::ondemand::json_type type{};
  if (from.type().get(type)) return false;
  if (type == simdjson::ondemand::json_type::string) {
    std::string_view s;
    if (from.get_string().get(s)) return false;
    to = std::string(s);
    return true;
  }
  std::int64_t i = 0;
  bool b = false;
  if (type == simdjson::ondemand::json_type::boolean) {
    if (from.get_bool().get(b)) return false;
    to = b;
    return true;
  }
  if (from.get_int64().get(i)) return false;
  to = i;
  return true;
}

template <class T>
bool is_of(const governor::fields& f, std::size_t i, std::string_view name) {
  return i < f.size() && f[i].first == name && std::holds_alternative<T>(f[i].second);
}

}  // namespace

answer make_answer(const governor::outcome& o, std::string_view state, std::string_view stream,
                   std::uint64_t seq) {
  answer a;
  a.ok = o.error.empty();
  a.error = o.error;
  json_writer w(a.json);
  w.begin_object().key("ok").boolean(a.ok);
  if (!a.ok) w.key("error").text(o.error);
  w.key("state").text(state);
  if (a.ok) w.key("answer").text(o.answer);
  put(w, o.detail);
  if (seq != 0) w.key("stream").text(stream).key("seq").unsigned_int(seq);
  w.end_object();
  return a;
}

answer make_refusal(std::string_view error, std::string_view detail) {
  answer a;
  a.error = error;
  json_writer w(a.json);
  w.begin_object().key("ok").boolean(false).key("error").text(error);
  if (!detail.empty()) w.key("detail").text(detail);
  w.end_object();
  return a;
}

answer make_failure(error_code ec) {
  if (ec == store_errc::in_doubt) {
    return make_refusal("in_doubt", "it may be in the store all the same: repeat it with its key");
  }
  return make_refusal("store_failed", ec.message());
}

std::optional<governor::fields> read_answer(std::string_view stored) {
  simdjson::ondemand::parser json;
  const simdjson::padded_string text(stored);
  simdjson::ondemand::document line;
  simdjson::ondemand::object members;
  if (json.iterate(text).get(line) || line.get_object().get(members)) return std::nullopt;
  governor::fields out;
  for (auto member : members) {
    std::string_view name;
    if (member.unescaped_key().get(name)) return std::nullopt;
    out.emplace_back(name, false);
    if (!read(member.value(), out.back().second)) return std::nullopt;
  }
  // On demand stops reading behind the object; only at the end of the text is there no location.
  if (!line.current_location().error()) return std::nullopt;
  const bool whole = is_of<bool>(out, 0, "ok") &&
                     (std::get<bool>(out[0].second) || is_of<std::string>(out, 1, "error"));
  return whole ? std::optional(std::move(out)) : std::nullopt;
}

answer repeat_answer(const governor::fields& then, bool differs) {
  answer a;
  a.repeated = true;
  a.differs = differs;
  a.ok = std::get<bool>(then[0].second);
  if (!a.ok) a.error = std::get<std::string>(then[1].second);
  json_writer w(a.json);
  w.begin_object();
  for (const auto& [name, value] : then) put(w.key(name), value);
  w.key("repeated").boolean(true);
  if (differs) w.key("differs").boolean(true);
  w.end_object();
  return a;
}

}  // namespace hawser
